"""The real customers of examples/telco: all 30 days delivered, then test RMSE within 1 % of the same models
in scikit-learn on the same prepared data."""

import subprocess
import sys

import numpy as np
import pytest
from sklearn.ensemble import GradientBoostingRegressor, RandomForestRegressor
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV

from conftest import init
from models_test import logged_predictions, matrices, rmse

LAST_DAY = "2026-01-30"
SEEDS = range(2)


@pytest.fixture(scope="module")
def telco(tmp_path_factory):
    project = init(tmp_path_factory.mktemp("telco") / "project", "telco")
    subprocess.run([sys.executable, project.folder / "fetch.py"], check=True, capture_output=True)
    for day in range(1, 31):
        project.run("generate", "--date", f"2026-01-{day:02}")
        project.run("validate", "--date", f"2026-01-{day:02}")
    project.run("prepare", "--date", LAST_DAY)
    project.run("train")
    return project


def test_every_customer_is_on_one_side(telco):
    _, train_y, _, test_y = matrices(telco, LAST_DAY, key="customer_id", target="churn")
    assert len(train_y) + len(test_y) == 7043
    assert (train_y.sum() + test_y.sum()) == 1869
    assert abs(test_y.mean() - train_y.mean()) < 0.02


def test_rmse_is_within_one_percent_of_scikit_learns(telco):
    train_x, train_y, test_x, test_y = matrices(telco, LAST_DAY, key="customer_id", target="churn")
    grid = {"n_estimators": [50, 100], "max_depth": [5, 10, None]}
    theirs = {
        "linear_regression": [LinearRegression()],
        "random_forest": [GridSearchCV(RandomForestRegressor(random_state=seed), grid, cv=3, n_jobs=-1,
                                       scoring="neg_root_mean_squared_error") for seed in SEEDS],
        "gradient_boosting": [GradientBoostingRegressor(random_state=seed) for seed in SEEDS],
    }
    for name, models in theirs.items():
        expected = np.mean([rmse(model.fit(train_x, train_y).predict(test_x), test_y) for model in models])
        _, metrics = logged_predictions(telco, name)
        assert metrics["test_rmse"] == pytest.approx(expected, rel=0.01), name
