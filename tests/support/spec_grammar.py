"""The text of a spec test: blocks, and where in the file each expectation stands. See tests/README.md."""

import re
import shlex
from dataclasses import dataclass, field

BODY_VERBS = {"file", "append", "sqlite"}  # lines between the verb and ---- belong to the verb
OPEN_VERBS = {"file", "append"}            # ... and may hold blank lines: ---- ends the block


class SpecError(Exception):
    """The test file itself is wrong."""


@dataclass
class Block:
    line: int                                     # 1-based line of the verb
    verb: str
    arguments: str
    body: list = field(default_factory=list)
    expected: list = None                         # lines after ----, None when nothing is expected
    expected_range: tuple = (0, 0)                # 0-based lines [from, to) in the file


@dataclass
class Spec:
    name: str
    path: object
    lines: list
    variable: str = ""                            # foreach VARIABLE values...
    values: list = field(default_factory=lambda: [""])
    blocks: list = field(default_factory=list)


def parse(name, path):
    lines = path.read_text(encoding="utf-8").splitlines()
    spec = Spec(name, path, lines)
    if not any(re.match(r"# description: \S", line) for line in lines):
        raise SpecError(f"{path}: say in a line '# description: ...' which behaviour this is")
    at = 0
    while at < len(lines):
        line = lines[at]
        if not line.strip() or line.startswith("#"):
            at += 1
        elif line.startswith("foreach "):
            _, spec.variable, *spec.values = shlex.split(line)
            at += 1
        else:
            block, at = parse_block(lines, at, path)
            spec.blocks.append(block)
    return spec


def parse_block(lines, at, path):
    verb, _, arguments = lines[at].partition(" ")
    block = Block(at + 1, verb, arguments.strip())
    at += 1
    if verb in BODY_VERBS:
        while at < len(lines) and lines[at] != "----" and (verb in OPEN_VERBS or lines[at].strip()):
            block.body.append(lines[at])
            at += 1
        if verb in OPEN_VERBS:
            if at == len(lines):
                raise SpecError(f"{path}:{block.line}: the text of '{verb}' ends with a line ----")
            return block, at + 1
    if at < len(lines) and lines[at] == "----":
        start = at = at + 1
        while at < len(lines) and lines[at].strip():
            at += 1
        block.expected = lines[start:at]
        block.expected_range = (start, at)
    elif at < len(lines) and lines[at].strip():
        raise SpecError(f"{path}:{at + 1}: a blank line or ---- must follow '{lines[at - 1]}'")
    return block, at


def updated_text(spec, outcomes):
    """The file's text with the expectations of `outcomes` [(block, new lines)] put in."""
    lines = list(spec.lines)
    for block, new in sorted(outcomes, key=lambda outcome: -outcome[0].line):
        start, end = block.expected_range
        lines[start:end] = new
    return "\n".join(lines) + "\n"


TOKEN = re.compile(
    r"<any>|<re:(?P<re>(?:[^<>]|<[^<>]*>)*)>|<id:(?P<id>\w+)>"
    r"|<(?P<number>-?[\d.eE+-]+)~(?P<tolerance>[\d.eE+-]+)>")


def substitute(text, variables):
    """$name and ${name} replaced where the name is known, <repeat:TEXT:N> expanded."""
    text = re.sub(r"\$(?:\{(\w+)\}|(\w+))", lambda m: str(variables.get(m[1] or m[2], m[0])), text)
    return re.sub(r"<repeat:([^:>]*):(\d+)>", lambda m: m[1] * int(m[2]), text)


def line_matches(expected, actual, variables):
    """Whether a line is as expected; fills `variables` with what <id:name> captured."""
    expected = substitute(expected, variables)
    pattern, groups, numbers, at = "", {}, {}, 0
    for index, token in enumerate(TOKEN.finditer(expected)):
        pattern += re.escape(expected[at:token.start()])
        at = token.end()
        if token["re"] is not None:
            pattern += f"(?:{token['re']})"
        elif token["id"]:
            groups[f"t{index}"] = token["id"]
            pattern += f"(?P<t{index}>.+?)"
        elif token["number"]:
            numbers[f"t{index}"] = (float(token["number"]), float(token["tolerance"]))
            pattern += rf"(?P<t{index}>[-+\d.eEinfa]+)"
        else:
            pattern += ".*?"
    match = re.fullmatch(pattern + re.escape(expected[at:]), actual)
    if not match or not all(near(match[g], *wanted) for g, wanted in numbers.items()):
        return False
    for group, name in groups.items():
        if variables.setdefault(name, match[group]) != match[group]:
            return False
    return True


def near(text, wanted, tolerance):
    try:
        return abs(float(text) - wanted) <= tolerance
    except ValueError:
        return False


def match_lines(expected, actual, variables):
    """Whether `actual` is as expected. A line `...` stands for any number of lines."""
    if not expected:
        return not actual
    if expected[0] == "...":
        return any(match_lines(expected[1:], actual[skip:], variables) for skip in range(len(actual) + 1))
    trial = dict(variables)
    if not actual or not line_matches(expected[0], actual[0], trial):
        return False
    if not match_lines(expected[1:], actual[1:], trial):
        return False
    variables.update(trial)
    return True


def renewed(expected, actual, variables):
    """What --update writes: the actual lines, but every old line that still fits keeps its wildcards."""
    result, rest = [], list(expected)
    for line in actual:
        fitting = (i for i, old in enumerate(rest) if old != "..." and line_matches(old, line, variables))
        keep = next(fitting, None)
        result.append(line if keep is None else rest[keep])
        rest = rest if keep is None else rest[keep + 1:]
    return result
