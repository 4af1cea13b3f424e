"""The spec runner itself, against a stand-in for the program."""

import os
import re
import subprocess
import sys
import tempfile
import textwrap
import unittest
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS / "support"))

from spec_grammar import line_matches, match_lines, substitute  # noqa: E402
from spec_verbs import json_values  # noqa: E402
from toml_edit import set_key  # noqa: E402

PROGRAM = """#!/bin/sh
case $1 in
  say) shift; echo "$@" ;;
  fail) echo "no such thing: $2" >&2; exit 4 ;;
  fault) echo $FAULT ${FAULT_UNDER##*/} ;;
  json) echo '{"days": [{"score": 95.25, "models": ["a", "b"]}]}' ;;
  init) : > tidemill.toml ;;
esac
"""


def run_specs(options=(), commands=None, **specs):
    """Runs the real runner in a copy of its folder with these specs, and with these shell scripts before the
    system's `commands`; (exit code, output, specs' texts)."""
    with tempfile.TemporaryDirectory() as folder:
        spec_dir = Path(folder) / "tests" / "spec"
        spec_dir.mkdir(parents=True)
        (spec_dir / "run.py").write_text((TESTS / "spec" / "run.py").read_text())
        (spec_dir.parent / "support").symlink_to(TESTS / "support")
        program = Path(folder) / "tidemill"
        program.write_text(PROGRAM)
        program.chmod(0o755)
        (spec_dir.parent / "libfault.so").touch()
        for name, script in (commands or {}).items():
            (Path(folder) / name).write_text(f"#!/bin/sh\n{script}\n")
            (Path(folder) / name).chmod(0o755)
        for name, text in specs.items():
            (spec_dir / f"{name}.test").write_text("# description: a trial\n\n" + textwrap.dedent(text))
        done = subprocess.run([sys.executable, spec_dir / "run.py", *options], capture_output=True, text=True,
                              check=False,
                              env={**os.environ, "TIDEMILL_BIN": str(program),
                                   "PATH": f"{folder}:{os.environ['PATH']}"})
        texts = {name: (spec_dir / f"{name}.test").read_text() for name in specs}
        return done.returncode, done.stdout + done.stderr, texts


class Matching(unittest.TestCase):
    def test_wildcards(self):
        known = {}
        self.assertTrue(line_matches("run <id:run> took <any> s", "run ab12 took 0.31 s", known))
        self.assertEqual(known["run"], "ab12")
        self.assertTrue(line_matches("again $run", "again ab12", known))
        self.assertFalse(line_matches("again $run", "again ab13", known))
        self.assertTrue(line_matches("<re:v\\d+> (x)", "v12 (x)", {}))
        self.assertTrue(line_matches("rmse <0.125~0.001>", "rmse 0.1251", {}))
        self.assertFalse(line_matches("rmse <0.125~0.001>", "rmse 0.127", {}))
        self.assertFalse(line_matches("a.c", "abc", {}))

    def test_any_number_of_lines(self):
        self.assertTrue(match_lines(["a", "...", "d"], ["a", "b", "c", "d"], {}))
        self.assertTrue(match_lines(["a", "..."], ["a"], {}))
        self.assertFalse(match_lines(["a", "...", "d"], ["a", "b"], {}))
        self.assertFalse(match_lines([], ["a"], {}))

    def test_text_is_filled_in(self):
        filled = substitute("$a ${b}c $unknown <repeat:xy:3>", {"a": 1, "b": 2})
        self.assertEqual(filled, "1 2c $unknown xyxyxy")

    def test_json_paths(self):
        document = {"a": [{"b": 1}, {"b": 2}], "c d": {"y": 0, "x": 0}}
        self.assertEqual(json_values(document, ".a[*].b"), [1, 2])
        self.assertEqual(json_values(document, ".a[-1].b"), [2])
        self.assertEqual(json_values(document, ".a#"), [2])
        self.assertEqual(json_values(document, '."c d"?'), ["x y"])
        self.assertEqual(json_values(document, ".a[7].b"), ["<absent>"])


