"""A model of your own: the example's train_xgboost.py with the real xgboost and mlflow, and what a command
gets wrong."""

import json
import re
import subprocess
import sys
import time

import mlflow
import numpy as np
import pandas as pd
import pytest

from churn_columns import KEY, TARGET
from conftest import DAYS, PROGRAM

MODEL = "customer_churn_model"
BUILT_IN = ["linear_regression", "random_forest", "gradient_boosting"]

# What every wrong command below does right: as many predictions as test rows, and a model folder.
GOOD = """
import os, pathlib
import pandas as pd
out = pathlib.Path(os.environ["TIDEMILL_OUTPUT"])
rows = pd.read_parquet(os.environ["TIDEMILL_TEST"])
rows = rows[[os.environ["TIDEMILL_KEY"]]].assign(prediction=0.5)
(out / "model").mkdir()
(out / "model" / "MLmodel").write_text("flavors: {}\\n")
rows.to_csv(out / "predictions.csv", index=False)
"""


def enable_command(project, program):
    """The block that tidemill.toml has as a comment, for this program."""
    text = project.settings.read_text()
    block = re.search(r'# \[\[models\]\]\n# name = "xgboost"\n(?:# .*\n)+', text)
    enabled = re.sub(r"(?m)^# ", "", block[0])
    command = f"command = {json.dumps([sys.executable, program])}"
    enabled = re.sub(r"(?m)^command = .*$", lambda _: command, enabled)
    project.settings.write_text(text.replace(block[0], enabled))


def keep_only_the_command(project):
    text = project.settings.read_text()
    start, end = text.index('[[models]]\nname = "linear_regression"'), text.index("# A model in any")
    project.settings.write_text(text[:start] + text[end:])


def run_of(project, model):
    return next(run for run in project.json("runs", "list")["runs"] if run["run_name"].startswith(model))


def test_examples_xgboost_is_tracked_registered_and_loaded(empty_churn):
    enable_command(empty_churn, "train_xgboost.py")
    keep_only_the_command(empty_churn)
    training = empty_churn.json("run", "--date", DAYS[0])["days"][0]["training"]
    assert (training["best_model"], training["version"], training["stage"]) == ("xgboost", 1, "Staging")

    run = run_of(empty_churn, "xgboost")
    assert run["status"] == "FINISHED"
    assert run["params"]["max_depth"] == "4"
    test = pd.read_parquet(empty_churn.prepared(DAYS[0]) / "test.parquet")
    folder = empty_churn.folder / run["artifact_uri"].removeprefix("file://")
    logged = pd.read_csv(folder / "predictions.csv", dtype={KEY: str})
    assert list(logged[KEY]) == list(test[KEY].astype(str))
    rmse = np.sqrt(np.mean((logged["prediction"] - test[TARGET]) ** 2))
    assert run["metrics"]["test_rmse"] == pytest.approx(rmse, abs=1e-12)

    uri = f"sqlite:///{empty_churn.folder}/mlflow.db"
    mlflow.set_tracking_uri(uri)
    mlflow.set_registry_uri(uri)
    loaded = mlflow.pyfunc.load_model(f"models:/{MODEL}/Staging")
    theirs = loaded.predict(test.drop(columns=[KEY, TARGET]))
    np.testing.assert_allclose(np.ravel(theirs), logged["prediction"], rtol=0, atol=1e-6)

    refused = empty_churn.run("predict", empty_churn.raw(DAYS[0]), "--model", f"models:/{MODEL}/1",
                              check=False)
    assert refused.returncode == 8
    assert "mlflow.pyfunc.load_model" in refused.stderr


def test_xgboost_stands_beside_the_others(empty_churn):
    enable_command(empty_churn, "train_xgboost.py")
    training = empty_churn.json("run", "--date", DAYS[0])["days"][0]["training"]
    errors = {run["model"]: run["test_rmse"] for run in training["runs"]}
    assert list(errors) == [*BUILT_IN, "xgboost"]
    assert training["best_model"] == min(errors, key=errors.get)
    assert errors["xgboost"] < errors["linear_regression"]


