"""The daily job where data and artifacts live on S3: the same results as on files, read by others where they
are, and processes that die at the worst moment. Servers that die: killed_servers_test.py.
"""

import json
import signal
import subprocess
import sys
import uuid

import mlflow
import numpy as np
import pandas as pd
import pyarrow.dataset
import pyarrow.fs
import pytest

from bucket import Bucket, assert_nothing_half_published, hashes
from conftest import DAYS, PROGRAM, init
from cutting_proxy import CuttingProxy
from project_state import files_of, sha256
from sampling import sample
from servers import ACCESS_KEY, BUCKET, REGION, SECRET_KEY

MODEL = "customer_churn_model"
DATA, ARTIFACTS = "features", "mlflow artifacts"  # a space, to be escaped everywhere


def use(bucket, monkeypatch, endpoint=None):
    for name, value in bucket.server.mlflow_environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TIDEMILL__STORAGE__URI", bucket.uri(DATA))
    monkeypatch.setenv("TIDEMILL__STORAGE__ENDPOINT", endpoint or bucket.server.url)
    monkeypatch.setenv("TIDEMILL__TRACKING__ARTIFACTS", bucket.uri(ARTIFACTS))


@pytest.fixture
def bucket(s3, monkeypatch):
    bucket = Bucket(s3, f"job-{uuid.uuid4().hex[:8]}")
    use(bucket, monkeypatch)
    yield bucket
    bucket.clear(DATA, ARTIFACTS)


def run_days(project, last=DAYS[-1], **options):
    return project.run("run", "--from", DAYS[0], "--to", last, **options)


def graphs(objects):
    return sorted(value for key, value in hashes(objects).items() if key.endswith("/model.onnx"))


def metrics(project):
    runs = project.json("runs", "list")["runs"]
    return sorted((run["run_name"], run["status"], json.dumps(run["metrics"], sort_keys=True))
                  for run in runs)


@pytest.fixture(scope="session")
def on_files(three_days):
    """What three days leave where data and artifacts are files."""
    models = (three_days.folder / "data" / "mlflow").rglob("model.onnx")
    return {"days": files_of(three_days.features), "graphs": sorted(sha256(path) for path in models),
            "runs": metrics(three_days)}


def assert_same(project, bucket, on_files):
    assert hashes(bucket.objects(DATA)) == on_files["days"]
    assert sorted(one["version"] for one in project.json("models", "list")["model_versions"]) == [1, 2, 3]
    # What an attempt that was killed had trained is there again under its own run.
    assert set(graphs(bucket.objects(ARTIFACTS))) == set(on_files["graphs"])
    assert [run for run in metrics(project) if run[1] == "FINISHED"] == on_files["runs"]


def test_three_days_are_the_same_as_on_files(bucket, tmp_path, on_files):
    project = init(tmp_path / "project")
    run_days(project)
    assert graphs(bucket.objects(ARTIFACTS)) == on_files["graphs"]
    assert not (project.folder / "data").exists()
    assert "reproduced" in project.run("models", "reproduce", "3").stdout
    assert "FAILED" not in project.run("doctor").stdout
    assert_same(project, bucket, on_files)


