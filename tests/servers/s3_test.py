"""A project on a real S3 server: the contract of stores, moving data there and back."""

import subprocess
from pathlib import Path

import boto3  # noqa: F401  the servers' client() needs it
import pandas as pd
import pytest

from conftest import DAYS, PROGRAM
from project_state import files_of
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
