"""A server that tests start, kill and start again: its process, its port, its folder.

It listens on a free port of 127.0.0.1, keeps its data in a scratch folder and what it prints in `output`;
start() returns when it answers, and fails with what it printed. stop() asks it to end, kill() ends it and all
its processes at once, as a crash would; after either, restart() brings it back on the same port with the same
data. `with` starts it and removes it with its data. `environment` has the variables by which tests and
programs find it.
"""

import os
import random
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path


def free_port():
    """A port that nobody listens on, outside the range from which the kernel gives ports to clients: while a
    killed server is away no connection of somebody else may take its port."""
    while True:
        port = random.randint(10000, 32000)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def http_status(url):
    """The status of a GET, or None when nobody answers. Any certificate is good enough."""
    context = ssl._create_unverified_context()
    try:
        with urllib.request.urlopen(url, timeout=5, context=context) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return None


def state_and_parent(pid):
    """("S", 1) of a process, None when there is no such process."""
    try:
        words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return words[0], int(words[1])


def descendants(pid):
    """All processes below one, nearest first."""
    children = {}
    for path in Path("/proc").iterdir():
        if path.name.isdigit() and (found := state_and_parent(path.name)):
            children.setdefault(found[1], []).append(int(path.name))
    below, queue = [], [pid]
    while queue:
        queue = [child for one in queue for child in children.get(one, [])]
        below += queue
    return below


def wait_until_gone(pids, seconds=60):
    """They were told to end; whose parent has ended is nobody's child to wait for."""
    deadline = time.monotonic() + seconds
    while left := [pid for pid in pids if (found := state_and_parent(pid)) and found[0] != "Z"]:
        assert time.monotonic() < deadline, f"the processes {left} do not end"
        time.sleep(0.01)


class Server:
    """What the servers share: the process, its port, its folder, its end."""

    name = ""
    stop_signal = signal.SIGTERM
    seconds_to_start = 60

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix=f"tidemill-{self.name}-"))
        self.output = self.folder / "output.txt"
        self.port = None
        self.process = None

    def prepare(self):
        """Makes the data folder, before the first start."""

    def command(self):
        raise NotImplementedError

    def settings(self):
        """The server's own environment variables."""
        return {}

    def user_options(self):
        """Options of setpriv by which the server runs as another user."""
        return []

    def is_ready(self):
        raise NotImplementedError

    def settle(self):
        """What remains to be made when the server answers for the first time."""

    @property
    def environment(self):
        raise NotImplementedError

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self):
        self.port = free_port()
        self.prepare()
        self._launch()
        self.settle()
        return self

    def restart(self):
        self.stop()
        self._launch()
        return self

    def stop(self):
        if self._running():
            left = descendants(self.process.pid)
            self.process.send_signal(self.stop_signal)
            try:
                self.process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                self.kill()
                raise AssertionError(f"{self.name} did not stop within 60 s\n{self._printed()}") from None
            wait_until_gone(left)
        self.process = None

    def kill(self):
        if self._running():
            self.process.send_signal(signal.SIGSTOP)  # so that it starts no more processes meanwhile
            left = descendants(self.process.pid)
            for pid in [self.process.pid, *left]:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            self.process.wait(timeout=60)
            wait_until_gone(left)
        self.process = None

    def close(self):
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(self, *exception):
        self.close()

    def _running(self):
        return self.process is not None and self.process.poll() is None

    def _launch(self):
        # Whatever ends the tests ends the servers too.
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", self.stop_signal.name[3:], *self.user_options(), *self.command()],
                cwd=self.folder, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                start_new_session=True, env={**os.environ, **self.settings()})
        deadline = time.monotonic() + self.seconds_to_start
        while not self.is_ready():
            try:
                self.process.wait(timeout=0.05)
            except subprocess.TimeoutExpired:
                if time.monotonic() < deadline:
                    continue
                self.kill()
            raise AssertionError(f"{self.name} did not get ready\n{self._printed()}")

    def _printed(self):
        return self.output.read_text(errors="replace")[-8000:]
