"""The server of `tidemill up`: who may come in, and what it refuses."""

import base64
import json
import re
import subprocess
import threading
import time
import urllib.request
from urllib.parse import urlencode

import pytest

from conftest import PROGRAM, init
from up import GENERATION, PASSWORD, Up

FORM = {"Content_Type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def up(tmp_path_factory):
    project = init(tmp_path_factory.mktemp("server") / "project")
    project.set("schedule.data_generation", '"none"')
    with Up(project, web=True) as running:
        yield running


def sign_in(up, password=PASSWORD, next_path="/"):
    body = urlencode({"username": "admin", "password": password, "next": next_path}).encode()
    return up.request("POST", "/login", body, **FORM)


def test_health_is_for_everybody(up):
    status, _, text = up.request("GET", "/health")
    health = json.loads(text)
    assert status == 200 and health["metadatabase"]["status"] == health["scheduler"]["status"] == "healthy"
    assert json.loads(up.request("GET", "/api/v2/monitor/health")[2]).keys() == health.keys()
    assert json.loads(up.request("GET", "/api/v2/version")[2])["version"].count(".") == 2


def test_metrics_are_prometheus_text(up):
    status, headers, text = up.request("GET", "/metrics")
    assert status == 200 and headers["Content-Type"].startswith("text/plain; version=0.0.4")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    assert all(re.fullmatch(r"[a-z_]+({([a-z_]+=\"[^\"]*\",?)+})? [-+0-9.e]+", line) for line in lines), lines
    samples = dict(line.rsplit(" ", 1) for line in lines)
    assert samples['tidemill_pool_slots{pool="default_pool"}'] == "128"
    assert samples['tidemill_dag_paused{dag_id="01_data_generation_pipeline"}'] == "0"


def test_user_and_password_may_come_with_a_request(up):
    def status(password):
        given = base64.b64encode(f"admin:{password}".encode()).decode()
        return up.request("POST", "/logout", b"", Authorization=f"Basic {given}", **FORM)[0]

    assert (status("wrong"), status(PASSWORD)) == (401, 303)


def test_tokens_are_given_for_the_password_alone(up):
    assert up.request("POST", "/auth/token", {"username": "admin", "password": PASSWORD})[0] == 201
    for wrong in ({"username": "admin", "password": "x"}, {"username": "x", "password": PASSWORD}):
        status, _, text = up.request("POST", "/auth/token", wrong)
        assert (status, json.loads(text)) == (401, {"detail": "Invalid credentials"})
    assert up.request("POST", "/auth/token", {"username": "admin"})[0] == 422
    assert up.request("POST", "/auth/token", b"{")[0] == 422


def test_the_cookie_signs_in_and_out(up):
    status, headers, _ = sign_in(up, next_path="/login?x=1")
    assert (status, headers["Location"]) == (303, "/login?x=1")
    cookie = headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie
    cookie = cookie.split(";")[0]
    # Signing out changes something, so that another site cannot do it.
    status, _, text = up.request("POST", "/logout", b"", Cookie=cookie, **FORM)
    assert status == 403 and "earlier session" in text
    page = up.request("GET", "/dags", Cookie=cookie)[2]
    form = urlencode({"csrf_token": re.search(r'name="csrf_token" value="([0-9a-f]+)"', page)[1]}).encode()
    assert up.request("POST", "/logout", form, Cookie=cookie, **FORM)[0] == 303
    assert up.request("GET", "/dags", Cookie=cookie)[0] == 303  # whoever kept it is asked to sign in
    assert sign_in(up, password="wrong")[0] == 401


def test_a_token_that_ran_out_is_no_hindrance(up):
    stale = {"Authorization": f"Bearer {up.token()[:-3]}AAA"}
    assert up.request("GET", "/api/v2/dags", **stale)[0] == 403
    assert up.request("GET", "/health", **stale)[0] == 200
    assert up.request("POST", "/auth/token", {"username": "admin", "password": PASSWORD}, **stale)[0] == 201


def test_whoever_guesses_waits(tmp_path):
    with Up(init(tmp_path / "project"), web=True) as up:
        for _ in range(20):
            assert sign_in(up, password="wrong")[0] == 401
        status, headers, text = sign_in(up)
        assert status == 429 and headers["Retry-After"] == "60" and "wait a minute" in text
        status, headers, text = up.request("POST", "/auth/token", {"username": "admin", "password": PASSWORD})
        assert status == 429 and json.loads(text) == {"detail": "too many wrong passwords: wait a minute"}
        assert up.request("GET", "/health", Authorization="Basic eDp5")[0] == 200


def test_strangers_learn_nothing_of_the_database(tmp_path):
    project = init(tmp_path / "project")
    with Up(project, web=True, password=None) as up:  # the database knows it
        database = project.folder / "tidemill.db"
        for file in project.folder.glob("tidemill.db*"):
            file.rename(f"{file}.away")
        database.mkdir()
        given = base64.b64encode(b"admin:x").decode()
        for answer in (up.request("POST", "/auth/token", {"username": "admin", "password": "x"}), sign_in(up),
                       up.request("GET", "/api/v2/variables", Authorization=f"Basic {given}")):
            assert answer[0] == 503 and str(project.folder) not in answer[2], answer
        health = json.loads(up.request("GET", "/api/v2/monitor/health")[2])
        assert health["metadatabase"]["status"] == "unhealthy"
        assert up.request("GET", "/login")[0] == 200


def test_strangers_send_little(up):
    large = urlencode({"key": "k", "value": "x" * 100_000}).encode()
    status, headers, text = up.request("POST", "/variables/edit", large, **FORM)
    assert "Status 413" in text
    assert status == 413 and headers["Content-Type"].startswith("text/html") and "65536" in text
    cookie = sign_in(up)[1]["Set-Cookie"].split(";")[0]
    # Read, and refused for not being a form of ours.
    assert up.request("POST", "/variables/edit", large, Cookie=cookie, **FORM)[0] == 403
    status, _, text = up.request("POST", "/api/v2/variables", {"key": "k", "value": "x" * 100_000})
    assert status == 413 and json.loads(text).keys() == {"detail"}


def test_behind_a_proxy_nobody_is_let_in_for_being_on_this_machine(tmp_path):
    project = init(tmp_path / "project")
    with Up(project, "--base-url", "https://Tidemill.example.org", web=True) as up:
        assert up.request("GET", "/login", Host="tidemill.example.org")[0] == 200
        assert up.request("GET", "/login", Host="rebound.example")[0] == 421
        assert "; Secure" in sign_in(up)[1]["Set-Cookie"]
        assert up.request("GET", "/metrics")[0] == 303
        given = base64.b64encode(f"admin:{PASSWORD}".encode()).decode()
        assert up.request("GET", "/metrics", Authorization=f"Basic {given}")[0] == 200
    done = project.run("up", "--base-url", "tidemill.example.org", check=False)
    assert done.returncode == 2 and "https://HOST" in done.stderr


@pytest.mark.parametrize("elsewhere", [
    "//elsewhere.example", "https://elsewhere.example", "/\\elsewhere.example", "/\t/elsewhere.example"])
def test_nobody_is_led_to_another_site(up, elsewhere):
    assert sign_in(up, next_path=elsewhere)[1]["Location"] == "/"


def test_unknown_paths_answer_as_their_kind(up):
    status, headers, text = up.request("GET", "/nowhere")
    assert status == 404 and headers["Content-Type"].startswith("text/html") and "no such page" in text
    assert json.loads(up.request("GET", "/api/v2/nowhere")[2]) == {"error": "API route not found"}
    status, _, text = up.request("GET", "/api/v1/dags")
    assert status == 404 and "removed in Airflow 3" in text


def test_answers_are_for_this_machine_and_run_no_foreign_script(up):
    assert up.request("GET", "/login", Host="rebound.example")[0] == 421
    _, headers, text = up.request("GET", "/login")
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert not re.search(r"<script(?! src=)|style=|\son\w+=", text)


def test_files_stay_in_their_folder(up):
    for path in ("/static/x/..%2F..%2Ftidemill.toml", "/static/x/../../tidemill.toml",
                 "/static/../tidemill.toml"):
        assert up.request("GET", path)[0] == 404, path


def test_a_port_that_is_taken_is_said(up):
    port = up.url.rsplit(":", 1)[1]
    second = subprocess.run([PROGRAM, "-C", up.project.folder, "up", "--port", port], capture_output=True,
                            text=True, check=False, timeout=60)
    assert second.returncode != 0 and port in second.stderr and "ready" not in second.stdout


def events(up):
    """What comes on the stream of a page, as it grows."""
    request = urllib.request.Request(up.url + "/ui/events", headers={"Authorization": "Bearer " + up.token()})
    names = []

    def read():
        with urllib.request.urlopen(request) as stream:
            for line in stream:
                if line.startswith(b"event: "):
                    names.append(line.decode().split()[1])

    threading.Thread(target=read, daemon=True).start()
    return names


def test_pages_are_told_of_changes_and_not_of_heartbeats(up):
    names = events(up)
    time.sleep(12)  # two heartbeats
    assert names == []
    up.project.run("variables", "set", "colour", "green")
    deadline = time.monotonic() + 5
    while not names:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert set(names) == {"change"}


def test_a_waiting_client_that_leaves_gives_its_place_back(up):
    token = up.token()
    up.request("PATCH", f"/api/v2/dags/{GENERATION}", {"is_paused": True}, Authorization="Bearer " + token)
    status, _, text = up.request("POST", f"/api/v2/dags/{GENERATION}/dagRuns", {"logical_date": None},
                                 Authorization="Bearer " + token)
    assert status == 200, text
    path = f"/api/v2/dags/{GENERATION}/dagRuns/{json.loads(text)['dag_run_id']}/wait?interval=3600"
    for _ in range(1100):  # more than there are places
        request = urllib.request.Request(up.url + path, headers={"Authorization": "Bearer " + token})
        with urllib.request.urlopen(request, timeout=60) as stream:
            assert json.loads(stream.readline()) == {"state": "queued"}
