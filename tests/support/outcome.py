"""What three days leave, wherever they live, as the real MLflow's client sees it: without what may differ
between two equal runs (random ids, times, places), so that two outcomes are compared with
project_state.differences()."""

import tempfile
from pathlib import Path

import mlflow
from mlflow.tracking import MlflowClient

from project_state import TIMED, files_of

EXPERIMENT, MODEL = "customer_churn_prediction", "customer_churn_model"


def _files(client, **what):
    with tempfile.TemporaryDirectory() as folder:
        mlflow.artifacts.download_artifacts(**what, dst_path=folder, tracking_uri=client.tracking_uri)
        return files_of(Path(folder))


def _without_times(values):
    return {key: value for key, value in values.items() if not TIMED.search(key)}


def _run(client, run):
    return {"name": run.info.run_name, "metrics": _without_times(run.data.metrics),
            "params": _without_times(run.data.params),
            "tags": {key: run.data.tags[f"tidemill.{key}"]
                     for key in ("data_date", "data_manifest_hash", "feature_set", "model", "seed")},
            "datasets": sorted((one.dataset.name, one.dataset.digest) for one in run.inputs.dataset_inputs),
            "files": _files(client, run_id=run.info.run_id)}


def _version(client, model, number):
    version = client.get_model_version(model, number)
    run = client.get_run(version.run_id)
    return {"run": run.info.run_name, "stage": version.current_stage, "description": version.description,
            "files": _files(client, artifact_uri=client.get_model_version_download_uri(model, number))}


def tracked(uri, experiment=EXPERIMENT, model=MODEL):
    """Runs that are finished, by name, and versions by number. Unfinished runs of a killed attempt may be
    left, if they say so."""
    client = MlflowClient(uri, registry_uri=uri)
    of_experiment = [client.get_experiment_by_name(experiment).experiment_id]
    runs = sorted(client.search_runs(of_experiment, max_results=1000), key=lambda run: run.info.run_name)
    states = {run.info.status for run in runs}
    assert states <= {"FINISHED", "FAILED", "KILLED"}, states
    numbers = sorted(int(one.version) for one in client.search_model_versions(f"name = '{model}'"))
    return {"runs": [_run(client, run) for run in runs if run.info.status == "FINISHED"],
            "versions": {number: _version(client, model, str(number)) for number in numbers},
            "aliases": {alias: int(number)
                        for alias, number in client.get_registered_model(model).aliases.items()}}
