"""Test results as JUnit XML, which tests/support/tally.py adds up."""

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path


def write_junit(path, suite, results):
    """`results`: (name, failure text or "", seconds) of every test."""
    root = ElementTree.Element("testsuite", name=suite, tests=str(len(results)))
    for name, failure, seconds in results:
        case = ElementTree.SubElement(root, "testcase", classname=suite, name=name, time=f"{seconds:.3f}")
        if failure:
            text = re.sub(r"[^\t\n\x20-\ud7ff\ue000-\ufffd]", "?", failure)  # what XML can hold
            ElementTree.SubElement(case, "failure").text = text
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    ElementTree.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)