class TomlEdit(unittest.TestCase):
    TEXT = '[a]\nx = 1  # one\n\n[[m]]\nname = "p"\nv = [\n  1,\n]\n\n[[m]]\nname = "q"\n'

    def test_edits_keep_the_rest(self):
        self.assertIn("[a]\nx = 2\n\n[[m]]", set_key(self.TEXT, "a.x", "2"))
        self.assertIn("[a]\nx = 1  # one\ny = 3\n\n[[m]]", set_key(self.TEXT, "a.y", "3"))
        self.assertIn('name = "p"\nv = 0\n\n[[m]]', set_key(self.TEXT, "m[p].v", "0"))
        self.assertIn('name = "q"\nv = 0\n', set_key(self.TEXT, "m[1].v", "0"))
        self.assertIn("[new]\nk = 1\n", set_key(self.TEXT, "new.k", "1"))
        self.assertNotIn("x =", set_key(self.TEXT, "a.x", ""))


class Running(unittest.TestCase):
    def test_what_passes(self):
        code, output, _ = run_specs(good="""\
            project empty

            file rows.csv
            a,b

            1,2
            ----

            cli say hello $PROJECT
            ----
            hello <project>

            cli fail x
            ----
            exit 4
            stderr
            no such thing: <any>

            cli json

            json .days[0].score
            ----
            <95~0.5>

            files *.csv
            ----
            rows.csv

            snapshot before *.csv

            truncate rows.csv 2

            compare before
            ----
            changed rows.csv
            """)
        self.assertIn("1 passed, 0 failed", output)
        self.assertEqual(code, 0)

    def test_what_fails(self):
        code, output, _ = run_specs(
            output="cli say a\n----\nb\n", status="cli fail x\n", verb="fly\n",
            silent="cli say a\n----\n", ok="foreach n 1 2\n\ncli say $n\n----\n<re:1|2>\n")
        self.assertIn("1 passed, 4 failed", output)
        self.assertIn("unknown verb 'fly'; known: append, bytes, cli", output)
        self.assertIn("-b\n+a", output)
        self.assertEqual(code, 1)

    def test_mounts_are_gone_after_a_failure(self):
        with tempfile.NamedTemporaryFile("r", suffix=".log") as log:
            code, output, _ = run_specs(
                commands={name: f'echo {name} "$@" >>{log.name}' for name in ("mount", "umount")},
                small="mount data 100k\n\nmount data 4m\n\nread_only data\n\ncli say a\n----\nb\n")
            calls = log.read().splitlines()
        self.assertIn("0 passed, 1 failed", output)
        self.assertEqual(code, 1)
        self.assertEqual([re.sub(r" /\S*/project/", " ", call) for call in calls], [
            "mount -t tmpfs -o size=100k tidemill-spec data", "mount -o remount,rw,size=4m data",
            "mount -o remount,ro data", "umount data"])

    def test_a_busy_mount_is_let_go(self):
        with tempfile.NamedTemporaryFile("r", suffix=".log") as log:
            _, output, _ = run_specs(small="mount data 100k\n", commands={
                "mount": "true", "umount": f'echo "$1" >>{log.name}; [ "$1" = --lazy ]'})
            self.assertEqual(len(log.read().splitlines()), 2)
        self.assertIn("1 passed, 0 failed", output)

    def test_who_may_not_mount_meets_faults_instead(self):
        code, output, _ = run_specs(commands={"mount": "echo only root can do that >&2; exit 1"}, small="""\
            mount data 2k

            cli fault
            ----
            enospc:2048 data

            bytes data/rows 00 00 00

            cli fault
            ----
            enospc:2045 data

            fault kill 3

            cli fault
            ----
            kill:3

            read_only data

            cli fault
            ----
            erofs:1 data

            mount data 1m

            cli fault
            ----
            enospc:1048573 data
            """)
        self.assertIn("1 passed, 0 failed", output)
        self.assertEqual(code, 0)

    def test_update_keeps_what_still_fits(self):
        text = "cli say 'run 7'\n----\nrun <re:[0-9]+>\n\ncli fail x\n----\nold\n"
        _, output, texts = run_specs(["--update"], old=text)
        self.assertIn("1 passed, 0 failed", output)
        self.assertIn("run <re:[0-9]+>\n\ncli fail x\n----\nexit 4\nstderr\nno such thing: x\n", texts["old"])


if __name__ == "__main__":
    unittest.main()
