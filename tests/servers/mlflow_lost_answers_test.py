"""A training over REST loses an answer or a request, each kind of request in turn, and programs are killed.

All of it where TIDEMILL_TEST_ALL=1 (`./dev test --servers --all`), else a sample: 8 of 45. Servers that die:
killed_servers_test.py.
"""

import signal
import subprocess
from urllib.parse import urlsplit

import pytest

from conftest import DAYS, PROGRAM, init
from cutting_proxy import CuttingProxy
from mlflow_project import OnMlflow
from sampling import chance, sample

# What a training sends, as often as it is cut: the n-th.
MOMENTS = [
    (b"POST /api/2.0/mlflow/experiments/create", 1),
    (b"POST /api/2.0/mlflow/runs/create", 1),
    (b"POST /api/2.0/mlflow/runs/create", 3),
    (b"POST /api/2.0/mlflow/logged-models HTTP", 2),
    (b"PUT /api/2.0/mlflow-artifacts/", 1),
    (b"PUT /api/2.0/mlflow-artifacts/", 14),
    (b"POST /api/2.0/mlflow/runs/log-batch", 2),
    (b"POST /api/2.0/mlflow/runs/log-inputs", 1),
    (b"POST /api/2.0/mlflow/runs/outputs", 1),
    (b"/params HTTP", 1),
    (b"PATCH /api/2.0/mlflow/logged-models/", 1),
    (b"POST /api/2.0/mlflow/runs/update", 1),
    (b"POST /api/2.0/mlflow/registered-models/create", 1),
    (b"POST /api/2.0/mlflow/model-versions/create", 1),
    (b"POST /api/2.0/mlflow/registered-models/alias", 1),
    (b"POST /api/2.0/mlflow/model-versions/transition-stage", 1),
    (b"POST /api/2.0/mlflow/model-versions/set-tag", 1),
    (b"POST /api/2.0/mlflow/model-versions/set-tag", 2),
    (b"POST /api/2.0/mlflow/registered-models/alias", 2),
    (b"POST /api/2.0/mlflow/model-versions/transition-stage", 2),
]


def moment_name(moment):
    return moment[0].decode().split(" HTTP")[0].rpartition("mlflow")[2].strip("/-") + f"-{moment[1]}"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """A day ready to be trained on, whose best model goes to Production."""
    project = init(tmp_path_factory.mktemp("prepared") / "project")
    project.set("promote.rules", '[{ metric = "test_rmse", threshold = 0.9 }]')
    for stage in ("generate", "prepare"):
        project.run(stage, "--date", DAYS[0])
    return project


@pytest.mark.parametrize("moment", sample(MOMENTS, 3), ids=moment_name)
def test_an_answer_that_is_lost_is_not_missed(mlflow_server, prepared, tmp_path, moment):
    train_through(mlflow_server, prepared.copy(tmp_path / "project"), moment, deliver=True)


@pytest.mark.parametrize("moment", sample(MOMENTS[::4], 2), ids=moment_name)
def test_a_request_that_is_lost_is_sent_again(mlflow_server, prepared, tmp_path, moment):
    train_through(mlflow_server, prepared.copy(tmp_path / "project"), moment, deliver=False)


def train_through(mlflow_server, project, moment, deliver):
    server = urlsplit(mlflow_server.url)
    with CuttingProxy(server.hostname, server.port, *moment, deliver) as proxy:
        found = OnMlflow(project, f"http://127.0.0.1:{proxy.port}", mlflow_server.url)
        outcome = found.project.json("train")
        assert proxy.cuts == 1
    assert outcome["version"] == 1 and outcome["stage"] == "Production"
    assert_promoted(found)


def assert_promoted(found):
    found.assert_whole(DAYS[:1])
    assert found.versions()[0].current_stage == "Production"
    aliases = found.client.get_registered_model(found.model).aliases
    assert {name: int(version) for name, version in aliases.items()} == {"challenger": 1, "champion": 1}


@pytest.mark.parametrize("moment", sample(MOMENTS[2:] + MOMENTS[:2], 3), ids=moment_name)
def test_a_training_that_failed_is_finished_by_the_next(mlflow_server, prepared, tmp_path, moment,
                                                        monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    server = urlsplit(mlflow_server.url)
    with CuttingProxy(server.hostname, server.port, *moment, deliver=True) as proxy:
        found = OnMlflow(prepared.copy(tmp_path / "project"), f"http://127.0.0.1:{proxy.port}",
                         mlflow_server.url)
        done = found.project.run("train", check=False)
        assert proxy.cuts == 1 and done.returncode in (0, 7), done.stderr
        found.project.run("train")
        found.project.run("train")
    assert_promoted(found)


# The last two: a run that has all but its end.
@pytest.mark.parametrize("moment", sample(MOMENTS[:10] + MOMENTS[12:], 2) + MOMENTS[10:12], ids=moment_name)
def test_a_program_killed_at_an_answer_leaves_nothing_twice(mlflow_server, prepared, tmp_path, moment):
    server = urlsplit(mlflow_server.url)
    started = []
    with CuttingProxy(server.hostname, server.port, *moment, True, lambda: started[0].kill()) as proxy:
        found = OnMlflow(prepared.copy(tmp_path / "project"), f"http://127.0.0.1:{proxy.port}",
                         mlflow_server.url)
        started.append(subprocess.Popen([PROGRAM, "-C", found.project.folder, "train"],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        assert started[0].wait() == -signal.SIGKILL
        found.project.run("train")
    assert_promoted(found)


def test_killed_programs_leave_nothing_twice(mlflow_server, prepared, tmp_path):
    moments = chance()
    found = OnMlflow(prepared.copy(tmp_path / "project"), mlflow_server.url)
    for _ in range(6):
        process = subprocess.Popen([PROGRAM, "-C", found.project.folder, "train"],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(timeout=moments.uniform(0.02, 1.5))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    found.project.run("train")
    assert_promoted(found)
