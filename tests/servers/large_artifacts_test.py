"""A model of 200 MB to a real MLflow server, out of it, and into it again: never held in memory."""

import contextlib
import hashlib
import random
import re
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from conftest import DAYS, PROGRAM, init
from mlflow_project import OnMlflow
from sampling import sample
from servers import BUCKET, MlflowServer

MEGABYTES = 200
LEARNER = f"""
import os, pathlib, random
import pandas as pd
out = pathlib.Path(os.environ["TIDEMILL_OUTPUT"])
rows = pd.read_parquet(os.environ["TIDEMILL_TEST"])
rows[[os.environ["TIDEMILL_TARGET"]]].to_csv(out / "predictions.csv", index=False)
(out / "model").mkdir()
(out / "model" / "MLmodel").write_text("flavors: {{}}\\n")
with (out / "model" / "weights.bin").open("wb") as file:
    for seed in range({MEGABYTES}):
        file.write(random.Random(seed).randbytes(1 << 20))
"""


def expected_hash():
    hashed = hashlib.sha256()
    for seed in range(MEGABYTES):
        hashed.update(random.Random(seed).randbytes(1 << 20))
    return hashed.hexdigest()


def peak_megabytes(project, *words):
    """Of the program's memory, while it runs well."""
    process = subprocess.Popen([PROGRAM, "-C", project.folder, *words], stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    peak_kb = 0
    while process.poll() is None:
        found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process.pid}/status").read_text())
        peak_kb = max(peak_kb, int(found[1]) if found else 0)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=0.005)
    assert process.returncode == 0
    return peak_kb >> 10


def hash_on_server(found):
    """Of the version's weights, from the server itself."""
    version = found.versions()[0]
    place = found.client.get_model_version_download_uri(found.model, version.version)
    served = f"{found.client.tracking_uri}/api/2.0/mlflow-artifacts/artifacts"
    url = place.replace("mlflow-artifacts:", served)
    hashed = hashlib.sha256()
    with urllib.request.urlopen(f"{url}/weights.bin") as answer:
        while piece := answer.read(1 << 20):
            hashed.update(piece)
    return hashed.hexdigest()


@pytest.mark.parametrize("place", sample(["folder", "s3"], 1))
def test_a_large_model_is_not_held_in_memory(place, s3, tmp_path):
    project = init(tmp_path / "project")
    program = tmp_path / "learner.py"
    program.write_text(LEARNER)
    with project.settings.open("a") as settings:
        settings.write(f'''
[[models]]
name = "large"
kind = "command"
command = ["{sys.executable}", "{program}"]
''')
    artifacts = f"s3://{BUCKET}/large" if place == "s3" else None
    with MlflowServer(artifacts=artifacts, extra=s3.mlflow_environment) as server:
        found = OnMlflow(project, server.url)
        for stage in ("generate", "prepare"):
            project.run(stage, "--date", DAYS[0])
        needed = {"train": peak_megabytes(project, "train")}
        assert hash_on_server(found) == expected_hash()
        history = tmp_path / "history"
        needed["export"] = peak_megabytes(project, "tracking", "export", history)
        exported = (history / "tracking.jsonl").read_text()
        again = OnMlflow(project, server.url)
        (history / "tracking.jsonl").write_text(exported.replace(found.experiment, again.experiment)
                                                .replace(found.model, again.model))
        needed["import"] = peak_megabytes(project, "tracking", "import", history)
        assert hash_on_server(again) == expected_hash()
    print(needed)
    assert max(needed.values()) < MEGABYTES / 2, needed
