#!/usr/bin/env python3
"""Holds the source tree to its rules: who may include whom, names, sizes, links. Run by every ctest.

Each message names the place and says what to do instead. Rules and layers are data at the top of this file
and in cmake/Modules.cmake; a new module, backend or library is one entry.
"""

import re
import subprocess
import sys
from pathlib import Path

MAX_LINES = 400
MAX_COLUMNS = 110
MAX_FUNCTION_LINES = 70
NO_FUNCTION = re.compile(r"(\w+ )?(namespace|class|struct|enum|extern)\b|INSTANTIATE_")

# Folders of replaceable parts: included by their own files, their module's registry.cc and tests only.
BACKENDS = {
    "storage": {"file", "memory", "mlflow_artifacts", "s3"},
    "metadata": {"sqlite", "postgres"},
    "engine": {"duckdb", "spark"},
    "models": {"linear", "forest", "boosting"},
    "tracking": {"sql", "rest"},
}

# Third-party headers and the folders (or files) below src/ that own them.
HEADER_OWNERS = [
    (r"duckdb\.", ["engine/duckdb/"]),
    (r"zstd\.h", ["engine/parquet/"]),
    (r"sqlite3\.h", ["metadata/sqlite/"]),
    (r"libpq", ["metadata/postgres/"]),
    (r"onnx/|onnx.*\.pb\.h|onnxruntime|google/protobuf/", ["models/onnx/"]),
    (r"xgboost/", ["models/boosting/"]),
    (r"Eigen/", ["models/linear/"]),
    (r"toml\+\+/", ["app/project_file"]),
    (r"CLI/", ["cli/", "app/"]),
    (r"openssl/", ["base/"]),
    (r"curl/", ["net/"]),
    (r"boost/", ["net/server/"]),
    (r"expat\.h", ["storage/s3/"]),
]

# cmake/Modules.cmake compiles these once for all, so that the compiler finds them where nobody includes them.
PRECOMPILED = [(header, re.compile(pattern)) for header, pattern in (
    ("algorithm", r"\bstd::(ranges::)?(all_of|any_of|binary_search|clamp|copy|count|count_if|equal|fill|find|"
                  r"find_if|for_each|lower_bound|max|max_element|min|min_element|none_of|nth_element|"
                  r"remove_if|replace|reverse|sort|stable_sort|transform|unique|upper_bound)\("),
    ("filesystem", r"\bstd::filesystem\b"),
    ("functional", r"\bstd::(function|greater|hash|invoke|less|plus|ref)\b"),
    ("map", r"\bstd::(multi)?map<"),
    ("memory", r"\bstd::(make_shared|make_unique|shared_ptr|unique_ptr|weak_ptr)\b"),
    ("optional", r"\bstd::(nullopt|optional)\b"),
    ("string", r"\bstd::(stod|stoi|string|to_string)\b"),
    ("string_view", r"\bstd::string_view\b"),
    ("vector", r"\bstd::vector\b"),
    ("fmt/format.h", r"\bfmt::"),
    ("nlohmann/json.hpp", r"\bJson(::(array|object|parse)\b|[({])"),
    ("gtest/gtest.h", r"\bTEST(_F|_P)?\("),
)]

BANNED_NAMES = {
    "util", "utils", "utility", "helper", "helpers", "manager", "common", "misc", "stuff",
}

# Written in two pieces so that this file does not find itself.
MACHINE_TRACES = [
    (re.compile("/ro" + r"ot/|/ho" + r"me/\w|/wo" + "rk/"),
     "a path of one machine; use a path relative to the project"),
    (re.compile(r"https?://[^\s\"')]*(py" + "pi|gol" + "ang|np" + "mjs|deb" + "ian|mav" + "en|cra" + "tes)"),
     "the address of a package registry; a package's name and version are enough for its client"),
]

LIMITED = {".cc", ".h", ".c", ".py", ".sh", ".cmake"}
TEXT = LIMITED | {".md", ".toml", ".test", ".txt", ".json", ".sql", ".yml", ""}


