"""The fault interposer, loaded into Python instead of the program."""

import errno
import os
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = os.environ.get("FAULT_LIBRARY") or str(ROOT / "build" / "tests" / "libfault.so")

WORK = """
import os, sqlite3
def put(name):
    fd = os.open(name + ".tmp", os.O_WRONLY | os.O_CREAT)
    os.write(fd, b"x" * 100)
    os.fsync(fd)
    os.rename(name + ".tmp", name)
put("a")
put("b")
db = sqlite3.connect("c.db")
db.execute("pragma journal_mode=wal")
db.execute("create table t(x)")
db.commit()
os.unlink("a")
"""


def run(fault="", **environment):
    """(exit code, stderr, files left, events) of WORK under a fault."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        faults = {"LD_PRELOAD": LIBRARY, "FAULT": fault, "FAULT_LOG": str(log)}
        environment = {**os.environ, **faults, **environment}
        work = Path(folder) / "work"
        work.mkdir()
        done = subprocess.run([sys.executable, "-c", WORK], cwd=work, env=environment, capture_output=True,
                              text=True, check=False)
        events = [line.split()[0] for line in log.read_text().splitlines()] if log.exists() else []
        return done.returncode, done.stderr, {path.name for path in work.iterdir()}, events


class Fault(unittest.TestCase):
    def test_events_are_seen(self):
        code, _, files, events = run()
        self.assertEqual(code, 0)
        self.assertEqual(events[:4], ["sync", "rename", "sync", "rename"])
        self.assertIn("database", events)
        self.assertEqual(events[-1], "remove")
        self.assertEqual(files & {"a", "b"}, {"b"})

    def test_kill_comes_before_the_event(self):
        for count, left in ((1, {"a.tmp"}), (2, {"a.tmp"}), (3, {"a", "b.tmp"}), (4, {"a", "b.tmp"})):
            code, _, files, events = run(f"kill:{count}")
            self.assertEqual((code, files, len(events)), (-signal.SIGKILL, left, count))

    def test_a_full_disk(self):
        code, error, files, _ = run("enospc:150")
        self.assertEqual(code, 1)
        self.assertIn(os.strerror(errno.ENOSPC), error)
        self.assertEqual(files, {"a", "b.tmp"})

    def test_a_read_only_place(self):
        code, error, files, _ = run("erofs:1")
        self.assertEqual(code, 1)
        self.assertIn(os.strerror(errno.EROFS), error)
        self.assertEqual(files, set())

    def test_a_fault_can_be_kept_to_a_folder(self):
        inside = os.path.realpath(tempfile.gettempdir())
        for fault in ("enospc:0", "erofs:1"):
            self.assertEqual(run(fault, FAULT_UNDER=inside)[0], 1)
            self.assertEqual(run(fault, FAULT_UNDER=inside[:-1])[0], 0)

    def test_processes_can_share_their_counters(self):
        with tempfile.TemporaryDirectory() as folder:
            state = f"{folder}/state"
            self.assertEqual(run("kill:6", FAULT_STATE=state)[2] & {"a", "b"}, {"a", "b"})
            self.assertEqual(run("kill:7", FAULT_STATE=state)[3], ["sync"])


if __name__ == "__main__":
    unittest.main()
