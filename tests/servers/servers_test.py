"""The servers themselves: each answers its own client, and has its data after it was killed."""

from pathlib import Path

import mlflow
import psycopg
import pytest
from mlflow.tracking import MlflowClient

from servers import BUCKET, MlflowServer, Postgres


def end(server, how):
    getattr(server, how)()
    server.restart()


@pytest.fixture(scope="module")
def postgres():
    with Postgres() as server:
        yield server


@pytest.mark.parametrize("how", ["kill", "stop"])
def test_s3_keeps_its_objects(s3, how):
    key = f"servers_test/{how}/a b.txt"
    s3.client().put_object(Bucket=BUCKET, Key=key, Body=b"kept")
    end(s3, how)
    listed = s3.client().list_objects_v2(Bucket=BUCKET, Prefix=f"servers_test/{how}/")["Contents"]
    assert [one["Key"] for one in listed] == [key]
    assert s3.client().get_object(Bucket=BUCKET, Key=key)["Body"].read() == b"kept"


@pytest.mark.parametrize("how", ["kill", "stop"])
def test_postgres_keeps_its_rows(postgres, how):
    address = postgres.create_database(f"kept_after_{how}")
    with psycopg.connect(address) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS one")
    end(postgres, how)
    with psycopg.connect(address) as connection:
        assert connection.execute("SELECT one FROM kept").fetchall() == [(1,)]


def test_mlflow_keeps_its_runs(postgres, s3, tmp_path):
    """As teams run it: its facts in PostgreSQL, its artifacts on S3."""
    store = postgres.create_database("mlflow")
    with MlflowServer(store, f"s3://{BUCKET}/mlflow", s3.mlflow_environment) as server:
        client = MlflowClient(server.url, server.url)
        run = client.create_run(client.create_experiment("kept"), run_name="kept")
        client.log_metric(run.info.run_id, "rmse", 0.25)
        client.log_text(run.info.run_id, "kept", "note.txt")
        end(server, "kill")
        kept = client.get_run(run.info.run_id)
        assert (kept.info.run_name, kept.data.metrics) == ("kept", {"rmse": 0.25})
        path = mlflow.artifacts.download_artifacts(run_id=run.info.run_id, artifact_path="note.txt",
                                                   tracking_uri=server.url, dst_path=str(tmp_path))
    assert Path(path).read_text() == "kept"
    assert s3.client().list_objects_v2(Bucket=BUCKET, Prefix="mlflow/")["KeyCount"] == 1
