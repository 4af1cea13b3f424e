"""`tidemill up`: the three DAGs by hand, one after the other, and again after they are cleared."""

import json
import signal
import subprocess
import time

import pytest

from conftest import init
from project_state import files_of
from up import GENERATION, PREPARATION, TRAINING, Up

@pytest.fixture
def idle(tmp_path):
    """A project whose DAGs run by hand only."""
    project = init(tmp_path / "project")
    project.set("schedule.data_generation", '"none"')
    project.set("schedule.retry_delay_s", "0")
    return project


def test_data_starts_preparation_and_training_is_by_hand(idle):
    with Up(idle) as up:
        up.trigger(GENERATION, date="2026-11-01")
        assert list(up.wait(GENERATION).values()) == ["success"]
        prepared = up.wait(PREPARATION)
        assert list(prepared.values()) == ["success"] and next(iter(prepared)).startswith("asset_triggered__")
        assert idle.run("variables", "get", "latest_prepared_data").stdout == "2026-11-01\n"
        assert up.runs(TRAINING) == []
        run = up.trigger(TRAINING)
        assert up.wait(TRAINING) == {run: "success"}
        assert set(up.tasks(TRAINING, run).values()) == {"success"}
        assert "version 1 in Staging" in idle.run("tasks", "logs", TRAINING, "select_best_model", run).stdout
        # Nothing new: the rest is skipped, until training is forced as the guide says.
        again = up.trigger(TRAINING)
        up.wait(TRAINING, 2)
        assert up.tasks(TRAINING, again)["check_new_data"] == "success"
        assert up.tasks(TRAINING, again)["train_random_forest"] == "skipped"
        idle.run("variables", "delete", "last_trained_data")
        up.trigger(TRAINING)
        up.wait(TRAINING, 3)
        assert [one["version"] for one in idle.json("models", "list")["model_versions"]] == [1, 2]


def metrics_of(project):
    runs = project.json("runs", "list")["runs"]
    return sorted((run["run_name"], json.dumps(run["metrics"])) for run in runs)


def test_it_gives_what_run_gives(idle, three_days):
    with Up(idle) as up:
        for day in (1, 2, 3):
            up.trigger(GENERATION, date=f"2026-11-0{day}")
            up.wait(PREPARATION, day)
            up.trigger(TRAINING)
            assert set(up.wait(TRAINING, day).values()) == {"success"}
    assert files_of(idle.features) == files_of(three_days.features)
    assert metrics_of(idle) == metrics_of(three_days)


def test_cleared_tasks_run_again_and_find_what_they_made(idle):
    with Up(idle) as up:
        up.trigger(GENERATION, date="2026-11-01")
        up.wait(PREPARATION)
        run = up.trigger(TRAINING)
        up.wait(TRAINING)
        idle.run("tasks", "clear", TRAINING, "--task-regex", "train_random_forest", "--downstream", "--yes")
        up.wait(TRAINING)
        deadline = time.monotonic() + 60
        while set(up.tasks(TRAINING, run).values()) != {"success"}:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    assert [one["version"] for one in idle.json("models", "list")["model_versions"]] == [1]
    assert len(idle.json("runs", "list")["runs"]) == 3


def test_a_task_that_cannot_work_fails_with_its_reason(idle):
    with Up(idle) as up:
        run = up.trigger(GENERATION, date="yesterday")
        assert list(up.wait(GENERATION).values()) == ["failed"]
        assert up.tasks(GENERATION, run) == {
            "generate_data": "failed", "validate_data": "upstream_failed",
            "trigger_data_preparation": "upstream_failed"}
        said = idle.run("tasks", "logs", GENERATION, "generate_data", run).stdout
        assert "ERROR" in said and "'yesterday'" in said
    assert not any(idle.features.rglob("data.parquet"))


def test_a_signal_ends_it_and_all_it_started(idle):
    up = Up(idle)
    up.start()
    up.trigger(GENERATION, date="2026-11-01")
    up.process.send_signal(signal.SIGTERM)
    assert up.process.wait(timeout=30) == 0
    with up:
        assert list(up.wait(GENERATION).values()) == ["success"]
