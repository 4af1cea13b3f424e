"""What no spec test can do: streams that nobody can use, bytes that are no text, a port that is taken."""

import os
import socket
import subprocess

import pytest

from conftest import PROGRAM, init

COMMANDS = [(["dags", "list", "-o", "json"], 1), (["variables", "export", "-"], 1), (["models", "list"], 12),
            (["--help"], 12), (["--version"], 12)]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return init(tmp_path_factory.mktemp("output"))


@pytest.mark.parametrize("arguments, code", COMMANDS, ids=lambda value: str(value))
def test_a_full_device_is_no_success(project, arguments, code):
    with open("/dev/full", "w") as full:
        done = subprocess.run([PROGRAM, "-C", project.folder, *arguments], stdout=full,
                              stderr=subprocess.PIPE, text=True)
    assert done.returncode == code
    assert "cannot write to 'stdout': No space left on device" in done.stderr


def test_a_closed_output_is_no_success_and_no_other_file(project):
    closed = ["sh", "-c", 'exec "$0" "$@" >&-', PROGRAM, "-C", project.folder]
    done = subprocess.run([*closed, "variables", "set", "a", "b"], stderr=subprocess.PIPE, text=True)
    assert done.returncode == 7
    assert "cannot write to 'stdout': Bad file descriptor" in done.stderr
    assert project.run("variables", "get", "a").stdout == "b\n"


def test_a_reader_that_has_gone_is_none_of_our_business(project):
    reader, writer = os.pipe()
    os.close(reader)
    # Python ignores SIGPIPE, and hands that on when told to.
    done = subprocess.run([PROGRAM, "-C", project.folder, "dags", "list"], stdout=writer,
                          stderr=subprocess.PIPE, text=True, restore_signals=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")


NO_TEXT = [("variables", "set", "bad", b"\xff"), ("variables", "set", b"\xff", "bad"),
           ("variables", "set", "a", "b", "--description", b"\xff"),
           ("pools", "set", b"\xff", "5", "d"), ("pools", "set", "p", "5", b"\xff"),
           ("dags", "trigger", "03_model_training_pipeline", "-r", b"\xff")]


@pytest.mark.parametrize("arguments", NO_TEXT)
def test_what_is_no_text_is_refused(project, arguments):
    done = subprocess.run([PROGRAM, "-C", project.folder, *arguments], capture_output=True)
    assert done.returncode in (1, 2)
    assert b"text" in done.stderr and b"mistake" not in done.stderr
    for group in ("variables", "pools"):
        project.run(group, "list", "-o", "yaml")


def test_a_start_that_cannot_listen_changes_and_promises_nothing(tmp_path):
    project = init(tmp_path / "project")
    environment = {name: value for name, value in os.environ.items() if name != "TIDEMILL_ADMIN_PASSWORD"}

    def up(*arguments):
        done = subprocess.run([PROGRAM, "-C", project.folder, "up", *arguments], capture_output=True,
                              text=True, env=environment, timeout=60)
        assert done.returncode != 0 and done.stdout == ""
        assert done.stderr.count("\n") == 1, done.stderr
        return done.stderr

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert f"another program listens on 127.0.0.1:{port}" in up("--port", str(port))
    assert "cannot listen on" in up("--port", "0", "--host", "192.0.2.1")
    assert "--ssl-cert and --ssl-key belong together" in up("--ssl-cert", "cert.pem")
    assert "'cert.pem' cannot be used as the certificate chain (PEM): No such file or directory" in up(
        "--port", "0", "--ssl-cert", "cert.pem", "--ssl-key", "key.pem")

    with subprocess.Popen([PROGRAM, "-C", project.folder, "up", "--port", "0"], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, env=environment) as first:
        first.stdout.readline()
        assert first.stdout.readline() == "ready\n"
        first.terminate()
        assert "sign in as admin with the password " in first.stderr.read()
