"""tracking export and import between the embedded database and a real `mlflow server`, there and back."""

import json
import subprocess

import mlflow
import pytest
from mlflow.entities import Metric, RunTag
from mlflow.tracking import MlflowClient

from conftest import DAYS, PROGRAM, init
from mlflow_project import OnMlflow
from sampling import chance

OWN_TAGS = ("tidemill.imported_from", "tidemill.import")


def records(folder):
    return [json.loads(line) for line in (folder / "tracking.jsonl").read_text().splitlines()]


def comparable(folder):
    """An export without what a store gives itself: ids (named after their runs here), places, and MLmodel,
    which has ids in it."""
    found = records(folder)
    names = {one["run_id"]: f"run {one['run_name']}" for one in found if one["kind"] == "run"}
    names |= {one["model_id"]: f"model of {names[one['source_run_id']]}" for one in found
              if one["kind"] == "logged_model"}
    names |= {one["experiment_id"]: "experiment" for one in found if one["kind"] == "experiment"}
    for one in found:
        one.pop("artifact_uri", None)
        one.pop("from", None)
        for tag in OWN_TAGS:
            one.get("tags", {}).pop(tag, None)
        for file in one.get("artifacts", []):
            if file["path"] == "MLmodel":
                file["sha256"] = ""
        for key in ("run_id", "model_id", "experiment_id", "source_run_id"):
            if key in one:
                one[key] = names[one[key]]
        if one["kind"] == "run":
            one["model_outputs"] = [[names[model], step] for model, step in one["model_outputs"]]
        if one["kind"] == "model_version":
            one["source"] = names[one["source"].removeprefix("models:/")]
    return sorted(found, key=lambda one: json.dumps(one, sort_keys=True))


def counts(done):
    return {row["what"]: row for row in json.loads(done.stdout)}


@pytest.fixture
def named(mlflow_server, churn):
    """The embedded project after three days, under names of its own on the server."""
    churn.run("models", "promote", 1)
    churn.run("models", "promote", 2)
    churn.run("tracking", "export", churn.folder / "first")
    text = (churn.folder / "first" / "tracking.jsonl").read_text()
    found = OnMlflow(churn, mlflow_server.url)
    for old, new in (("customer_churn_prediction", found.experiment), ("customer_churn_model", found.model)):
        text = text.replace(old, new)
    (churn.folder / "first" / "tracking.jsonl").write_text(text)
    return found


def test_a_project_moves_to_a_server_and_goes_on_there(named):
    project = named.project
    moved = counts(project.run("tracking", "import", project.folder / "first", "--json"))
    assert moved["runs"]["count"] == "9" and all(row["verified"] == "yes" for row in moved.values())
    project.run("tracking", "export", project.folder / "second")
    assert comparable(project.folder / "second") == comparable(project.folder / "first")
    again = counts(project.run("tracking", "import", project.folder / "first", "--json"))
    assert again["runs"]["were there"] == "9" and again["versions"]["were there"] == "3"
    assert len(named.runs()) == 9 and [one.version for one in named.versions()] == ["1", "2", "3"]
    assert [one.current_stage for one in named.versions()] == ["Archived", "Production", "Staging"]
    assert project.json("train")["trained"] is False
    assert project.json("run", "--date", "2026-11-04")["days"][0]["training"]["version"] == 4
    mlflow.set_tracking_uri(named.client.tracking_uri)
    mlflow.set_registry_uri(named.client.tracking_uri)
    mlflow.pyfunc.load_model(f"models:/{named.model}/Production")
    assert mlflow.models.get_model_info(f"models:/{named.model}/2").run_id == named.versions()[1].run_id


def test_a_project_comes_home(named):
    """With what was made on the server, and nothing twice."""
    project = named.project
    project.run("tracking", "import", project.folder / "first")
    project.run("run", "--date", "2026-11-04")
    project.run("tracking", "export", project.folder / "home")
    text = (project.folder / "home" / "tracking.jsonl").read_text()
    for old, new in ((named.experiment, "customer_churn_prediction"), (named.model, "customer_churn_model")):
        text = text.replace(old, new)
        project.set(f"tracking.{'model' if old == named.model else 'experiment'}", f'"{new}"')
    (project.folder / "home" / "tracking.jsonl").write_text(text)
    named.point_to("sqlite:mlflow.db")
    for there in (9, 12):
        moved = counts(project.run("tracking", "import", project.folder / "home", "--json"))
        assert all(row["verified"] == "yes" for row in moved.values()), moved
        assert moved["runs"]["were there"] == str(there)
        assert len(project.json("runs", "list")["runs"]) == 12
        versions = project.json("models", "list")["model_versions"]
        assert sorted(one["version"] for one in versions) == [1, 2, 3, 4]
    assert project.json("models", "reproduce", 4)["same_bytes"]
    assert project.json("train")["trained"] is False


def test_a_killed_import_is_finished_by_the_next(named):
    moments = chance()
    command = [PROGRAM, "-C", named.project.folder, "tracking", "import", named.project.folder / "first"]
    for _ in range(5):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(timeout=moments.uniform(0.05, 2.5))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    named.project.run("tracking", "import", named.project.folder / "first")
    named.project.run("tracking", "export", named.project.folder / "second")
    assert comparable(named.project.folder / "second") == comparable(named.project.folder / "first")


def test_what_the_real_client_tracked_comes_into_the_embedded_database(mlflow_server, tmp_path):
    client = MlflowClient(mlflow_server.url, registry_uri=mlflow_server.url)
    there = OnMlflow(init(tmp_path / "there"), mlflow_server.url)
    experiment = client.create_experiment(there.experiment, tags={"team": "größe"})
    run = client.create_run(experiment, run_name="by hand", tags={"any key: a/b": "it's \"日本\""}).info.run_id
    history = [Metric("loss", 1 / (step + 1), 1000 + step, step) for step in range(1500)]
    for start in range(0, 1500, 1000):
        client.log_batch(run, history[start:start + 1000])
    client.log_batch(run, [Metric("bad", float("nan"), 1, 0), Metric("huge", float("inf"), 1, 0)],
                     tags=[RunTag("empty", "")])
    client.log_param(run, "text", "x" * 6000)
    client.log_text(run, "hello", "notes/größe.txt")
    client.set_terminated(run, "FAILED")
    client.create_registered_model(there.model, tags={"k": "v"}, description="about")
    there.project.run("tracking", "export", tmp_path / "first")
    here = init(tmp_path / "here")
    here.set("tracking.experiment", f'"{there.experiment}"')
    here.set("tracking.model", f'"{there.model}"')
    here.run("tracking", "import", tmp_path / "first")
    here.run("tracking", "export", tmp_path / "second")
    assert comparable(tmp_path / "second") == comparable(tmp_path / "first")
    moved = here.json("runs", "show", run)  # the embedded database takes the id too
    assert moved["status"] == "FAILED" and moved["metrics"]["loss"] == 1 / 1500