class Tree:
    """The files of the project and what was found wrong with them."""

    def __init__(self, root):
        self.root = root
        self.problems = []
        self.files = sorted(self._list())
        self.text = {}
        for name in self.files:
            path = Path(name)
            if path.suffix in TEXT and (root / name).is_file():
                try:
                    self.text[name] = (root / name).read_text(encoding="utf-8")
                except UnicodeDecodeError:
                    pass  # not text

    def _list(self):
        git = subprocess.run(
            ["git", "-C", self.root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            capture_output=True, text=True, check=False)
        if git.returncode == 0:
            return [name for name in git.stdout.split("\0") if name and (self.root / name).exists()]
        skip = re.compile(r"(^|/)(\.git|build[^/]*|demo|__pycache__)/")
        names = (str(path.relative_to(self.root)) for path in self.root.rglob("*") if path.is_file())
        return [name for name in names if not skip.search(name)]

    def source(self, *suffixes):
        return [name for name in self.text if name.startswith("src/") and name.endswith(suffixes)]

    def report(self, place, problem):
        self.problems.append(f"{place}: {problem}")


def layer_ranks(tree):
    text = tree.text.get("cmake/Modules.cmake", "")
    return {name: int(rank) for name, rank in re.findall(r'"(\w+):(\d+)"', text)}


def includes(text):
    """(line number, "<" or '"', path) of every #include."""
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if match:
            yield number, match[1], match[2]


def check_includes(tree):
    ranks = layer_ranks(tree)
    for name in tree.source(".cc", ".h"):
        inside = name[len("src/"):]
        module = inside.split("/")[0]
        if module not in ranks:
            tree.report(name, f"unknown module {module}; add it to TIDEMILL_LAYERS in cmake/Modules.cmake")
            continue
        for number, kind, path in includes(tree.text[name]):
            place = f"{name}:{number}"
            for pattern, owners in HEADER_OWNERS:
                if re.match(pattern, path) and not inside.startswith(tuple(owners)):
                    tree.report(place, f"<{path}> belongs to src/{owners[0]}; use or extend what that offers")
            if kind == '"':
                check_own_include(tree, place, inside, path, ranks)


def check_own_include(tree, place, inside, path, ranks):
    parts = path.split("/")
    module, other = inside.split("/")[0], parts[0]
    is_test = inside.endswith("_test.cc")
    if "src/" + path not in tree.text:
        tree.report(place, f'"{path}" is not a file below src/; write includes relative to src/')
        return
    below = ranks[other] < ranks[module] or (is_test and ranks[other] == ranks[module])
    if other != module and not below:
        tree.report(place, f"{module} may not include {other}: dependencies point downwards; move what both "
                           "need into a lower module, or pass it in from app")
    if other == "pipeline" and module == "pipeline" and len(parts) > 2:
        if not inside.startswith(f"pipeline/{parts[1]}/"):
            tree.report(place, f"nothing in the pipeline may include the stage {parts[1]}; put what both "
                               "need in a record directly below src/pipeline/")
    if len(parts) > 2 and parts[1] in BACKENDS.get(other, ()) and not is_test:
        if not inside.startswith((f"{other}/{parts[1]}/", f"{other}/registry.cc")):
            tree.report(place, f"only src/{other}/registry.cc may include {other}/{parts[1]}/; use the "
                               f"interface directly below src/{other}/")


def check_precompiled(tree):
    # set(headers ...) and list(APPEND headers ...)
    for listed in re.findall(r"headers (<[^)]*)", tree.text.get("cmake/Modules.cmake", "")):
        for header in set(re.findall(r"<([^>]+)>", listed)) - {header for header, _ in PRECOMPILED}:
            tree.report("cmake/Modules.cmake", f"<{header}> is precompiled; add what is used of it to "
                                               "PRECOMPILED in tools/tidy.py")
    reached = {}

    def headers_of(name):
        if name not in reached:
            reached[name] = set()
            for _, kind, path in includes(tree.text.get(name, "")):
                reached[name] |= {path} if kind == "<" else headers_of("src/" + path)
        return reached[name]

    for name in tree.source(".cc", ".h"):
        code = re.sub(r"//.*", "", tree.text[name])
        for header, pattern in PRECOMPILED:
            used = pattern.search(code)
            if used and header not in headers_of(name):
                tree.report(name, f"{used[0].rstrip('(<')} without #include <{header}>; add it: the compiler "
                                  "finds it only where headers are precompiled")


def check_names(tree):
    for name in tree.files:
        for part in Path(name).parts:
            words = set(re.split(r"[_\-.]", part.lower()))
            for word in sorted(words & BANNED_NAMES):
                tree.report(name, f"'{word}' says nothing; name the file or folder after what it does")


def check_text(tree):
    for name, text in tree.text.items():
        suffix = Path(name).suffix
        lines = text.splitlines()
        if suffix in LIMITED and len(lines) > MAX_LINES:
            tree.report(name, f"{len(lines)} lines; a file is one thing of at most {MAX_LINES}: split it")
        if suffix == ".h" and "#pragma once" not in text:
            tree.report(name, "no include guard; begin the header with #pragma once")
        for number, line in enumerate(lines, 1):
            place = f"{name}:{number}"
            if suffix in LIMITED and len(line) > MAX_COLUMNS:
                tree.report(place, f"{len(line)} columns; break the line at {MAX_COLUMNS}")
            if "FIX" + "ME" in line:
                tree.report(place, "FIX" + "ME cannot merge; mend it, or file an issue and write TODO(#n)")
            if suffix in LIMITED and re.search("TO" + r"DO(?!\(#)", line):
                tree.report(place, "a TO" + "DO needs its issue: TODO(#number)")
            for pattern, advice in MACHINE_TRACES:
                if pattern.search(line):
                    tree.report(place, f"names {advice}")


def check_functions(tree):
    """clang-format puts the first and the last line of a function at the left margin, and nothing within."""
    for name in tree.source(".cc"):
        lines, start, head = tree.text[name].splitlines(), None, None
        for number, line in enumerate(lines, 1):
            if line == "}" and start:
                if number + 1 - start > MAX_FUNCTION_LINES:
                    tree.report(f"{name}:{start}", f"a function of {number + 1 - start} lines; at most "
                                f"{MAX_FUNCTION_LINES}: give a part of it a name")
                start = None
            elif line.startswith("}"):
                start = None
            elif start is None:
                if re.match(r"\w", line):
                    head = None if NO_FUNCTION.match(line) or line.endswith(";") else number
                if head and line.endswith("{"):
                    start = head


def check_dead_files(tree):
    lists = {name: tree.text[name] for name in tree.text if Path(name).name == "CMakeLists.txt"}
    for name in tree.source(".cc"):
        folder = Path(name).parent
        while True:
            relative = str(Path(name).relative_to(folder))
            listing = lists.get(str(folder / "CMakeLists.txt"), "")
            if re.search(rf"(?<![\w/]){re.escape(relative)}(?!\w)", listing):
                break
            if str(folder) == "src":
                tree.report(name, "is in no CMakeLists.txt; add it to its module's list, or delete it")
                break
            folder = folder.parent
    included = {path for name in tree.text for _, kind, path in includes(tree.text[name]) if kind == '"'}
    for name in tree.source(".h"):
        if name[len("src/"):] not in included:
            tree.report(name, "nobody includes it; delete it, or include it where it is used")


def heading_anchors(text):
    """GitHub's anchors of a Markdown file."""
    found = set()
    for title in re.findall(r"^#+\s+(.*)$", text, re.M):
        anchor = re.sub(r"[^\w\- ]", "", title.strip().lower().replace("`", "")).replace(" ", "-")
        found.add(anchor)
    return found


def check_links(tree):
    for name in (n for n in tree.text if n.endswith(".md")):
        fenced = False
        for number, line in enumerate(tree.text[name].splitlines(), 1):
            fenced ^= line.lstrip().startswith("```")
            for target in () if fenced else re.findall(r"\]\(([^)\s]+)\)", line):
                if re.match(r"[a-z]+:", target):
                    continue
                path, _, anchor = target.partition("#")
                file = (tree.root / name).parent / path if path else tree.root / name
                if not file.exists():
                    tree.report(f"{name}:{number}", f"the link {target} leads nowhere; correct or remove it")
                elif anchor and file.suffix == ".md" and anchor not in heading_anchors(file.read_text()):
                    tree.report(f"{name}:{number}", f"{path or name} has no heading #{anchor}")


def main(arguments):
    root = Path(arguments[0]) if arguments else Path(__file__).resolve().parent.parent
    tree = Tree(root)
    for check in (check_includes, check_precompiled, check_names, check_text, check_functions,
                  check_dead_files, check_links):
        check(tree)
    for problem in tree.problems:
        print(problem)
    print(f"tidy: {len(tree.files)} files, {len(tree.problems)} problems")
    return 1 if tree.problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
