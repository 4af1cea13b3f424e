"""A backfill of 30 days under `tidemill up`, while the scheduler and what is below it are killed at random:
every task ends exactly once successful, no run is stuck, no model version is made twice."""

import contextlib
import os
import signal
import time
from datetime import date, timedelta

from conftest import init
from project_state import rows
from sampling import ALL, chance
from server import descendants, wait_until_gone
from up import GENERATION, PREPARATION, TRAINING, Up

DAYS, KILLS = 30, 200 if ALL else 30
UNAVAILABLE = 7  # exit code: try again


def small_project(folder):
    """So that 30 days take some seconds; each day is trained on."""
    project = init(folder)
    for key, value in (("schedule.start_date", "2030-01-01"), ("schedule.retries", "5"),
                       ("schedule.retry_delay_s", "0"), ("schedule.model_training", '"asset:prepared_data"'),
                       ("source.rows", "40")):
        project.set(key, value)
    text = project.settings.read_text()
    others = text[text.index('[[models]]\nname = "random_forest"'):text.index("# A model in any language")]
    project.settings.write_text(text.replace(others, ""))  # one model is enough
    return project


def backfill(project, first):
    last = first + timedelta(days=DAYS - 1)
    project.run("backfill", "create", "--dag-id", GENERATION, "--from-date", first, "--to-date", last)


def open_run_count(project):
    """Of DAG 01, by the database itself: commands take their time."""
    return rows(project.folder / "tidemill.db", "select count(*) from dag_run where dag_id = '" + GENERATION +
                "' and state in ('queued', 'running')")[0][0]


def kill_something(up, random):
    below = descendants(up.process.pid)
    if below and random.random() < 0.6:
        with contextlib.suppress(ProcessLookupError):
            os.kill(random.choice(below), signal.SIGKILL)
    else:
        kill_scheduler(up)


def kill_scheduler(up):
    below = descendants(up.process.pid)
    up.kill()
    wait_until_gone(below)
    up.start()


def test_every_task_ends_once(tmp_path):
    project, random = small_project(tmp_path / "project"), chance()
    first, days = date(2026, 1, 1), DAYS
    backfill(project, first)
    with Up(project) as up:
        for _ in range(KILLS):
            time.sleep(random.uniform(0, 0.3))
            if open_run_count(project) == 0:  # more days for the kills that are left
                backfill(project, first + timedelta(days=days))
                days += DAYS
            if up.process.poll() is None:
                kill_something(up, random)
            else:  # it ends by itself when the process that all tasks come from is killed
                assert up.process.returncode == UNAVAILABLE
                up.start()
        kill_scheduler(up)
        for dag in (GENERATION, PREPARATION, TRAINING):
            states = up.wait(dag, days, seconds=300)
            assert len(states) == days and set(states.values()) == {"success"}
    check_tasks(project.folder / "tidemill.db", days)
    check_models(project, days)
    assert "FAILED" not in project.run("doctor").stdout


def test_it_ends_when_no_task_can_be_started_any_more(tmp_path):
    project = small_project(tmp_path / "project")
    with Up(project) as up:
        guardian = next(pid for pid in descendants(up.process.pid) if name_of(pid) == "tidemill-guard")
        os.kill(guardian, signal.SIGKILL)
        assert up.process.wait(timeout=60) == UNAVAILABLE


def name_of(pid):
    with open(f"/proc/{pid}/comm", encoding="utf-8") as file:
        return file.read().strip()


def check_tasks(database, days):
    # A training that comes after a later day's has nothing new to see.
    ended = rows(database, "select dag_id, task_id, state, count(*) from task_instance group by 1, 2, 3")
    assert all(state == "success" or (dag == TRAINING and state == "skipped") for dag, _, state, _ in ended)
    assert {count for dag, _, _, count in ended if dag != TRAINING} == {days}
    assert rows(database, "select * from task_instance_history where state in ('success', 'skipped')") == []
    assert rows(database, "select * from task_instance where job_id is not null") == []


def check_models(project, days):
    versions = sorted(one["version"] for one in project.json("models", "list")["model_versions"])
    assert versions == list(range(1, len(versions) + 1)) and 1 <= len(versions) <= days
    runs = project.json("runs", "list", "--limit", 10 * days)["runs"]
    finished = [run["tags"]["tidemill.data_date"] for run in runs if run["status"] == "FINISHED"]
    assert len(finished) == len(set(finished)) == len(versions)
