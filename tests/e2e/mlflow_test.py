"""The real mlflow opens what Tidemill wrote: runs, registry, models; it upgrades and serves the database."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request

import mlflow
import mlflow.onnx
import numpy as np
import onnxruntime
import pandas as pd
import pytest
from mlflow.tracking import MlflowClient

from churn_columns import CATEGORIES, KEY, MEASURED, TARGET
from conftest import DAYS

EXPERIMENT, MODEL = "customer_churn_prediction", "customer_churn_model"


def uri(project):
    return f"sqlite:///{project.folder}/mlflow.db"


@pytest.fixture(scope="module")
def upgraded(three_days, tmp_path_factory):
    """A copy of the three days whose database the mlflow client has opened: it upgrades on first sight."""
    project = three_days.copy(tmp_path_factory.mktemp("upgraded") / "project")
    project.run("models", "list")
    mlflow.set_tracking_uri(uri(project))
    mlflow.set_registry_uri(uri(project))
    MlflowClient().search_experiments()
    return project


def raw_rows(project, count=200):
    return pd.read_parquet(project.raw(DAYS[-1])).head(count).drop(columns=[TARGET])


def newest_model(project):
    """The newest version by its stage, which may be Production when a rule promoted it."""
    versions = project.json("models", "list")["model_versions"]
    newest = max(versions, key=lambda one: int(one["version"]))
    assert newest["current_stage"] in ("Staging", "Production")
    return f"models:/{MODEL}/{newest['current_stage']}"


def predict(project, table, model, tmp_path, *options):
    path = tmp_path / "rows.parquet"
    table.to_parquet(path, index=False)
    return project.json("predict", path, "--model", model, *options)


def test_runs_and_versions_are_there(upgraded):
    client = MlflowClient()
    experiment = client.get_experiment_by_name(EXPERIMENT)
    runs = client.search_runs([experiment.experiment_id], "attributes.status = 'FINISHED'")
    assert len(runs) == len(client.search_runs([experiment.experiment_id])) == 9
    for run in runs:
        assert {"test_rmse", "test_mae", "test_r2"} <= run.data.metrics.keys()
        assert run.data.tags["tidemill.attempt_id"]
        assert run.inputs.dataset_inputs
        assert client.list_artifacts(run.info.run_id)
    versions = client.search_model_versions(f"name = '{MODEL}'")
    assert sorted(int(version.version) for version in versions) == [1, 2, 3]
    assert all(client.get_run(version.run_id) for version in versions)
    assert int(client.get_model_version_by_alias(MODEL, "challenger").version) == 3


def test_pyfunc_predicts_raw_rows_as_tidemill_does(upgraded, tmp_path):
    model, table = newest_model(upgraded), raw_rows(upgraded)
    ours = predict(upgraded, table, model, tmp_path)["predictions"]
    theirs = mlflow.pyfunc.load_model(model).predict(table)
    np.testing.assert_allclose(np.ravel(theirs), ours, rtol=0, atol=1e-6)


def test_pyfunc_takes_what_people_send(upgraded, tmp_path):
    """Integers, None, unseen categories, object strings and pandas' default string type."""
    model = newest_model(upgraded)
    loaded = mlflow.pyfunc.load_model(model)
    records = json.loads(raw_rows(upgraded, 6).to_json(orient="records", date_format="iso"))
    for name in MEASURED:
        records[0][name] = int(records[0][name] or 3)
    for name in MEASURED + CATEGORIES:
        records[1][name] = None
    records[2]["customer_segment"] = "platinum"
    records[3]["contract_type"] = ""
    table = pd.DataFrame(records)
    table["event_timestamp"] = pd.to_datetime(table["event_timestamp"])
    variants = {
        "as pandas infers": table,
        "objects": table.astype({name: object for name in CATEGORIES}),
        "integers": table.assign(age=table["age"].fillna(40).astype("int64")),
    }
    for name, variant in variants.items():
        ours = predict(upgraded, variant, model, tmp_path)["predictions"]
        theirs = np.ravel(loaded.predict(variant))
        np.testing.assert_allclose(theirs, ours, rtol=0, atol=1e-6, err_msg=name)


def test_the_onnx_flavor_takes_the_features(upgraded, tmp_path):
    model = newest_model(upgraded)
    answer = predict(upgraded, raw_rows(upgraded), model, tmp_path, "--features")
    rows = pd.DataFrame(answer["features"]).astype(float).to_numpy()
    graph = onnxruntime.InferenceSession(mlflow.onnx.load_model(model).SerializeToString())
    theirs = graph.run(None, {graph.get_inputs()[0].name: rows})[0]
    np.testing.assert_allclose(np.ravel(theirs), answer["predictions"], rtol=0, atol=1e-6)


def test_predict_equals_the_logged_predictions_to_the_bit(churn, tmp_path):
    for version in churn.json("models", "list")["model_versions"]:
        run = churn.json("runs", "show", version["run_id"])
        folder = churn.folder / run["artifact_uri"].removeprefix("file://")
        logged = pd.read_csv(folder / "predictions.csv", dtype={KEY: str, "prediction": str})
        day = DAYS[int(version["version"]) - 1]
        raw = pd.concat([pd.read_parquet(churn.raw(one)) for one in DAYS if one <= day])
        table = raw.set_index(KEY).loc[logged[KEY]].reset_index()
        model = f"models:/{MODEL}/{version['version']}"
        ours = predict(churn, table, model, tmp_path)["predictions"]
        assert [float(text) for text in logged["prediction"]] == ours


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def mlflow_command(*arguments, **options):
    return subprocess.Popen([sys.executable, "-m", "mlflow", *arguments], stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, **options)


def wait_until_healthy(url, process, seconds=300):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert process.poll() is None, process.stdout.read()
        try:
            with urllib.request.urlopen(url + "/health", timeout=5):
                return
        except OSError:
            time.sleep(0.2)  # somebody else's server: it tells nobody when it is ready
    raise AssertionError("mlflow server did not get ready")


def test_upgrade_serve_and_run_the_next_day(churn):
    upgrade = mlflow_command("db", "upgrade", uri(churn))
    output, _ = upgrade.communicate(timeout=300)
    assert upgrade.returncode == 0, output

    port = free_port()
    server = mlflow_command("server", "--backend-store-uri", uri(churn), "--host", "127.0.0.1", "--port",
                            str(port), "--workers", "1", start_new_session=True,
                            env={**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"})
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until_healthy(url, server)
        client = MlflowClient(url, url)
        experiment = client.get_experiment_by_name(EXPERIMENT)
        names = {run.info.run_name for run in client.search_runs([experiment.experiment_id])}
        assert len(names) == 9
        assert len(client.search_model_versions(f"name = '{MODEL}'")) == 3
    finally:
        os.killpg(server.pid, 15)
        server.communicate(timeout=60)

    outcome = churn.json("run", "--date", "2026-11-04")["days"][0]
    assert outcome["training"]["version"] == 4
    versions = MlflowClient(uri(churn), uri(churn)).search_model_versions(f"name = '{MODEL}'")
    assert max(int(version.version) for version in versions) == 4
