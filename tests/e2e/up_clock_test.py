"""The clock of the machine jumps an hour and a day, both ways, while `tidemill up` runs: nothing is stuck,
nothing is run twice, what is due is run."""

import shutil
import time
from pathlib import Path

import pytest

from conftest import ROOT, Project
from project_state import rows
from up import GENERATION, PREPARATION, TRAINING, Up

LIBRARY = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
HOUR, DAY = 3600, 86400


class Clock:
    """Of all programs that the test starts: the machine's, set to noon and then by so many seconds."""

    def __init__(self, file):
        self.file, self.noon = file, DAY / 2 - time.time() % DAY
        self.set(0)

    def set(self, seconds):
        new = self.file.with_suffix(".new")
        new.write_text(f"{self.noon + seconds:+.0f}\n")
        new.rename(self.file)


@pytest.fixture
def clock(tmp_path, monkeypatch):
    made = Clock(tmp_path / "clock")
    for name, value in (("LD_PRELOAD", LIBRARY), ("FAKETIME_TIMESTAMP_FILE", made.file),
                        ("FAKETIME_NO_CACHE", "1"), ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
                        ("DONT_FAKE_MONOTONIC", "1")):
        monkeypatch.setenv(name, str(value))
    return made


@pytest.fixture
def project(tmp_path):
    """Data by hand, training once a day; a task that fails is tried again after 50 minutes."""
    made = Project(shutil.copytree(ROOT / "tests" / "spec" / "small", tmp_path / "project"))
    made.settings.write_text(made.settings.read_text() + """
[schedule]
data_generation = "none"
model_training = "@daily"
retry_delay_s = 3000
""")
    return made


def wait_until(holds):
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_the_clock_jumps_both_ways(project, clock):
    database = project.folder / "tidemill.db"

    def scheduled():
        return rows(database, "select logical_date_ms from dag_run where run_type = 'scheduled'")

    with Up(project) as up:
        up.wait(TRAINING)
        up.trigger(GENERATION, date="2026-11-01")
        up.wait(PREPARATION)
        # An hour ahead: the retry is due.
        late = project.folder / "landing" / "2026-11-02.csv"
        late.rename(late.with_suffix(".late"))
        run = up.trigger(GENERATION, date="2026-11-02")
        wait_until(lambda: up.tasks(GENERATION, run)["generate_data"] == "up_for_retry")
        late.with_suffix(".late").rename(late)
        clock.set(HOUR)
        up.wait(GENERATION, 2)
        up.wait(PREPARATION, 2)
        # Two hours back, while tasks run.
        up.trigger(GENERATION, date="2026-11-01", force=True)
        clock.set(-HOUR)
        up.wait(GENERATION, 3)
        up.wait(PREPARATION, 3)
        # A day ahead: the next day's training. Back, back again (that day's has not been made yet) and ahead:
        # no day's is made twice.
        clock.set(DAY)
        wait_until(lambda: len(scheduled()) == 2)
        up.wait(TRAINING, 2)
        for seconds, days, runs in ((0, 2, 3), (-DAY, 3, 5), (HOUR, 3, 6), (DAY, 3, 7)):
            up.trigger(TRAINING)
            clock.set(seconds)
            up.wait(TRAINING, runs)
            assert len(scheduled()) == days
        assert up.process.poll() is None
        for dag in (GENERATION, PREPARATION, TRAINING):
            assert {one["state"] for one in up.runs(dag)} == {"success"}
    assert len(set(scheduled())) == 3
    tasks = rows(database, "select task_id, state, start_ms, end_ms from task_instance")
    assert {state for _, state, _, _ in tasks} <= {"success", "skipped"}
    assert all(start <= end for _, _, start, end in tasks)
    assert rows(database, "select state, count(*) from task_instance_history group by 1") == [
        ("up_for_retry", 1)]
    versions = [one["version"] for one in project.json("models", "list")["model_versions"]]
    assert sorted(versions) == list(range(1, len(versions) + 1))
    assert "FAILED" not in project.run("doctor").stdout
