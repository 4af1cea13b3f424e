"""What the verbs of a spec test do. A verb is a method `verb_<name>` of Runner and returns the lines that
are compared with the expectation; to add one, add a method and a row in tests/README.md."""

import fcntl
import glob
import hashlib
import json
import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import threading
from pathlib import Path

from mounts import Mounts
from spec_grammar import SpecError, substitute
from toml_edit import set_key

TIMEOUT_S = 600
EXAMPLES = {"churn"}
SMALL = Path(__file__).resolve().parents[1] / "spec" / "small"


class Trained:
    """Projects that were run once and are copied by every test that starts from them."""

    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        self.lock = threading.Lock()
        self.made = {}

    def copy_to(self, example, first, last, folder):
        key = f"{example}-{first}-{last}"
        with self.lock:
            making = self.made.setdefault(key, threading.Lock())
        with making:
            source = self.folder / key
            if not source.exists():
                made = self.folder / f".{key}"
                run = Runner(self.program, made, self)
                run.call(["init", ".", "--example", example])
                run.call(["run", "--from", first, "--to", last])
                (made / "project").rename(source)
        shutil.copytree(source, folder, dirs_exist_ok=True, symlinks=True)


class Runner:
    """One test: its scratch folder (`project` in it is the working folder) and its variables."""

    def __init__(self, program, scratch, trained):
        self.program, self.trained = program, trained
        self.project = scratch / "project"
        self.project.mkdir(parents=True)
        self.variables = {"PROJECT": str(self.project)}
        self.environment = {
            "PATH": os.environ.get("PATH", ""), "HOME": str(scratch), "TMPDIR": str(scratch), "TZ": "UTC",
            "LANG": "C.UTF-8", "NO_COLOR": "1",
            "UBSAN_OPTIONS": "print_stacktrace=1", "ASAN_OPTIONS": "detect_leaks=1:verify_asan_link_order=0",
        }
        self.fault = {}
        self.held = None
        self.mounts = Mounts()
        self.snapshots = {}
        self.stdout = ""

    def run(self, block):
        verb = getattr(self, "verb_" + block.verb, None)
        if not verb:
            known = sorted(name[5:] for name in dir(self) if name.startswith("verb_"))
            raise SpecError(f"unknown verb '{block.verb}'; known: {', '.join(known)}")
        return verb(substitute(block.arguments, self.variables), block)

    def close(self):
        self.mounts.close()

    def call(self, arguments, stdin=None):
        """Runs the program; a failure is a mistake of the test's set-up."""
        done = self.start(arguments, stdin)
        if done.returncode != 0:
            raise SpecError(f"set-up failed: tidemill {shlex.join(arguments)}\n{done.stdout}{done.stderr}")
        return done

    def start(self, arguments, stdin=None):
        fault, self.fault = self.fault, {}
        if not fault and (mount := self.mounts.fault()):
            fault = fault_environment(self.program, *mount)
        environment = {**self.environment, **fault}
        return subprocess.run(
            [self.program, *arguments], cwd=self.project, env=environment, stdin=stdin or subprocess.DEVNULL,
            capture_output=True, text=True, errors="backslashreplace", timeout=TIMEOUT_S, check=False)

    def shown(self, text):
        return text.replace(str(self.project), "<project>").splitlines()

    def paths(self, pattern):
        found = glob.glob(pattern, root_dir=self.project, recursive=True, include_hidden=True)
        return sorted(path for path in set(found) if (self.project / path).is_file())

    # ---- set-up

    def verb_project(self, arguments, _):
        example, *days = arguments.split()
        if example == "empty":
            return []
        if example == "small":
            shutil.copytree(SMALL, self.project, dirs_exist_ok=True)
            return []
        if example not in EXAMPLES or len(days) not in (0, 1, 2):
            raise SpecError("write: project empty | small | churn [FIRST_DAY [LAST_DAY]]")
        if days:
            self.trained.copy_to(example, days[0], days[-1], self.project)
            self.call(["runs", "list"])  # it is told here, not in the test, that the project moved
        else:
            self.call(["init", ".", "--example", example])
        return []

    def verb_file(self, arguments, block, mode="w"):
        path = self.project / arguments
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, mode, encoding="utf-8") as file:
            file.writelines(substitute(line, self.variables) + "\n" for line in block.body)
        return []

    def verb_append(self, arguments, block):
        return self.verb_file(arguments, block, "a")

    def verb_bytes(self, arguments, _):
        name, *digits = arguments.split()
        (self.project / name).parent.mkdir(parents=True, exist_ok=True)
        (self.project / name).write_bytes(bytes.fromhex("".join(digits)))
        return []

    def verb_truncate(self, arguments, _):
        pattern, size = arguments.split()
        for path in self.some_paths(pattern):
            os.truncate(self.project / path, int(size))
        return []

    def verb_flip(self, arguments, _):
        pattern, at = arguments.split()
        for path in self.some_paths(pattern):
            data = bytearray((self.project / path).read_bytes())
            data[int(at)] ^= 0xFF
            (self.project / path).write_bytes(data)
        return []

    def verb_remove(self, arguments, _):
        for path in glob.glob(arguments, root_dir=self.project, recursive=True, include_hidden=True):
            path = self.project / path
            if path.is_dir():
                shutil.rmtree(path)
            elif path.exists():
                path.unlink()
        return []

    def verb_copy(self, arguments, _):
        source, target = arguments.split()
        (self.project / target).parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (self.project / source).is_dir() else shutil.copy
        copy(self.project / source, self.project / target)
        return []

    def verb_mkdir(self, arguments, _):
        (self.project / arguments).mkdir(parents=True)
        return []

    def verb_toml(self, arguments, _):
        key, _, value = arguments.partition("=")
        path = self.project / "tidemill.toml"
        path.write_text(set_key(path.read_text(), key.strip(), value.strip()))
        return []

    def verb_env(self, arguments, _):
        name, _, value = arguments.partition("=")
        self.environment[name] = value
        return []

    def verb_fault(self, arguments, _):
        self.fault = fault_environment(self.program, *arguments.split())
        return []

    def verb_mount(self, arguments, _):
        if not re.fullmatch(r"\S+ \d+[kmg]", arguments):
            raise SpecError("write: mount FOLDER SIZE, such as 100k or 4m")
        folder, size = arguments.split()
        self.mounts.mount(self.project / folder, size)
        return []

    def verb_read_only(self, arguments, _):
        self.mounts.read_only(self.project / arguments)
        return []

    def verb_hold(self, arguments, _):
        self.held = open(self.project / arguments, "w", encoding="utf-8")
        fcntl.flock(self.held, fcntl.LOCK_EX)
        return []

    def verb_release(self, *_):
        self.held.close()
        return []

    def some_paths(self, pattern):
        found = self.paths(pattern)
        if not found:
            raise SpecError(f"no file matches {pattern}")
        return found

    # ---- actions and looks

    def verb_cli(self, arguments, block):
        words = shlex.split(arguments)
        stdin = None
        if "<" in words:
            at = words.index("<")
            stdin = open(self.project / words[at + 1], "rb")
            del words[at:at + 2]
        try:
            done = self.start(words, stdin)
        finally:
            if stdin:
                stdin.close()
        self.stdout = done.stdout
        lines = [f"exit {done.returncode}"] if done.returncode else []
        expected = block.expected
        if expected is None:
            return lines + (self.shown(done.stderr) if lines else [])
        lines += self.shown(done.stdout)
        if done.returncode or "stderr" in expected:
            lines += ["stderr", *self.shown(done.stderr)]
        return [line if line.strip() else "." for line in lines]  # a blank line ends a block

    def verb_json(self, arguments, _):
        words = arguments.split()
        paths = [word for word in words if word.startswith(".")]
        files = words[len(paths):]
        text = (self.project / self.some_paths(files[0])[0]).read_text() if files else self.stdout
        try:
            document = json.loads(text)
        except json.JSONDecodeError as error:
            return [f"not JSON: {error}", *text.splitlines()[:5]]
        values = [value for path in paths for value in json_values(document, path)]
        return [value if isinstance(value, str) else json.dumps(value) for value in values]

    def verb_sqlite(self, arguments, block):
        database, _, sql = arguments.partition(" ")
        sql = "\n".join([sql, *(substitute(line, self.variables) for line in block.body)])
        if not (self.project / database).exists():
            raise SpecError(f"there is no {database}")
        connection = sqlite3.connect(self.project / database)
        try:
            rows = connection.execute(sql).fetchall()
            connection.commit()
        finally:
            connection.close()
        return ["|".join("NULL" if cell is None else str(cell) for cell in row) for row in rows]

    def verb_files(self, arguments, _):
        return sorted({path for pattern in arguments.split() for path in self.paths(pattern)})

    def verb_text(self, arguments, _):
        text = (self.project / self.some_paths(arguments)[0]).read_text()
        return [line or "." for line in self.shown(text)]

    def hashes(self, patterns):
        return {path: hashlib.sha256((self.project / path).read_bytes()).hexdigest()
                for pattern in patterns for path in self.paths(pattern)}

    def verb_sha256(self, arguments, _):
        return [f"{digest}  {path}" for path, digest in sorted(self.hashes(arguments.split()).items())]

    def verb_hashes(self, arguments, _):
        return sorted(self.hashes(arguments.split()).values())

    def verb_snapshot(self, arguments, _):
        name, *patterns = arguments.split()
        self.snapshots[name] = (patterns, self.hashes(patterns))
        return []

    def verb_compare(self, arguments, _):
        patterns, before = self.snapshots[arguments]
        after = self.hashes(patterns)
        state = {path: "new" for path in after.keys() - before.keys()}
        state.update({path: "gone" for path in before.keys() - after.keys()})
        both = before.keys() & after.keys()
        state.update({path: "changed" for path in both if before[path] != after[path]})
        return [f"{state[path]} {path}" for path in sorted(state)] or ["same"]


def fault_environment(program, what, count, folder="/"):
    """The environment that makes the interposer act, in this folder: `what` as in tests/support/fault.c."""
    library = Path(program).resolve().parent / "tests" / "libfault.so"
    if not library.exists():
        raise SpecError(f"{library} is not built; build the target 'fault'")
    under = {} if folder == "/" else {"FAULT_UNDER": str(folder)}
    return {"LD_PRELOAD": str(library), "FAULT": f"{what}:{count}", **under}


def json_values(document, path):
    """The values at a path such as .days[0].models[*].name; `.x#` is a length, `.x?` the sorted keys."""
    values = [document]
    for key, index, suffix in re.findall(r"\.(\"[^\"]*\"|[\w%-]+)|\[(\d+|-\d+|\*)\]|([#?])$", path):
        if index == "*":
            values = [item for value in values for item in value]
        elif suffix:
            values = [len(value) if suffix == "#" else " ".join(sorted(value)) for value in values]
        else:
            values = [part(value, key.strip('"') if key else int(index)) for value in values]
    return values


def part(value, key):
    try:
        return value[key]
    except (KeyError, IndexError, TypeError):
        return "<absent>"
