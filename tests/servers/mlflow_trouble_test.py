"""What an MLflow server can do wrong, or be asked wrongly: one sentence with the way out, an exit code, soon,
and nothing half registered. What passes by itself is waited for."""

import itertools
import json
import subprocess
import time
from contextlib import contextmanager

import pytest
from mlflow.tracking import MlflowClient

from certificate import make_certificate
from conftest import DAYS, init
from http_proxy import HttpProxy
from mlflow_project import OnMlflow
from servers import MlflowServer

LOG_BATCH = "/mlflow/runs/log-batch"


@pytest.fixture
def ready(tmp_path):
    """A project with a day to be trained on; making it needs no MLflow server."""
    project = init(tmp_path / "project")
    project.set("tracking.uri", '"http://127.0.0.1:9"')
    text = project.settings.read_text()  # one model is enough
    others = text[text.index('[[models]]\nname = "random_forest"'):text.index("# A model in any language")]
    project.settings.write_text(text.replace(others, ""))
    for stage in ("generate", "prepare"):
        project.run(stage, "--date", DAYS[0])
    return project


def assert_refused(project, code, *words, seconds=40, command="train"):
    """By one sentence, soon."""
    started = time.monotonic()
    done = project.run(*command.split(), check=False)
    assert time.monotonic() - started < seconds
    assert done.returncode == code, done.stderr
    assert done.stderr.startswith("error: ") and done.stderr.count("\n") == 1, done.stderr
    for word in words:
        assert word in done.stderr, done.stderr
    assert "secret" not in done.stderr


def tracking_check(project):
    started = time.monotonic()
    checks = json.loads(project.run("doctor", "--json", check=False).stdout)
    assert time.monotonic() - started < 10
    return {one["check"]: one["result"] for one in checks}


def test_credentials_are_asked_for_and_never_shown(ready, monkeypatch):
    with MlflowServer(password="a secret password") as server:
        for name in ("MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"):
            monkeypatch.delenv(name, raising=False)
        found = OnMlflow(ready, server.url)
        assert_refused(ready, 3, server.url, "set MLFLOW_TRACKING_USERNAME")
        assert tracking_check(ready)["tracking"] == "FAILED"
        monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "admin")
        monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "another secret")
        assert_refused(ready, 3, "credentials it was given are wrong")
        monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "a secret password")
        assert ready.json("train")["version"] == 1
        found.assert_whole(DAYS[:1], models_a_day=1)
        monkeypatch.delenv("MLFLOW_TRACKING_PASSWORD")
        found.point_to(server.url.replace("//", "//admin:a%20secret%20password@"))
        shown = ready.run("models", "list").stdout + ready.run("config", "show").stdout
        assert found.model in shown and "secret" not in shown


def test_an_absent_server_is_told(ready):
    assert_refused(ready, 7, "cannot reach http://127.0.0.1:9", "see that it runs", seconds=25)
    found = tracking_check(ready)
    assert found["tracking"] == "FAILED" and found["artifacts"] == found["disk"] == "skipped"
    assert found["objects"] == "ok"