WRONG = {
    "exit code": ("print('reading'); import sys; print('no such column: x', file=sys.stderr); sys.exit(3)",
                  ["ended with exit code 3", "reading", "no such column: x"]),
    "too few rows": (GOOD + "rows.head(3).to_csv(out / 'predictions.csv', index=False)",
                     ["predictions.csv has 3 rows, the test set has 172"]),
    "no predictions": (GOOD + "(out / 'predictions.csv').unlink()", ["no predictions.csv"]),
    "no number": (GOOD + "rows.assign(prediction='high').to_csv(out / 'predictions.csv', index=False)",
                  ["predictions.csv line 2", "'high' is not a finite number"]),
    "no MLmodel": (GOOD + "(out / 'model' / 'MLmodel').unlink()", ["no model/MLmodel"]),
}


@pytest.mark.parametrize("mistake", WRONG)
def test_a_wrong_command_is_told_and_the_others_are_kept(empty_churn, mistake):
    source, told = WRONG[mistake]
    program = empty_churn.folder / "mine.py"
    program.write_text(source)
    enable_command(empty_churn, "mine.py")
    done = empty_churn.run("run", "--date", DAYS[0], check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    assert re.search(r"tidemill\.toml:\d+", done.stderr)  # the block's place
    for text in told:
        assert text in done.stderr
    assert empty_churn.json("models", "list")["model_versions"] == []
    kept = {run["run_id"]: run["status"] for run in empty_churn.json("runs", "list")["runs"]}
    assert sorted(kept.values()) == ["FAILED", "FINISHED", "FINISHED", "FINISHED"]

    program.write_text(GOOD)
    training = empty_churn.json("run", "--date", DAYS[0])["days"][0]["training"]
    assert training["resumed"]
    assert training["version"] == 1
    again = {run["run_id"] for run in training["runs"] if run["model"] in BUILT_IN}
    assert again == {run for run, status in kept.items() if status == "FINISHED"}


def test_a_long_output_is_shown_by_its_end(empty_churn):
    (empty_churn.folder / "mine.py").write_text(
        "for i in range(100_000): print('line', i)\nraise SystemExit('the last word')")
    enable_command(empty_churn, "mine.py")
    done = empty_churn.run("run", "--date", DAYS[0], check=False)
    assert done.returncode == 2
    assert "line 99999" in done.stderr and "the last word" in done.stderr
    assert "line 5\n" not in done.stderr
    assert len(done.stderr) < 5000


def test_a_program_that_does_not_exist_is_named(empty_churn):
    enable_command(empty_churn, "mine.py")
    text = empty_churn.settings.read_text()
    empty_churn.settings.write_text(text.replace(sys.executable, "no-such-program"))
    done = empty_churn.run("run", "--date", DAYS[0], check=False)
    assert done.returncode == 2
    assert "'no-such-program'" in done.stderr and "no such program?" in done.stderr


def is_running(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def wait_until(is_done, seconds=60):
    deadline = time.monotonic() + seconds
    while not is_done() and time.monotonic() < deadline:
        time.sleep(0.05)
    return is_done()


def test_the_program_ends_with_whoever_started_it(empty_churn):
    (empty_churn.folder / "mine.py").write_text(
        "import os, time\nopen('pid.new', 'w').write(str(os.getpid()))\nos.rename('pid.new', 'pid')\n"
        "time.sleep(600)\n")
    enable_command(empty_churn, "mine.py")
    keep_only_the_command(empty_churn)
    pid_file = empty_churn.folder / "pid"
    run = subprocess.Popen([PROGRAM, "-C", empty_churn.folder, "run", "--date", DAYS[0]],
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert wait_until(pid_file.exists)
    pid = int(pid_file.read_text())
    assert is_running(pid)
    run.terminate()  # this process alone
    run.wait()
    assert wait_until(lambda: not is_running(pid))
