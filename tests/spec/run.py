#!/usr/bin/env python3
"""Runs the spec tests: text files that say what a user sees. tests/README.md has the grammar.

  run.py [--update] [--keep] [--jobs N] [--junit FILE] [NAME...]

TIDEMILL_BIN is the program (build/tidemill by default); NAME runs the tests whose path contains it. --update
rewrites the expectations from what the program does now; --keep leaves the scratch folders.
"""

import argparse
import difflib
import os
import sys
import tempfile
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

SPEC_DIR = Path(__file__).resolve().parent
sys.path.insert(0, str(SPEC_DIR.parent / "support"))

from junit import write_junit  # noqa: E402
from spec_grammar import SpecError, match_lines, parse, renewed, substitute, updated_text  # noqa: E402
from spec_verbs import Runner, Trained  # noqa: E402


def run_spec(spec, value, captured, settings, trained):
    """(failure text or "", outcomes for --update) of one test with one value of its foreach. What <id:name>
    captures is kept in `captured`, so that one value's result can be compared with another's."""
    scratch = Path(tempfile.mkdtemp(prefix=spec.name.replace("/", "-") + "-", dir=settings.scratch))
    runner = Runner(settings.program, scratch, trained)
    runner.variables = captured | runner.variables | ({spec.variable: value} if spec.variable else {})
    try:
        return run_blocks(spec, runner, captured, settings)
    finally:
        runner.close()


def run_blocks(spec, runner, captured, settings):
    outcomes = []
    for block in spec.blocks:
        place = f"{spec.path}:{block.line}: {block.verb} {block.arguments}"
        try:
            actual = runner.run(block)
        except Exception as error:  # a test must not end the others
            known = isinstance(error, (SpecError, OSError))
            return f"{place}\n{error if known else traceback.format_exc()}", outcomes
        expected = block.expected or []
        if match_lines(expected, actual, runner.variables):
            captured.update(runner.variables)
            continue
        if settings.update and block.expected is not None:
            outcomes.append((block, renewed(expected, actual, runner.variables)))
            continue
        shown = [substitute(line, runner.variables) for line in expected]
        diff = difflib.unified_diff(shown, actual, "expected", "actual", lineterm="", n=2)
        return "\n".join([place, *diff]), outcomes
    return "", outcomes


def run_all_values(spec, settings, trained):
    start = time.monotonic()
    failures, captured = [], {}
    for value in spec.values:
        failure, outcomes = run_spec(spec, value, captured, settings, trained)
        if failure:
            failures.append(f"[{spec.variable} = {value}] {failure}" if value else failure)
        if outcomes:
            spec.path.write_text(updated_text(spec, outcomes), encoding="utf-8")
            print(f"updated {spec.path}", flush=True)
    return spec.name, "\n".join(failures), time.monotonic() - start


def find_specs(names):
    specs = []
    for path in sorted(SPEC_DIR.rglob("*.test")):
        name = str(path.relative_to(SPEC_DIR).with_suffix(""))
        if not names or any(wanted in name for wanted in names):
            specs.append(parse(name, path))
    return specs


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("names", nargs="*")
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--junit")
    settings = parser.parse_args()
    settings.program = os.environ.get("TIDEMILL_BIN") or str(SPEC_DIR.parents[1] / "build" / "tidemill")
    if not os.access(settings.program, os.X_OK):
        sys.exit(f"run.py: {settings.program} is no program; run ./dev build, or set TIDEMILL_BIN")

    specs = find_specs(settings.names)
    holder = tempfile.TemporaryDirectory(prefix="tidemill-spec-", ignore_cleanup_errors=True)
    settings.scratch = Path(holder.name).resolve()
    trained = Trained(settings.program, settings.scratch)
    with ThreadPoolExecutor(settings.jobs) as pool:
        results = list(pool.map(lambda spec: run_all_values(spec, settings, trained), specs))
    for _, failure, _ in results:
        if failure:
            print(failure + "\n")
    if settings.keep:
        holder._finalizer.detach()  # TemporaryDirectory(delete=False) comes with Python 3.12
        print(f"scratch folders: {settings.scratch}")
    if settings.junit:
        write_junit(settings.junit, "spec", results)
    failed = sum(bool(failure) for _, failure, _ in results)
    print(f"{len(results) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
