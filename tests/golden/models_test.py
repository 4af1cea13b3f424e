"""The learners against scikit-learn's on the prepared data: linear regression within 1e-8, trees by their
RMSE (random draws differ)."""

import csv

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import GradientBoostingRegressor, RandomForestRegressor
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV

from conftest import DAYS, init
from churn_columns import KEY, TARGET


def matrices(project, day, key=KEY, target=TARGET):
    """Train features, train target, test features, test target; rows in the files' order."""
    out = []
    for side in ("train", "test"):
        table = pd.read_parquet(project.prepared(day) / f"{side}.parquet")
        features = table.drop(columns=[name for name in (key, target) if name in table])
        out += [features.to_numpy(dtype=float), table[target].to_numpy()]
    return out


def logged_predictions(project, model):
    """predictions.csv of the latest run of a model: numbers as they are written."""
    runs = [run for run in project.json("runs", "list")["runs"] if run["run_name"].startswith(model)]
    uri = runs[0]["artifact_uri"].removeprefix("file://")
    with open(project.folder / uri / "predictions.csv", encoding="utf-8") as file:
        return np.array([float(row["prediction"]) for row in csv.DictReader(file)]), runs[0]["metrics"]


def rmse(predicted, actual):
    return float(np.sqrt(np.mean((predicted - actual) ** 2)))


def test_linear_regression(three_days):
    train_x, train_y, test_x, _ = matrices(three_days, DAYS[-1])
    expected = LinearRegression().fit(train_x, train_y).predict(test_x)
    actual, _ = logged_predictions(three_days, "linear_regression")
    np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-8)


def test_forest_and_boosting_are_as_good_as_scikit_learns(three_days):
    train_x, train_y, test_x, test_y = matrices(three_days, DAYS[-1])
    grid = {"n_estimators": [50, 100], "max_depth": [5, 10, None]}
    theirs = {
        "random_forest": [GridSearchCV(RandomForestRegressor(random_state=seed), grid, cv=3, n_jobs=-1,
                                       scoring="neg_root_mean_squared_error") for seed in range(3)],
        "gradient_boosting": [GradientBoostingRegressor(random_state=seed) for seed in range(3)],
    }
    for name, models in theirs.items():
        expected = np.mean([rmse(model.fit(train_x, train_y).predict(test_x), test_y) for model in models])
        _, metrics = logged_predictions(three_days, name)
        # One draw of ours against the mean of three of theirs: 1 % and the spread between draws.
        assert metrics["test_rmse"] <= expected * 1.02, name


def test_metrics_are_those_of_the_logged_predictions(three_days):
    _, _, _, test_y = matrices(three_days, DAYS[-1])
    for name in ("linear_regression", "random_forest", "gradient_boosting"):
        predicted, metrics = logged_predictions(three_days, name)
        assert metrics["test_rmse"] == pytest.approx(rmse(predicted, test_y), abs=1e-12)
        assert metrics["test_mae"] == pytest.approx(np.abs(predicted - test_y).mean(), abs=1e-12)
        residual, total = ((predicted - test_y) ** 2).sum(), ((test_y - test_y.mean()) ** 2).sum()
        assert metrics["test_r2"] == pytest.approx(1 - residual / total, abs=1e-9)


@pytest.mark.parametrize("rows, constant", [(1000, True), (30, False)])
def test_linear_regression_on_awkward_data(tmp_path, rows, constant):
    """A constant column; fewer training rows than columns: the minimum-norm solution all the same."""
    project = init(tmp_path / "project")
    project.set("source.rows", str(rows))
    if constant:
        project.set("features.always_one", '"1.0"')
    text = project.settings.read_text()
    start, end = text.index('[[models]]\nname = "random_forest"'), text.index("[train]")
    project.settings.write_text(text[:start] + text[end:])
    project.run("run", "--date", DAYS[0])
    train_x, train_y, test_x, _ = matrices(project, DAYS[0])
    expected = LinearRegression().fit(train_x, train_y).predict(test_x)
    actual, _ = logged_predictions(project, "linear_regression")
    np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-8)
