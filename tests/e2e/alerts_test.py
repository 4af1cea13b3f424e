"""Alerts of `tidemill up`: a real HTTP server and a program are told, off the scheduler's way; nothing secret
is written down."""

import http.server
import json
import queue
import re
import threading
import time

import pytest

from conftest import init
from project_state import rows
from up import GENERATION, Up

ALERTS = """
[[alerts]]
name = "hook"
on = ["task_failure", "run_failure"]
kind = "webhook"
url_variable = "HOOK_URL"
token_variable = "HOOK_TOKEN"
dags = ["01_data_generation_pipeline"]

[[alerts]]
name = "late"
on = ["deadline"]
kind = "webhook"
url_variable = "HOOK_URL"
deadline_s = 1
deadline_from = "start_date"

[[alerts]]
name = "mail"
on = ["task_execute", "task_retry"]
kind = "command"
command = ["sh", "-c", "cat >> told.jsonl; echo >> told.jsonl"]
tasks = ["generate_data"]

[[alerts]]
name = "refused"
on = ["task_failure"]
kind = "webhook"
url_variable = "REFUSING_URL"

[[alerts]]
name = "broken"
on = ["run_failure"]
kind = "command"
command = ["sh", "-c", "echo out of paper; exit 4"]
"""


class Hook:
    """Keeps what it is sent: path, headers, document. Busy at first, and it refuses what goes to /refuse."""

    def __init__(self):
        self.told = queue.Queue()
        hook, busy = self, [True]

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                document = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status = 403 if self.path.startswith("/refuse") else 503 if busy and busy.pop() else 200
                if status == 200:
                    hook.told.put((self.path, dict(self.headers), document))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def next(self):
        return self.told.get(timeout=60)


@pytest.fixture
def hook():
    made = Hook()
    yield made
    made.server.shutdown()
    made.server.server_close()


def failed_calls(project, count):
    deadline = time.monotonic() + 60
    while True:
        found = rows(project.folder / "tidemill.db",
                     "select task_id, extra from log where event = 'callback_failed' order by extra")
        if len(found) == count:
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.05)


def test_a_server_and_a_program_are_told(tmp_path, monkeypatch, hook):
    project = init(tmp_path / "project")
    for key, value in (("data_generation", '"none"'), ("retries", "1"), ("retry_delay_s", "2")):
        project.set(f"schedule.{key}", value)
    synthetic = re.compile(r'^kind = "synthetic"\n(?:.*\n)*?outliers.*$', re.MULTILINE)
    files = 'kind = "files"\nglob = "landing/{date}.csv"'
    project.settings.write_text(synthetic.sub(files, project.settings.read_text(), count=1) + ALERTS)
    monkeypatch.setenv("HOOK_URL", hook.url + "/hook/s3cret")
    monkeypatch.setenv("HOOK_TOKEN", "t0ken")
    monkeypatch.setenv("REFUSING_URL", hook.url + "/refuse/s3cret")
    with Up(project) as up:
        run = up.trigger(GENERATION, date="2026-11-01")  # whose file has not come
        told = {}
        for _ in range(3):  # the retry waits 2 s, so the run is late
            path, headers, document = hook.next()
            assert path == "/hook/s3cret" and headers["Idempotency-Key"]
            assert (document["dag_id"], document["run_id"]) == (GENERATION, run)
            told[document["event"], "task_id" in document] = headers.get("Authorization"), document
        assert list(up.wait(GENERATION).values()) == ["failed"]
        refused, broken = "$REFUSING_URL answered 403", "'sh' ended with exit code 4: out of paper"
        assert failed_calls(project, 2) == [(None, f"broken (on_failure): {broken}"),
                                            ("generate_data", f"refused (on_failure): {refused}")]
        assert up.process.poll() is None
    token, late = told["on_deadline", False]
    assert token is None and late["state"] == "running"
    assert late["error"] == "it is not over 1 s after its start_date"
    token, failed = told["on_failure", True]
    assert token == "Bearer t0ken" and failed["alert"] == "hook"
    assert (failed["task_id"], failed["try_number"], failed["state"]) == ("generate_data", 2, "failed")
    assert failed["error"] in open(failed["log_file"], encoding="utf-8").read()
    assert ("on_failure", False) in told
    lines = [json.loads(line) for line in (project.folder / "told.jsonl").read_text().splitlines()]
    assert sorted((line["event"], line["try_number"]) for line in lines) == [
        ("on_execute", 1), ("on_execute", 2), ("on_retry", 1)]
    log = project.run("tasks", "logs", GENERATION, "generate_data", run, "2").stdout
    assert f"callback refused (on_failure): {refused}" in log
    for path in [*project.folder.glob("tidemill.db*"), *project.folder.glob("logs/**/*.log")]:
        assert not any(secret in path.read_bytes() for secret in (b"s3cret", b"t0ken")), path
