"""What golden and e2e tests share: the program, and a project that was run once and is copied by tests."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / "support"), str(ROOT / "bench" / "peers")]

PROGRAM = os.environ.get("TIDEMILL_BIN") or str(ROOT / "build" / "tidemill")
DAYS = ["2026-11-01", "2026-11-02", "2026-11-03"]


class Project:
    """A project folder and the program run on it."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.features = self.folder / "data" / "features"

    def run(self, *arguments, check=True):
        words = [str(argument) for argument in arguments]
        done = subprocess.run([PROGRAM, "-C", self.folder, *words], capture_output=True, text=True,
                              check=False, timeout=600)
        if check:
            assert done.returncode == 0, f"tidemill {' '.join(words)}\n{done.stdout}{done.stderr}"
        return done

    def json(self, *arguments):
        return json.loads(self.run(*arguments, "--json").stdout)

    def raw(self, day):
        year, month, date = day.split("-")
        return self.features / "raw_data" / f"year={year}" / f"month={month}" / f"day={date}" / "data.parquet"

    def prepared(self, day):
        return self.features / "prepared_data" / day

    @property
    def settings(self):
        return self.folder / "tidemill.toml"

    def set(self, key, value):
        from toml_edit import set_key

        self.settings.write_text(set_key(self.settings.read_text(), key, value))

    def copy(self, folder):
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        return Project(folder)


def init(folder, example="churn"):
    subprocess.run([PROGRAM, "init", folder, "--example", example], check=True, capture_output=True)
    return Project(folder)


@pytest.fixture(scope="session")
def three_days(tmp_path_factory):
    """The churn example after three days. Only to look at: a test that changes it takes `churn`."""
    project = init(tmp_path_factory.mktemp("three-days") / "project")
    project.run("run", "--from", DAYS[0], "--to", DAYS[-1])
    return project


@pytest.fixture
def churn(three_days, tmp_path):
    """A copy of the churn example after three days."""
    project = three_days.copy(tmp_path / "churn")
    project.run("models", "list")  # opening a moved project makes it at home
    return project


@pytest.fixture
def empty_churn(tmp_path):
    """The churn example before its first day."""
    return init(tmp_path / "empty-churn")
