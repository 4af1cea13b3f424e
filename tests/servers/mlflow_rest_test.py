"""A project on a real `mlflow server`, over its REST API: the contracts, looking, promoting.

The main job: three_homes_test.py; what goes wrong: mlflow_trouble_test.py.
"""

import mlflow
import mlflow.onnx
import numpy as np
import pandas as pd
import pytest

from churn_columns import TARGET
from conftest import DAYS, init
from mlflow_project import OnMlflow
from sampling import sample
from servers import BUCKET, MlflowServer
from unit_tests import unit_tests


def test_the_contract_of_tracking_stores(mlflow_server):
    unit_tests("tracking/tracking_test", "*rest*:*Rest*", mlflow_server.environment)


def test_the_contract_of_object_stores(mlflow_server):
    unit_tests("storage/storage_test", "*mlflow*", mlflow_server.environment)


@pytest.fixture(scope="module")
def on_server(mlflow_server, tmp_path_factory):
    """The churn example after three days. Only to look at."""
    found = OnMlflow(init(tmp_path_factory.mktemp("rest") / "project"), mlflow_server.url)
    found.project.run("run", "--from", DAYS[0], "--to", DAYS[-1])
    return found


@pytest.fixture
def two_days(mlflow_server, tmp_path):
    """A project of its own after two days, to be changed."""
    found = OnMlflow(init(tmp_path / "project"), mlflow_server.url)
    found.project.run("run", "--from", DAYS[0], "--to", DAYS[1])
    return found


def use_server(found):
    """By the functions of mlflow's own client."""
    mlflow.set_tracking_uri(found.client.tracking_uri)
    mlflow.set_registry_uri(found.client.tracking_uri)


def test_versions_stages_aliases_and_tags_are_there(on_server):
    on_server.assert_whole(DAYS)
    assert [one.current_stage for one in on_server.versions()] == ["Staging"] * 3
    newest = on_server.versions()[-1]
    assert newest.tags["tidemill.attempt_id"] and newest.description.startswith("gradient_boosting")
    run = on_server.client.get_run(newest.run_id)
    assert {one.dataset.name for one in run.inputs.dataset_inputs} == {
        f"prepared_data/{DAYS[-1]}/train.parquet", f"prepared_data/{DAYS[-1]}/test.parquet"}
    history = on_server.client.search_runs([on_server.experiment_id()],
                                           "tags.`tidemill.model` = 'random_forest'")
    assert len(on_server.client.get_metric_history(history[0].info.run_id, "cv_rmse_mean")) > 1


def test_the_real_client_reads_and_predicts(on_server, tmp_path):
    use_server(on_server)
    run = on_server.runs()[0]
    plots = mlflow.artifacts.download_artifacts(run_id=run.info.run_id, artifact_path="plots",
                                                dst_path=str(tmp_path))
    with open(f"{plots}/residuals.svg", encoding="utf-8") as file:
        assert file.read().startswith("<svg")
    rows = pd.read_parquet(on_server.project.raw(DAYS[-1])).head(50).drop(columns=[TARGET])
    rows.to_parquet(tmp_path / "rows.parquet", index=False)
    uri = f"models:/{on_server.model}/Staging"
    ours = on_server.project.json("predict", tmp_path / "rows.parquet", "--model", uri)["predictions"]
    theirs = mlflow.pyfunc.load_model(uri).predict(rows)
    np.testing.assert_allclose(np.ravel(theirs), ours, rtol=0, atol=1e-6)


def test_looking_works_as_on_the_embedded_store(on_server):
    project = on_server.project
    compared = project.json("models", "compare", 1, 3)
    assert [one["version"] for one in compared["versions"]] == [1, 3]
    assert project.json("models", "reproduce", 2)["same_bytes"]
    assert [row["result"] for row in project.json("doctor")] == ["ok"] * len(project.json("doctor"))
    assert "predicted against actual" in (project.folder / "report.html").read_text()


def test_nothing_new_makes_nothing_and_a_forgotten_day_one_version(two_days):
    assert two_days.project.json("train")["trained"] is False
    two_days.assert_whole(DAYS[:2])
    two_days.project.run("variables", "delete", "last_trained_data")
    assert two_days.project.json("train")["version"] == 3
    assert [int(one.version) for one in two_days.versions()] == [1, 2, 3]
    assert len(two_days.runs()) == 9


def test_versions_are_promoted_and_rolled_back(two_days):
    project = two_days.project
    stages = lambda: [one.current_stage for one in two_days.versions()]
    champion = lambda: int(two_days.client.get_model_version_by_alias(two_days.model, "champion").version)
    project.run("models", "promote", 1)
    project.run("models", "promote", 2)
    assert stages() == ["Archived", "Production"] and champion() == 2
    project.run("models", "rollback")
    assert stages() == ["Production", "Archived"] and champion() == 1
    assert project.run("models", "rollback", check=False).returncode == 4
    project.set("promote.rules", '[{ metric = "test_rmse", threshold = 0.9 }]')
    project.run("run", "--date", DAYS[2])
    assert stages() == ["Archived", "Archived", "Production"] and champion() == 3


@pytest.mark.parametrize("place", sample(["folder", "s3"], 1))
def test_files_go_where_a_server_without_a_proxy_says(place, s3, tmp_path, monkeypatch):
    for name, value in {**s3.mlflow_environment, "AWS_ENDPOINT_URL_S3": s3.url}.items():
        monkeypatch.setenv(name, value)
    root = tmp_path / "artifacts" if place == "folder" else f"s3://{BUCKET}/without-proxy"
    with MlflowServer(artifacts=root, is_proxy=False) as server:
        found = OnMlflow(init(tmp_path / "project"), server.url)
        found.project.run("run", "--date", DAYS[0])
        found.assert_whole(DAYS[:1])
        version = found.versions()[0]
        location = found.client.get_model_version_download_uri(found.model, version.version)
        assert location.startswith(str(root))
        use_server(found)
        mlflow.onnx.load_model(f"models:/{found.model}/Staging")
        assert found.project.json("models", "reproduce", 1)["same_bytes"]
