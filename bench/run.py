#!/usr/bin/env python3
"""The peers side by side: `./dev bench [NAME...] [--json]`.

Every case runs ours and its peers in turn (ours, peer, ours, peer, ...) on the same data in one session of
one machine, and reports medians of the wall time and of the peak memory of whole processes. What they compute
is compared before times count: a case whose results differ has no times.
"""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import cases  # noqa: E402
from measure import Bench, Mismatch, markdown_table  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(cases.ALL))
    parser.add_argument("--json", action="store_true", help="a JSON list on stdout, the table on stderr")
    parser.add_argument("--repeat", type=int, default=3, help="timed runs of each side (default 3)")
    parser.add_argument("--scale", type=float, default=1.0, help="share of the rows, to try the harness out")
    settings = parser.parse_args()
    unknown = [name for name in settings.names if name not in cases.ALL]
    if unknown:
        parser.error(f"no case {unknown[0]}; known: {', '.join(cases.ALL)}")

    results, failed = [], False
    build = Path(__file__).resolve().parents[1] / "build"
    for name in settings.names or cases.ALL:
        with tempfile.TemporaryDirectory(prefix="tidemill-bench-", ignore_cleanup_errors=True) as scratch:
            bench = Bench(build, Path(scratch).resolve(), settings.repeat, settings.scale)
            print(f"{name} ...", file=sys.stderr, flush=True)
            try:
                results.append({"name": name, **cases.ALL[name](bench)})
            except Mismatch as error:
                failed = True
                print(f"{name}: the results differ, so no times: {error}", file=sys.stderr)
    table = markdown_table(results)
    if settings.json:
        print(table, file=sys.stderr)
        print(json.dumps(results, indent=1))
    else:
        print(f"{os.cpu_count()} cores, medians of {settings.repeat} interleaved runs\n\n{table}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
