"""Changes one key of a TOML text and leaves the rest, comments included, as it is.

Keys: `storage.uri` in [storage]; `models[1].name` in the second [[models]]; `models[random_forest].kind` in
the [[models]] whose name is random_forest. Without a value the key is removed.
"""

import re


class TomlEditError(Exception):
    pass


def set_key(text, key, value):
    lines = text.splitlines()
    match = re.fullmatch(r"(?:([\w.-]+?)(?:\[([^\]]+)\])?\.)?([\w-]+|\"[^\"]+\")", key)
    if not match:
        raise TomlEditError(f"cannot read the key '{key}'")
    table, which, name = match.groups()
    start, end = find_table(lines, table, which)
    if start is None:
        if which is not None:
            raise TomlEditError(f"there is no [[{table}]] {which}")
        return text.rstrip("\n") + f"\n\n[{table}]\n{name} = {value}\n"
    new = [f"{name} = {value}"] if value else []
    for at in range(start, end):
        if re.match(rf"\s*{re.escape(name)}\s*=", lines[at]):
            last = value_end(lines, at)
            return "\n".join(lines[:at] + new + lines[last:]) + "\n"
    if not value:
        raise TomlEditError(f"there is no key '{key}' to remove")
    while end > start and not lines[end - 1].strip():
        end -= 1
    return "\n".join(lines[:end] + new + lines[end:]) + "\n"


def find_table(lines, table, which):
    """[start, end) of the lines after the header of a table; (None, None) when there is none."""
    headers = [at for at, line in enumerate(lines) if re.match(r"\[\[?[\w.\"-]+\]\]?\s*(#|$)", line)]
    ends = {at: following for at, following in zip(headers, headers[1:] + [len(lines)])}
    if not table:
        return 0, headers[0] if headers else len(lines)
    seen = 0
    for at in headers:
        header = lines[at].split("#")[0].strip()
        if which is None and header == f"[{table}]":
            return at + 1, ends[at]
        if which is not None and header == f"[[{table}]]":
            wanted = rf'\s*name\s*=\s*"{re.escape(which)}"'
            named = any(re.match(wanted, line) for line in lines[at:ends[at]])
            if named or which == str(seen):
                return at + 1, ends[at]
            seen += 1
    return None, None


def value_end(lines, at):
    """The line after the value that begins on line `at`: arrays and inline tables may span lines."""
    depth = 0
    while at < len(lines):
        code = re.sub(r'"(?:[^"\\]|\\.)*"|#.*', "", lines[at])
        depth += sum(code.count(c) for c in "[{") - sum(code.count(c) for c in "]}")
        at += 1
        if depth <= 0:
            break
    return at
