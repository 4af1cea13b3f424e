"""Three houses, one result: the churn example on files and SQLite; on S3 and an MLflow server; on S3, an
MLflow server and PostgreSQL. The project file is the same, byte for byte: only variables with URIs differ.

The S3 server is versitygw, or MinIO by `./dev test --minio`.
"""

import contextlib
import uuid

import pandas as pd
import pytest

from bucket import Bucket, assert_nothing_half_published, hashes
from churn_columns import TARGET
from conftest import DAYS, init
from databases import new_databases
from outcome import MODEL, tracked
from project_state import differences, files_of
from servers import MlflowServer

DATA, ARTIFACTS = "features", "mlflow"


class House:
    """`variables` say where a project lives; `bucket` is where its data is, `mlflow` the tracking server."""

    def __init__(self, variables, bucket, mlflow):
        self.variables, self.bucket, self.mlflow = variables, bucket, mlflow
        self.is_company = "TIDEMILL__METADATA__URI" in variables

    def outcome(self):
        return {"data": hashes(self.bucket.objects(DATA)), "tracked": tracked(self.mlflow.url)}


@contextlib.contextmanager
def house(s3, databases, **server_options):
    bucket = Bucket(s3, f"house-{uuid.uuid4().hex[:8]}")
    if "artifacts" in server_options:
        server_options["artifacts"] = bucket.uri(server_options["artifacts"])
    with new_databases(*databases) as made:
        by_name = dict(zip(databases, made))
        with MlflowServer(by_name.get("mlflow"), extra=s3.mlflow_environment, **server_options) as server:
            variables = {**s3.mlflow_environment, "AWS_ENDPOINT_URL_S3": s3.url,
                         "TIDEMILL__STORAGE__URI": bucket.uri(DATA), "TIDEMILL__TRACKING__URI": server.url}
            if "state" in by_name:
                variables["TIDEMILL__METADATA__URI"] = by_name["state"]
            yield House(variables, bucket, server)
    bucket.clear(DATA, ARTIFACTS)


HOUSES = {
    "team": {"databases": []},
    "company": {"databases": ["state", "mlflow"], "artifacts": ARTIFACTS},
    "company_without_a_proxy": {"databases": ["state", "mlflow"], "artifacts": ARTIFACTS, "is_proxy": False},
}


@pytest.fixture(params=HOUSES)
def moved_in(request, s3, tmp_path, monkeypatch):
    """A house and the example in it."""
    with house(s3, **HOUSES[request.param]) as found:
        for name, value in found.variables.items():
            monkeypatch.setenv(name, value)
        yield found, init(tmp_path / "project")


@pytest.fixture(scope="module")
def at_home(three_days):
    """What three days leave on files and SQLite."""
    return {"data": files_of(three_days.features),
            "tracked": tracked(f"sqlite:///{three_days.folder}/mlflow.db")}


def run_three_days(project):
    return project.run("run", "--from", DAYS[0], "--to", DAYS[-1])


def test_three_days_give_the_same(moved_in, at_home, three_days, churn, tmp_path, monkeypatch):
    there, project = moved_in
    settings = project.settings.read_bytes()
    run_three_days(project)
    assert project.settings.read_bytes() == settings == three_days.settings.read_bytes()
    outcome = there.outcome()
    assert differences(at_home, outcome) == []
    assert len(outcome["data"]) > 20 and len(outcome["tracked"]["runs"]) == 9
    assert "artifacts/model.onnx" in outcome["tracked"]["versions"][3]["files"]
    assert "model_spec.json" in outcome["tracked"]["runs"][0]["files"]
    assert_nothing_half_published(there.bucket.objects(DATA))
    assert not (project.folder / "data").exists()
    assert (project.folder / "tidemill.db").exists() != there.is_company
    assert not (project.folder / "mlflow.db").exists()
    assert any(key.endswith("model.onnx") for key in there.bucket.keys(ARTIFACTS)) == there.is_company

    assert {row["result"] for row in project.json("doctor")} == {"ok"}
    assert project.json("models", "reproduce", 3)["same_bytes"]
    assert project.json("train")["trained"] is False
    run_three_days(project)
    assert differences(at_home, there.outcome()) == []

    rows = tmp_path / "rows.parquet"
    pd.read_parquet(three_days.raw(DAYS[-1])).head(50).drop(columns=[TARGET]).to_parquet(rows, index=False)
    predicted = project.json("predict", rows, "--model", f"models:/{MODEL}/3")["predictions"]
    for variable in there.variables:
        monkeypatch.delenv(variable)
    assert predicted == churn.json("predict", rows, "--model", f"models:/{MODEL}/3")["predictions"]
