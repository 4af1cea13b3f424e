#!/usr/bin/env python3
"""Writes forest.json: what scikit-learn's RandomForestRegressor makes of data that the test makes again.

Run by hand when a case is added: pip install scikit-learn==1.9.1, then python3 tests/golden/make_forest.py.
src/models/forest/random_forest_test.cc holds our forest to it: single trees without bootstrap within float
rounding, forests by their RMSE (mean over five seeds) within 1 %.
"""

import json
from pathlib import Path

import numpy as np
from sklearn.ensemble import RandomForestRegressor

MASK = (1 << 64) - 1
COLUMNS = 12


def mix64(z):
    z = (z + np.uint64(0x9E3779B97F4A7C15)) & np.uint64(MASK)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def uniform(seed, stream, rows):
    """counter_uniform of src/base/random.h."""
    index = np.arange(rows, dtype=np.uint64)
    start = mix64(np.array([seed], dtype=np.uint64)) ^ np.uint64(stream)
    return (mix64(mix64(start) ^ index) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def make(rows, seed):
    columns = []
    for c in range(COLUMNS):
        values = uniform(seed, c, rows)
        columns.append(np.floor(values * 8) if c % 3 == 2 else values)
    x = np.stack(columns, axis=1).astype(np.float32)
    d = x.astype(np.float64)
    y = (4 * d[:, 0] * d[:, 1] + np.where(d[:, 2] > 4, d[:, 3], -d[:, 3]) + 2 * d[:, 4] * d[:, 4]
         + 0.1 * d[:, 5] + uniform(seed, 100, rows))
    return x, y


def tree(rows, **parameters):
    """Leaves of several rows: in nodes of two or three, columns tie and the draw decides."""
    x, y = make(rows, 21)
    fresh, _ = make(200, 22)
    model = RandomForestRegressor(n_estimators=1, bootstrap=False, random_state=0, **parameters).fit(x, y)
    return {"rows": rows, "parameters": parameters, "predictions": model.predict(fresh).tolist(),
            "importances": model.feature_importances_.tolist()}


def forest(rows, **parameters):
    x, y = make(rows, 31)
    fresh, target = make(4000, 32)
    rmse = []
    for seed in range(5):
        model = RandomForestRegressor(random_state=seed, n_jobs=-1, **parameters).fit(x, y)
        rmse.append(np.sqrt(np.mean((model.predict(fresh) - target) ** 2)))
    return {"rows": rows, "parameters": parameters, "rmse": float(np.mean(rmse)),
            "deviation": float(np.std(rmse))}


with np.errstate(over="ignore"):
    trees = [
        tree(300, max_depth=3),
        tree(300, min_samples_leaf=6),
        tree(1500, min_samples_leaf=8),
        tree(1500, min_samples_split=60, max_depth=8, min_samples_leaf=4),
        tree(1500, min_samples_leaf=0.02),
        tree(1500, min_impurity_decrease=0.002),
    ]
    forests = [
        forest(150, n_estimators=100),
        forest(1000, n_estimators=50),
        forest(1000, n_estimators=50, max_features="sqrt", min_samples_leaf=2),
        forest(1000, n_estimators=50, max_samples=0.3),
        forest(5000, n_estimators=30),
        forest(5000, n_estimators=30, max_depth=6, max_features=0.5),
        forest(100_000, n_estimators=20, max_depth=10),
        forest(100_000, n_estimators=10),
        forest(1_000_000, n_estimators=10, max_depth=10),
    ]
cases = [f' "{name}": [\n  ' + ",\n  ".join(json.dumps(case) for case in group) + "\n ]"
         for name, group in (("trees", trees), ("forests", forests))]
Path(__file__).with_name("forest.json").write_text("{\n" + ",\n".join(cases) + "\n}\n")
