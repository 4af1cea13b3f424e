"""The learners of scikit-learn and xgboost on a matrix of bench/matrix.py.

  learners.py gridsearch|forest|gradient_boosting|xgboost MATRIX

Prints the seconds of the fit (imports and loading not counted), the test RMSE and, for a search, what was
chosen, as JSON.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from matrix import read_matrix  # noqa: E402


def learner(name):
    if name == "xgboost":
        import xgboost

        return xgboost.XGBRegressor(n_estimators=100, max_depth=3, learning_rate=0.1, tree_method="hist",
                                    n_jobs=-1, random_state=42)
    from sklearn.ensemble import GradientBoostingRegressor, RandomForestRegressor
    from sklearn.model_selection import GridSearchCV

    if name == "gradient_boosting":
        return GradientBoostingRegressor(n_estimators=100, max_depth=3, learning_rate=0.1, random_state=42)
    if name == "forest":
        return RandomForestRegressor(n_estimators=100, max_depth=10, n_jobs=-1, random_state=42)
    if name == "gridsearch":
        grid = {"n_estimators": [50, 100], "max_depth": [5, 10, None]}
        return GridSearchCV(RandomForestRegressor(random_state=42), grid, cv=3, n_jobs=-1,
                            scoring="neg_root_mean_squared_error")
    sys.exit(f"no learner '{name}'")


def main(name, path):
    train_x, train_y, test_x, test_y = read_matrix(path)
    model = learner(name)
    start = time.perf_counter()
    model.fit(train_x, train_y)
    seconds = time.perf_counter() - start
    error = float(np.sqrt(np.mean((model.predict(test_x) - test_y) ** 2)))
    chosen = {key: str(value) for key, value in getattr(model, "best_params_", {}).items()}
    print(json.dumps({"seconds": seconds, "test_rmse": error, "parameters": chosen}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
