"""Each rule of tools/tidy.py: a small tree that breaks it, and the message that must come."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

TIDY = Path(__file__).resolve().parents[2] / "tools" / "tidy.py"
MODULES = 'set(TIDEMILL_LAYERS "base:0" "engine:2" "models:2" "pipeline:4" "app:7")\n'
HEADER = "#pragma once\n"


def tidy(files):
    """Output of tidy.py over a folder that holds `files` {path: text}."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in {"cmake/Modules.cmake": MODULES, **files}.items():
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        command = [sys.executable, TIDY, folder]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def module(name, source, **headers):
    """A module of one source file, and headers given as path=text with __ for '/'."""
    files = {f"src/{name}/CMakeLists.txt": "a.cc", f"src/{name}/a.cc": source}
    files.update({f"src/{path.replace('__', '/')}.h": text for path, text in headers.items()})
    return files


class Tidy(unittest.TestCase):
    def check(self, files, *messages):
        output = tidy(files)
        for message in messages:
            self.assertIn(message, output)
        self.assertIn(f"{len(messages)} problems", output)

    def test_a_clean_tree_passes(self):
        self.check(module("engine", '#include "base/text.h"\n', base__text=HEADER))

    def test_layers(self):
        self.check(module("base", '#include "engine/engine.h"\n', engine__engine=HEADER),
                   "src/base/a.cc:1: base may not include engine: dependencies point downwards")

    def test_modules_of_one_layer(self):
        self.check(module("engine", '#include "models/model.h"\n', models__model=HEADER),
                   "engine may not include models")

    def test_stages(self):
        files = {"src/pipeline/CMakeLists.txt": "train/a.cc", "src/pipeline/prepare/prepare.h": HEADER,
                 "src/pipeline/train/a.cc": '#include "pipeline/prepare/prepare.h"\n'}
        self.check(files, "nothing in the pipeline may include the stage prepare; put what both need")

    def test_backends(self):
        self.check(module("app", '#include "engine/duckdb/session.h"\n', engine__duckdb__session=HEADER),
                   "only src/engine/registry.cc may include engine/duckdb/")

    def test_what_is_precompiled_is_included(self):
        self.check(module("base", '#include "base/b.h"\nstd::map<int, std::string> a;\n',
                          base__b=HEADER + "#include <string>\n"),
                   "src/base/a.cc: std::map without #include <map>; add it")
        self.check({"cmake/Modules.cmake": MODULES + "set(headers <map> <regex>)\n"},
                   "cmake/Modules.cmake: <regex> is precompiled; add")

    def test_owners_of_third_party_headers(self):
        self.check(module("models", "#include <duckdb.h>\n"), "<duckdb.h> belongs to src/engine/duckdb/")

    def test_names(self):
        self.check({"tools/string_utils.py": ""}, "'utils' says nothing; name the file or folder after")

    def test_length(self):
        self.check({"tools/a.py": "x = 1\n" * 401}, "401 lines; a file is one thing")
        self.check({"tools/a.py": "x" * 111}, "111 columns; break the line")

    def test_functions(self):
        for lines, messages in ((68, []), (69, ["src/base/a.cc:3: a function of 71 lines; at most 70"])):
            source = "namespace a {\n\nint f() {\n" + "  g();\n" * lines + "}\n\n}  // namespace a\n"
            self.check(module("base", source), *messages)
        for head in ("int f(int a,\n      int b) {", "A::A(int a)\n    : a_(a) {"):
            self.check(module("base", head + "\n" + "  g();\n" * 70 + "}\n"),
                       "src/base/a.cc:1: a function of 73 lines; at most 70")

    def test_words(self):
        self.check({"tools/a.py": "# FIX" + "ME later\n"}, "cannot merge")
        self.check({"tools/a.py": "# TO" + "DO later\n"}, "needs its issue")
        self.check({"README.md": "see /ro" + "ot/x\n"}, "a path of one machine")

    def test_dead_files(self):
        self.check({"src/base/a.cc": "", "src/base/b.h": HEADER},
                   "src/base/a.cc: is in no CMakeLists.txt", "src/base/b.h: nobody includes it")

    def test_links(self):
        self.check({"README.md": "[a](missing.md) [b](#first) [c](#second)\n\n# First\n"},
                   "the link missing.md leads nowhere", "has no heading #second")


if __name__ == "__main__":
    unittest.main()