def test_pandas_and_mlflow_read_it_where_it_is(bucket, tmp_path, three_days):
    project = init(tmp_path / "project")
    run_days(project)
    s3 = pyarrow.fs.S3FileSystem(access_key=ACCESS_KEY, secret_key=SECRET_KEY, region=REGION,
                                 endpoint_override=bucket.server.url)
    root = f"{BUCKET}/{bucket.prefix}/{DATA}"
    raw = pyarrow.dataset.dataset(f"{root}/raw_data", filesystem=s3, partitioning="hive",
                                  exclude_invalid_files=True).to_table().to_pandas()
    assert sorted(raw["day"].unique()) == [1, 2, 3]
    assert len(raw) == sum(len(pd.read_parquet(three_days.raw(day))) for day in DAYS)
    train = pd.read_parquet(f"{root}/prepared_data/{DAYS[-1]}/train.parquet", filesystem=s3)
    pd.testing.assert_frame_equal(train, pd.read_parquet(three_days.prepared(DAYS[-1]) / "train.parquet"))

    rows = pd.read_parquet(three_days.raw(DAYS[0])).head(5)
    mlflow.set_tracking_uri(f"sqlite:///{project.folder}/mlflow.db")
    model = mlflow.pyfunc.load_model(f"models:/{MODEL}/3")
    theirs = model.predict(rows)
    path = tmp_path / "rows.parquet"
    rows.to_parquet(path)
    ours = json.loads(project.run("predict", path, "--model", f"models:/{MODEL}/3", "--json").stdout)
    assert len(ours["predictions"]) == len(rows)
    np.testing.assert_allclose(np.asarray(theirs).ravel(), ours["predictions"], atol=1e-6)


def test_a_command_gets_local_files(bucket, tmp_path):
    project = init(tmp_path / "project")
    program = tmp_path / "model.py"
    program.write_text("""
import os, pathlib
import pandas as pd
out = pathlib.Path(os.environ["TIDEMILL_OUTPUT"])
assert len(pd.read_parquet(os.environ["TIDEMILL_TRAIN"]))
rows = pd.read_parquet(os.environ["TIDEMILL_TEST"])
(out / "model").mkdir()
(out / "model" / "MLmodel").write_text("flavors: {}\\n")
rows[[os.environ["TIDEMILL_KEY"]]].assign(prediction=0.5).to_csv(out / "predictions.csv", index=False)
""")
    command = json.dumps([sys.executable, str(program)])
    with project.settings.open("a") as settings:
        settings.write(f'\n[[models]]\nname = "mine"\nkind = "command"\ncommand = {command}\n')
    run_days(project, DAYS[0])
    assert any(name.startswith("mine") for name, *_ in metrics(project))
    assert not any((project.folder / ".tidemill").rglob("*.parquet"))


# The n-th object that is sent; three days send about 130.
@pytest.mark.parametrize("nth", sample([1, 6, 15, 40, 110], 3))
@pytest.mark.parametrize("deliver", [True, False], ids=["reply_lost", "request_lost"])
def test_a_lost_connection_is_not_noticed(bucket, tmp_path, on_files, monkeypatch, nth, deliver):
    project = init(tmp_path / "project")
    with CuttingProxy("127.0.0.1", bucket.server.port, b"PUT /", nth, deliver) as proxy:
        use(bucket, monkeypatch, f"http://127.0.0.1:{proxy.port}")
        run_days(project)
        assert proxy.cuts == 1
    use(bucket, monkeypatch)
    assert_same(project, bucket, on_files)


class KillingProxy(CuttingProxy):
    """Kills the process too."""

    victim = None

    def _cut(self):
        if self.victim is not None:
            self.victim.kill()
            self.victim.wait()
        super()._cut()


@pytest.mark.parametrize("nth", sample([1, 2, 4, 9, 15, 33, 60, 120], 4))
@pytest.mark.parametrize("deliver", [True, False], ids=["delivered", "not_sent"])
def test_a_process_killed_while_it_writes(bucket, tmp_path, on_files, monkeypatch, nth, deliver):
    project = init(tmp_path / "project")
    with KillingProxy("127.0.0.1", bucket.server.port, b"PUT /", nth, deliver) as proxy:
        use(bucket, monkeypatch, f"http://127.0.0.1:{proxy.port}")
        proxy.victim = subprocess.Popen(
            [PROGRAM, "-C", project.folder, "run", "--from", DAYS[0], "--to", DAYS[-1]],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        assert proxy.victim.wait(timeout=300) == -signal.SIGKILL
    use(bucket, monkeypatch)
    assert_nothing_half_published(bucket.objects(DATA))
    run_days(project)
    assert_same(project, bucket, on_files)
    assert not any((project.folder / ".tidemill").rglob("*.parquet"))
