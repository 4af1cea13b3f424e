#!/usr/bin/env python3
"""Writes linear.json: least-squares cases and what scikit-learn's LinearRegression predicts for them.

Run by hand when a case is added: pip install scikit-learn==1.9.1, then python3 tests/golden/make_linear.py.
src/models/linear/linear_regression_test.cc holds our own predictions to these within 1e-8.
"""

import json
from pathlib import Path

import numpy as np
from sklearn.linear_model import LinearRegression

rng = np.random.default_rng(42)


def scaled(rows, columns):
    return rng.normal(size=(rows, columns)).round(3)


def one_hot(rows, categories):
    return np.eye(categories)[rng.integers(0, categories, rows)]


def target(features):
    weights = rng.normal(size=features.shape[1])
    return (features @ weights + 0.3 * rng.normal(size=len(features))).round(4)


def case(name, features, new_rows, fit_intercept=True, y=None):
    y = target(features) if y is None else y
    model = LinearRegression(fit_intercept=fit_intercept).fit(features, y)
    return {
        "name": name,
        "fit_intercept": fit_intercept,
        "features": features.tolist(),
        "target": y.tolist(),
        "new_rows": new_rows.tolist(),
        "predictions": model.predict(new_rows).tolist(),
    }


def churn_like(rows):
    """Numbers, two full one-hot blocks: singular together with the intercept."""
    return np.hstack([scaled(rows, 4), one_hot(rows, 3), one_hot(rows, 2)])


def with_constants(rows):
    block = scaled(rows, 4)
    block[:, 1] = 0.1
    block[:, 3] = 0
    return block


def unscaled(rows):
    """Widths from 1e-3 to 1e6: the narrowest fall under the tolerance and count for nothing."""
    return (scaled(rows, 5) * [1e6, 1e3, 1, 1e-1, 1e-3] + [1e6, 0, 5, 0, 0]).round(6)


def twins(rows):
    block = scaled(rows, 3)
    return np.hstack([block, block[:, :1], block[:, :1] * 2 - block[:, 1:2]]).round(3)


cases = [
    case("one_hot_and_intercept", churn_like(60), churn_like(20)),
    case("constant_columns", with_constants(40), scaled(10, 4)),
    # On rows unlike the constant scikit-learn answers with what rounding left of the centred columns.
    case("only_constant_columns", np.full((12, 2), 0.1), np.full((2, 2), 0.1)),
    case("fewer_rows_than_columns", scaled(8, 15), scaled(10, 15)),
    case("fewer_rows_than_columns_one_hot", churn_like(6), churn_like(10)),
    case("one_row", scaled(1, 3), scaled(5, 3)),
    case("unscaled", unscaled(50), unscaled(10)),
    case("dependent_columns", twins(40), twins(10)),
    case("no_intercept", scaled(30, 4) + 2, scaled(10, 4) + 2, fit_intercept=False),
    case("no_intercept_one_hot", churn_like(40), churn_like(10), fit_intercept=False),
    case("constant_target", scaled(20, 3), scaled(5, 3), y=np.full(20, 0.7)),
    case("one_column", scaled(20, 1), scaled(5, 1)),
]
out = Path(__file__).with_name("linear.json")
out.write_text("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")
