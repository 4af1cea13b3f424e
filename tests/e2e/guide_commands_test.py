"""The command lines of docs/guide.md, typed into a shell in which `airflow` is a link to the program, while
`tidemill up` runs."""

import json
import os
import signal
import subprocess
from datetime import date, timedelta
from types import SimpleNamespace

import pytest

from conftest import PROGRAM, init
from up import GENERATION, PREPARATION, TRAINING, Up


class Shell:
    """`environment` says where the project is, as Airflow's AIRFLOW_HOME does."""

    def __init__(self, folder, environment):
        (folder / "bin").mkdir()
        (folder / "bin" / "airflow").symlink_to(PROGRAM)
        self.folder = folder
        path = f"{folder / 'bin'}:{os.environ['PATH']}"
        self.environment = {"PATH": path, "HOME": str(folder), **environment}

    def start(self, line):
        return subprocess.Popen(["bash", "-c", f"exec {line}"], cwd=self.folder, env=self.environment,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def __call__(self, line, code=0):
        process = self.start(line)
        out, err = process.communicate(timeout=120)
        assert process.returncode == code, f"{line}\n{out}{err}"
        return SimpleNamespace(out=out, err=err)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A project with a scheduler, and a shell."""
    folder = tmp_path_factory.mktemp("guide")
    project = init(folder / "project")
    project.set("schedule.data_generation", '"none"')
    project.set("schedule.retry_delay_s", "0")
    with Up(project) as up:
        shell = Shell(folder, {"AIRFLOW_HOME": str(project.folder)})
        yield SimpleNamespace(up=up, project=project, shell=shell)


def day_of_newest_run(place, dag):
    return place.up.runs(dag)[0]["logical_date"][:10]


def test_the_guide_from_data_to_forced_training(place):
    up, shell = place.up, place.shell
    assert shell("airflow jobs check").out == "Found one alive job.\n"

    # Start data generation; preparation starts by itself.
    assert "01_data_generation_pipeline" in shell("airflow dags trigger 01_data_generation_pipeline").out
    assert list(up.wait(GENERATION).values()) == ["success"]
    assert list(up.wait(PREPARATION).values()) == ["success"]
    day = day_of_newest_run(place, GENERATION)
    assert shell("airflow variables get latest_prepared_data").out == f"{day}\n"

    # Trigger model training.
    shell("airflow variables get last_trained_data", code=1)
    shell("airflow dags trigger 03_model_training_pipeline")
    assert list(up.wait(TRAINING).values()) == ["success"]
    assert shell("airflow variables get last_trained_data").out == f"{day}\n"
    versions = place.project.json("models", "list")["model_versions"]
    assert [(version["version"], version["current_stage"]) for version in versions] == [(1, "Staging")]

    # Model training skips, and is forced.
    shell("airflow dags trigger 03_model_training_pipeline")
    up.wait(TRAINING, 2)
    skipped = up.tasks(TRAINING, up.runs(TRAINING)[0]["run_id"])
    assert skipped["check_new_data"] == "success" and skipped["select_best_model"] == "skipped"
    deleted = shell("airflow variables delete last_trained_data")
    assert deleted.out == "Variable last_trained_data deleted\n"
    shell("airflow dags trigger 03_model_training_pipeline")
    assert list(up.wait(TRAINING, 3).values()) == ["success"] * 3
    assert len(place.project.json("models", "list")["model_versions"]) == 2
    assert shell("airflow variables get last_trained_data").out == f"{day}\n"


def test_dags_test_beside_a_scheduler(place):
    up, shell = place.up, place.shell
    before = len(up.runs(GENERATION)), len(up.runs(PREPARATION))
    days = [(date.today() - timedelta(days=back)).isoformat() for back in (10, 20)]
    up.trigger(GENERATION, date=days[0])  # at the same time
    tested = shell(f"airflow dags test 01_data_generation_pipeline {days[1]}")
    assert tested.out == ""
    assert "quality score" in tested.err and "task trigger_data_preparation: success" in tested.err
    assert set(up.wait(GENERATION, before[0] + 2).values()) == {"success"}
    # Both brought data, and each is prepared once.
    prepared = up.wait(PREPARATION, before[1] + 2)
    assert len(prepared) == before[1] + 2 and set(prepared.values()) == {"success"}
    for day in days:
        assert (place.project.prepared(day) / "manifest.json").exists()
    failed = shell("airflow dags test 02_data_preparation_pipeline 1999-01-01", code=1)
    assert failed.err.endswith("DagRun failed\n") and failed.out == ""


def test_a_killed_test_hinders_nobody(place):
    up, shell = place.up, place.shell
    day = (date.today() - timedelta(days=30)).isoformat()
    process = shell.start(f"airflow dags test 01_data_generation_pipeline {day}")
    assert "testing" in process.stderr.readline()
    process.send_signal(signal.SIGKILL)
    process.communicate()
    ended = len([run for run in up.runs(GENERATION) if run["state"] == "success"])
    run = up.trigger(GENERATION, date=day)
    shell(f"airflow dags test 01_data_generation_pipeline {day}")
    up.wait(GENERATION, ended + 2)
    states = {one["run_id"]: one["state"] for one in up.runs(GENERATION)}
    assert states[run] == "success" and set(states.values()) == {"success"}, states


def test_where_the_project_is(place, tmp_path):
    shown = "airflow variables get latest_prepared_data"
    known = place.shell(shown).out
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    first = Shell(elsewhere, {"TIDEMILL_PROJECT": str(place.project.folder), "AIRFLOW_HOME": "/nowhere"})
    assert first(shown).out == known
    there = tmp_path / "there"
    there.mkdir()
    # The home of a real Airflow is no project: the folder in which one stands is.
    last = Shell(there, {"AIRFLOW_HOME": str(tmp_path)})
    last.folder = place.project.folder
    assert last(shown).out == known
    assert "Usage: airflow" in last("airflow --help").out


def test_json_is_alone_on_stdout(place):
    for line in ("dags list", "dags report", "assets list", "pools list", "variables list",
                 f"dags list-runs {TRAINING}", f"dags trigger {TRAINING}", "gc --dry-run"):
        json.loads(place.shell(f"airflow {line} -o json").out)
