"""A running `tidemill up`: by its commands, and by HTTP as whoever has admin's password."""

import json
import os
import subprocess
import time
import urllib.error
import urllib.request

from conftest import PROGRAM

GENERATION, PREPARATION, TRAINING = (
    "01_data_generation_pipeline", "02_data_preparation_pipeline", "03_model_training_pipeline")
PASSWORD = "correct horse"


class Up:
    """A project with a scheduler that may be killed. With `web`, `url` is where its pages and its API are."""

    def __init__(self, project, *arguments, web=False, password=PASSWORD):
        self.project, self.process, self.url = project, None, None
        self.password = {"TIDEMILL_ADMIN_PASSWORD": password} if password else {}
        self.arguments = [*(["--port", "0"] if web else ["--scheduler-only"]), *arguments]

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.kill()

    def start(self):
        self.process = subprocess.Popen(
            [PROGRAM, "-C", self.project.folder, "up", *self.arguments], stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True, env={**os.environ, **self.password})
        line = self.process.stdout.readline()
        if "--port" in self.arguments:
            self.url = line.strip()
            line = self.process.stdout.readline()
        assert line == "ready\n", line

    def kill(self):
        self.process.kill()
        self.process.wait()

    def request(self, method, path, body=None, **headers):
        """Status, headers and text of an answer; redirects are not followed. Names of headers with '_'."""
        request = urllib.request.Request(self.url + path, method=method)
        if body is not None:
            request.data = body if isinstance(body, bytes) else json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        for name, value in headers.items():
            request.add_header(name.replace("_", "-"), value)
        try:
            answer = urllib.request.build_opener(NoRedirects).open(request, timeout=60)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            return answer.status, answer.headers, answer.read().decode()

    def token(self):
        answer = self.request("POST", "/auth/token", {"username": "admin", "password": PASSWORD})
        return json.loads(answer[2])["access_token"]

    def runs(self, dag):
        return self.project.json("dags", "list-runs", dag)

    def trigger(self, dag, **conf):
        return self.project.json("dags", "trigger", dag, "--conf", json.dumps(conf))[0]["dag_run_id"]

    def tasks(self, dag, run):
        states = self.project.json("tasks", "states-for-dag-run", dag, run)
        return {one["task_id"]: one["state"] for one in states}

    def wait(self, dag, count=1, seconds=120):
        """Until so many runs of the DAG are over; returns their states by run id, oldest first."""
        deadline = time.monotonic() + seconds
        while True:
            states = {run["run_id"]: run["state"] for run in reversed(self.runs(dag))}
            ended = {run: state for run, state in states.items() if state in ("success", "failed")}
            if len(ended) >= count:
                return ended
            assert time.monotonic() < deadline, states
            time.sleep(0.05)


class NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None
