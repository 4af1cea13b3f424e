"""`tidemill up`: the three DAGs by hand, one after the other, again after they are cleared, and whatever is
killed meanwhile."""

import contextlib
import json
import os
import random
import signal
import subprocess
import time

import pytest

from conftest import PROGRAM, init
from project_state import files_of, rows
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


# Of the scheduler, the processes below it, or both; in all days of a backfill.
def test_killed_at_random_moments_every_task_ends_once(tmp_path):
    project = init(tmp_path / "project")
    for key, value in (("start_date", "2030-01-01"), ("retries", "3"), ("retry_delay_s", "0"),
                       ("model_training", '"asset:prepared_data"')):
        project.set(f"schedule.{key}", value)
    seed = int(os.environ.get("TIDEMILL_TEST_SEED") or random.randrange(1_000_000))
    print(f"TIDEMILL_TEST_SEED={seed}")
    chance = random.Random(seed)
    days, kills = 4, 30
    project.run("backfill", "create", "--dag-id", GENERATION, "--from-date", "2026-11-01", "--to-date",
                f"2026-11-0{days}")
    with Up(project) as up:
        for _ in range(kills):
            time.sleep(chance.uniform(0, 0.4))
            kill_something(up, chance)
        for dag in (GENERATION, PREPARATION, TRAINING):
            assert set(up.wait(dag, days).values()) == {"success"}
            assert len(up.runs(dag)) == days
    database = project.folder / "tidemill.db"
    # A training that comes after a later day's has nothing new to see.
    assert set(rows(database, "select distinct dag_id, state from task_instance")) <= {
        (GENERATION, "success"), (PREPARATION, "success"), (TRAINING, "success"), (TRAINING, "skipped")}
    versions = sorted(one["version"] for one in project.json("models", "list")["model_versions"])
    assert versions == list(range(1, len(versions) + 1)) and 1 <= len(versions) <= days
    dates = [run["tags"]["tidemill.data_date"] for run in project.json("runs", "list")["runs"]
             if run["status"] == "FINISHED"]
    assert all(dates.count(date) == 3 for date in set(dates))
    assert "FAILED" not in project.run("doctor").stdout


def kill_something(up, chance):
    below = descendants(up.process.pid)
    if below and chance.random() < 0.5:
        with contextlib.suppress(ProcessLookupError):
            os.kill(chance.choice(below), signal.SIGKILL)
        return
    up.kill()
    deadline = time.monotonic() + 20
    while any(os.path.exists(f"/proc/{pid}") and not is_zombie(pid) for pid in below):
        assert time.monotonic() < deadline, "what a killed scheduler started is still there"
        time.sleep(0.01)
    up.start()


def is_zombie(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
            return stat.read().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def descendants(pid):
    children = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError):
                with open(f"/proc/{name}/stat", encoding="ascii", errors="replace") as stat:
                    children.setdefault(int(stat.read().rpartition(")")[2].split()[1]), []).append(int(name))
    below, queue = [], [pid]
    while queue:
        queue = [child for one in queue for child in children.get(one, [])]
        below += queue
    return below
