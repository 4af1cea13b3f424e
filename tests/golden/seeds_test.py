"""The example keeps its promises by more than one lucky seed: over twenty, more data makes a better model,
and trees beat a straight line."""

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from conftest import DAYS, init

SEEDS = range(1, 21)
TREES = ("random_forest", "gradient_boosting")


def outcome(folder, seed):
    """(test RMSE of each model on the last day, test RMSE of versions 1 and 3 on the last day's test set)."""
    project = init(folder)
    project.set("project.seed", str(seed))
    days = project.json("run", "--from", DAYS[0], "--to", DAYS[-1])["days"]
    models = {run["model"]: run["test_rmse"] for run in days[-1]["training"]["runs"]}
    comparison = project.json("models", "compare", "1", "3")
    assert comparison["data_date"] == DAYS[-1]
    versions = {one["version"]: one["metrics"]["test_rmse"] for one in comparison["versions"]}
    return models, versions[1], versions[3]


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("seeds")
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(lambda seed: outcome(folder / str(seed), seed), SEEDS))


def test_the_third_version_beats_the_first(outcomes):
    first, third = np.mean([[first, third] for _, first, third in outcomes], axis=0)
    assert third < first


def test_trees_beat_the_straight_line(outcomes):
    wins = [min(models[name] for name in TREES) < models["linear_regression"] for models, _, _ in outcomes]
    assert sum(wins) >= 16, [models for models, _, _ in outcomes]