def test_what_is_no_mlflow_server_is_told(ready, tmp_path):
    web = subprocess.Popen(["python3", "-u", "-m", "http.server", "0", "--bind", "127.0.0.1"], cwd=tmp_path,
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        port = web.stdout.readline().split(" port ")[1].split()[0]
        ready.set("tracking.uri", f'"http://127.0.0.1:{port}"')
        assert_refused(ready, 2, "is not an MLflow server", command="models list")
    finally:
        web.kill()
        web.wait()


@pytest.fixture
def few_retries(monkeypatch):
    """So that the test is quick; test_an_absent_server_is_told waits as long as it takes."""
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")


@contextmanager
def behind(mlflow_server, project, **trouble):
    """The project on the server as a proxy shows it."""
    with HttpProxy(mlflow_server.url, **trouble) as proxy:
        yield OnMlflow(project, proxy.url, mlflow_server.url), proxy


@pytest.mark.parametrize("body", [b"<html>Internal Server Error</html>", b"",
                                  b'{"error_code": "INTERNAL_ERROR", "message": "disk I/O error"}'])
def test_a_server_that_always_fails_is_given_up_soon(mlflow_server, ready, body, few_retries):
    def answer(method, path):
        return (500, body) if LOG_BATCH in path else None

    with behind(mlflow_server, ready, answer=answer) as (found, proxy):
        assert_refused(ready, 7, f"{proxy.url} failed", "try again later")
        assert 1 < proxy.disturbed < 20
        assert found.client.search_registered_models(f"name = '{found.model}'") == []
        found.point_to(mlflow_server.url)
        assert ready.json("train")["version"] == 1
        found.assert_whole(DAYS[:1], models_a_day=1)


def test_artifacts_that_are_never_taken_are_given_up_soon(mlflow_server, ready, few_retries):
    def answer(method, path):
        return (503, b"") if method == "PUT" and path.endswith("model.onnx") else None

    with behind(mlflow_server, ready, answer=answer) as (found, proxy):
        assert_refused(ready, 7, f"{proxy.url} failed: 503")
        assert found.client.search_registered_models(f"name = '{found.model}'") == []
        found.point_to(mlflow_server.url)
        assert ready.json("train")["version"] == 1
        found.assert_whole(DAYS[:1], models_a_day=1)


@pytest.mark.parametrize("kind", ["busy", "cut"])
def test_trouble_that_passes_is_not_noticed(mlflow_server, ready, kind):
    """Every fourth request meets it: 503 before it is done, or an answer that is cut after that."""
    turns = itertools.cycle([False, False, False, True])

    def is_hit(method, path):
        return next(turns) and (kind == "busy" or method != "POST" or path.endswith("/search"))

    trouble = {"busy": {"answer": lambda *request: (503, b"") if is_hit(*request) else None},
               "cut": {"part": lambda *request: 0.5 if is_hit(*request) else None}}[kind]
    with behind(mlflow_server, ready, **trouble) as (found, proxy):
        assert ready.json("train")["version"] == 1
        assert proxy.disturbed > 5
        found.assert_whole(DAYS[:1], models_a_day=1)


def test_artifacts_that_are_always_cut_are_not_taken(mlflow_server, ready, few_retries):
    found = OnMlflow(ready, mlflow_server.url)
    assert ready.json("train")["version"] == 1

    def part(method, path):
        return 0.5 if path.endswith("model.onnx") else None

    with HttpProxy(mlflow_server.url, part=part) as proxy:
        found.point_to(proxy.url)
        assert_refused(ready, 7, proxy.url, command="models reproduce 1")
    found.point_to(mlflow_server.url)
    assert ready.json("models", "reproduce", 1)["same_bytes"]


def test_a_certificate_that_nobody_knows_can_be_named(mlflow_server, ready, tmp_path, monkeypatch):
    """By the variables of MLflow's own client, which does with them what we do."""
    certificate = make_certificate(tmp_path)
    with behind(mlflow_server, ready, certificate=certificate) as (found, proxy):
        theirs = MlflowClient(proxy.url, registry_uri=proxy.url)
        monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
        with pytest.raises(Exception, match="CERTIFICATE_VERIFY_FAILED"):
            theirs.search_experiments()
        assert_refused(ready, 3, f"the certificate of {proxy.url} is not trusted",
                       "MLFLOW_TRACKING_SERVER_CERT_PATH", seconds=10)
        assert tracking_check(ready)["tracking"] == "FAILED"

        monkeypatch.setenv("MLFLOW_TRACKING_SERVER_CERT_PATH", certificate.file)
        assert ready.json("train")["version"] == 1
        assert int(theirs.get_model_version_by_alias(found.model, "challenger").version) == 1
        assert {one["result"] for one in ready.json("doctor")} == {"ok"}

        monkeypatch.delenv("MLFLOW_TRACKING_SERVER_CERT_PATH")
        monkeypatch.setenv("MLFLOW_TRACKING_INSECURE_TLS", "true")
        ready.run("run", "--date", DAYS[1])
        assert int(theirs.get_model_version_by_alias(found.model, "challenger").version) == 2
        found.assert_whole(DAYS[:2], models_a_day=1)
