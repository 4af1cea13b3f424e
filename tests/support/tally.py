"""tally.py FOLDER SUITE...: adds up the JUnit files FOLDER/SUITE.xml.

Prints a line for every suite and, last and alone on its line, `N passed, N failed` (and `, N skipped` when
there are any). A suite without a readable file counts as one failure. The exit code is 1 when anything
failed or no test ran at all.
"""

import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path


def count(path):
    """(passed, failed, skipped) of one JUnit file."""
    passed = failed = skipped = 0
    for case in ElementTree.parse(path).iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None or case.get("status") == "fail":
            failed += 1
        elif case.find("skipped") is not None:
            skipped += 1
        else:
            passed += 1
    return passed, failed, skipped


def line(counts):
    return f"{counts[0]} passed, {counts[1]} failed" + (f", {counts[2]} skipped" if counts[2] else "")


def main(folder, suites):
    total = [0, 0, 0]
    for suite in suites:
        try:
            counts = count(Path(folder) / f"{suite}.xml")
        except (OSError, ElementTree.ParseError) as error:
            counts = (0, 1, 0)
            print(f"{suite}: left no results ({error})")
        total = [a + b for a, b in zip(total, counts)]
        print(f"{suite}: {line(counts)}")
    print(line(total))
    return 1 if total[1] or not sum(total) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
