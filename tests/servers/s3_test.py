"""A project on a real S3 server: the contract of stores, the same results as on files, moving data there and
back, a server that dies."""

import os
import random
import subprocess
import time
from pathlib import Path

import boto3  # noqa: F401  the servers' client() needs it
import pandas as pd
import pytest

from conftest import DAYS, PROGRAM, init
from project_state import files_of, sha256
from servers import BUCKET
from unit_tests import unit_tests


def test_the_contract_of_object_stores(s3):
    unit_tests("storage/storage_test", "*s3*:*S3*", s3.environment)


@pytest.fixture
def on_s3(s3, monkeypatch):
    """The S3 server as the program finds it: by the variables of AWS's own tools."""
    for name, value in {**s3.environment, "AWS_ENDPOINT_URL_S3": s3.url}.items():
        monkeypatch.setenv(name, value)
    return s3


def copy(project, source, target, check=True):
    return project.run("store", "copy", source, target, "--json", check=check)


def test_a_project_moves_to_s3_and_back(on_s3, churn, tmp_path):
    there = f"s3://{BUCKET}/moved"
    copy(churn, "file:data/features", there)
    client = on_s3.client()
    path = tmp_path / "train.parquet"
    client.download_file(BUCKET, f"moved/prepared_data/{DAYS[-1]}/train.parquet", str(path))
    expected = pd.read_parquet(churn.prepared(DAYS[-1]) / "train.parquet")
    pd.testing.assert_frame_equal(pd.read_parquet(path), expected)
    listed = client.list_objects_v2(Bucket=BUCKET, Prefix="moved/raw_data/year=2026/month=11/day=01/")
    assert {Path(one["Key"]).name for one in listed["Contents"]} == {
        "data.parquet", "manifest.json", "validation_report.json"}
    again = copy(churn, "file:data/features", there)
    assert '"copied_folders":0' in again.stdout
    copy(churn, there, "file:back")
    assert files_of(churn.folder / "back") == files_of(churn.folder / "data" / "features")


def test_a_copy_goes_on_after_the_server_was_killed(on_s3, churn):
    there = f"s3://{BUCKET}/interrupted"
    process = subprocess.Popen([PROGRAM, "-C", churn.folder, "store", "copy", "file:data/features", there],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while not on_s3.client().list_objects_v2(Bucket=BUCKET, Prefix="interrupted/").get("KeyCount"):
        assert process.poll() is None
    on_s3.kill()
    on_s3.restart()
    _, said = process.communicate(timeout=300)
    assert process.returncode in (0, 7), said
    copy(churn, "file:data/features", there)
    copy(churn, there, "file:back")
    assert files_of(churn.folder / "back") == files_of(churn.folder / "data" / "features")


@pytest.mark.parametrize("setting, code, words", [
    ({"AWS_SECRET_ACCESS_KEY": "wrong"}, 3, "secret"),
    ({"AWS_ACCESS_KEY_ID": "nobody"}, 3, "nobody"),
    ({"AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9"}, 7, "127.0.0.1:9"),
])
def test_what_goes_wrong_is_said_in_one_sentence(on_s3, churn, monkeypatch, setting, code, words):
    for name, value in setting.items():
        monkeypatch.setenv(name, value)
    done = copy(churn, "file:data/features", f"s3://{BUCKET}/wrong", check=False)
    assert done.returncode == code, done.stderr
    assert done.stderr.startswith("error: ") and words in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_missing_bucket_is_named(on_s3, churn):
    done = copy(churn, "file:data/features", "s3://no-such-bucket", check=False)
    assert done.returncode == 4, done.stderr
    assert "no-such-bucket" in done.stderr


def graphs(project):
    return sorted(sha256(path) for path in (project.folder / "data" / "mlflow").rglob("model.onnx"))


def metrics(project):
    runs = project.json("runs", "list")["runs"]
    return sorted((run["run_name"], sorted(run["metrics"].items())) for run in runs)


def three_days_on(uri, folder):
    project = init(folder)
    project.set("storage.uri", f'"{uri}"')
    project.run("run", "--from", DAYS[0], "--to", DAYS[-1])
    return project


def test_the_same_job_on_s3_gives_the_same(on_s3, churn, tmp_path):
    project = three_days_on(f"s3://{BUCKET}/job", tmp_path / "project")
    assert not (project.folder / "data" / "features").exists()
    copy(project, f"s3://{BUCKET}/job", "file:here")
    assert files_of(project.folder / "here") == files_of(churn.folder / "data" / "features")
    assert graphs(project) == graphs(churn)
    assert metrics(project) == metrics(churn)
    assert "no new data" in project.run("train").stdout


@pytest.mark.parametrize("seed", range(3))
def test_a_run_meets_a_server_that_dies(on_s3, churn, tmp_path, seed):
    """Killed at a random moment and started again: the run ends well or says why, and a rerun repairs it."""
    project = init(tmp_path / "project")
    uri = f"s3://{BUCKET}/dies-{seed}"
    project.set("storage.uri", f'"{uri}"')
    process = subprocess.Popen([PROGRAM, "-C", project.folder, "run", "--from", DAYS[0], "--to", DAYS[-1]],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(random.Random(seed).uniform(0.02, 0.6))  # the moment is what the test is about
    on_s3.kill()
    on_s3.restart()
    _, said = process.communicate(timeout=300)
    assert process.returncode in (0, 3, 7), said
    project.run("run", "--from", DAYS[0], "--to", DAYS[-1])
    copy(project, uri, "file:here")
    assert files_of(project.folder / "here") == files_of(churn.folder / "data" / "features")
    versions = project.json("models", "list")["model_versions"]
    assert sorted(int(one["version"]) for one in versions) == [1, 2, 3]
