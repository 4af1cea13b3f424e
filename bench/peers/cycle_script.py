"""The daily cycle as one plain Python script: pandas, scikit-learn, mlflow.

  cycle_script.py init FOLDER                 the tracking database, so that making it is not counted
  cycle_script.py run FOLDER DATE ROWS        the day

The last line of `run` is JSON with the seconds of every part; imports are a part as well.
"""

import json
import sys
import time
from pathlib import Path

START = time.perf_counter()

import mlflow  # noqa: E402
import mlflow.sklearn  # noqa: E402
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from mlflow.tracking import MlflowClient  # noqa: E402
from sklearn.ensemble import GradientBoostingRegressor, RandomForestRegressor  # noqa: E402
from sklearn.linear_model import LinearRegression  # noqa: E402
from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score  # noqa: E402
from sklearn.model_selection import GridSearchCV  # noqa: E402

sys.path.insert(0, str(Path(__file__).parent))
from churn_columns import CATEGORIES, KEY, MEASURED, TARGET, TIME  # noqa: E402
from prepare_pandas import prepare  # noqa: E402

EXPERIMENT, MODEL = "customer_churn_prediction", "customer_churn_model"


def generate(day, count):
    """Correlated customers, a churn probability with thresholds, 5 % empty cells, 2 % outliers."""
    random = np.random.default_rng(int(day.replace("-", "")))
    rank = random.choice(3, count, p=[0.5, 0.35, 0.15])
    wealth = np.array([1.0, 1.6, 2.6])[rank]
    contract = random.choice(3, count, p=[0.55, 0.3, 0.15])
    transactions = random.poisson(8 * wealth) + 1.0
    table = pd.DataFrame({
        KEY: [f"{day}-{number:06d}" for number in range(count)],
        TIME: pd.Timestamp(day) + pd.to_timedelta(random.integers(0, 86400, count), unit="s"),
        "age": random.normal(42, 13, count).clip(18, 85).round(),
        "tenure_months": random.exponential(24, count).clip(0, 120).round(1),
        "customer_segment": np.array(["basic", "standard", "premium"])[rank],
        "contract_type": np.array(["monthly", "annual", "two_year"])[contract],
        "num_transactions": transactions,
        "total_spend": (transactions * random.gamma(4.0, 12.0, count) * wealth).round(2),
        "login_frequency": random.poisson(12, count).astype(float),
        "avg_session_minutes": random.gamma(2.0, 10.0, count).round(2),
        "support_tickets": random.poisson(1.2, count).astype(float),
        "days_since_last_purchase": random.exponential(30, count).clip(0, 365).round(1),
        "satisfaction_score": random.normal(3.6, 0.9, count).clip(1, 5).round(1),
    })
    unhappy = (table.support_tickets >= 3) & (table.satisfaction_score < 3.2)
    engaged = (table.login_frequency > 14) & (table.avg_session_minutes > 22)
    score = (0.45 * (table.support_tickets - 1.2) + 0.018 * (table.days_since_last_purchase - 30)
             - 0.022 * (table.tenure_months - 24) - 0.55 * (table.satisfaction_score - 3.6)
             - 0.07 * (table.login_frequency - 12) + np.where(contract == 0, 0.4, -0.8)
             + 1.1 * unhappy - 0.9 * engaged)
    table[TARGET] = (1 / (1 + np.exp(-score)) + random.normal(0, 0.08, count)).clip(0, 1)
    for column in MEASURED + CATEGORIES:
        table.loc[random.random(count) < 0.05, column] = None
    for column in ("total_spend", "avg_session_minutes", "num_transactions"):
        hit = random.random(count) < 0.02
        table.loc[hit, column] *= random.uniform(5, 10, hit.sum())
    return table


def quality(table):
    complete = table[MEASURED + CATEGORIES].notna().to_numpy().mean()
    valid = np.mean([table.age.dropna().between(18, 100).mean(), table[TARGET].between(0, 1).mean(),
                     table.satisfaction_score.dropna().between(1, 5).mean()])
    unique = 1 - table[KEY].duplicated().mean()
    return {"rows": len(table), "quality_score": 100 * float(np.mean([complete, valid, unique]))}


def fit(kind, x, y):
    if kind == "linear_regression":
        return LinearRegression().fit(x, y), {}
    if kind == "random_forest":
        search = GridSearchCV(RandomForestRegressor(random_state=42), cv=3, n_jobs=-1,
                              param_grid={"n_estimators": [50, 100], "max_depth": [5, 10, None]},
                              scoring="neg_root_mean_squared_error").fit(x, y)
        return search.best_estimator_, search.best_params_
    settings = {"n_estimators": 100, "max_depth": 3, "learning_rate": 0.1}
    return GradientBoostingRegressor(random_state=42, **settings).fit(x, y), settings


def run(folder, day, count):
    parts, last = {"import": time.perf_counter() - START}, time.perf_counter()

    def done(part):
        nonlocal last
        parts[part] = parts.get(part, 0) + time.perf_counter() - last
        last = time.perf_counter()

    raw = folder / "raw_data" / "year={}/month={}/day={}".format(*day.split("-"))
    raw.mkdir(parents=True)
    generate(day, count).to_parquet(raw / "data.parquet", index=False)
    done("generate")
    table = pd.read_parquet(raw / "data.parquet")
    (raw / "validation_report.json").write_text(json.dumps(quality(table)))
    done("validate")
    prepared = folder / "prepared_data" / day
    prepared.mkdir(parents=True)
    prepare(sorted(folder.glob("raw_data/*/*/*/data.parquet")), prepared)
    done("prepare")
    train, test = (pd.read_parquet(prepared / f"{side}.parquet") for side in ("train", "test"))
    train_x, train_y = train.drop(columns=[KEY, TARGET]), train[TARGET]
    test_x, test_y = test.drop(columns=[KEY, TARGET]), test[TARGET]
    connect(folder)
    done("track")
    runs = []
    for kind in ("linear_regression", "random_forest", "gradient_boosting"):
        model, settings = fit(kind, train_x, train_y)
        predicted = model.predict(test_x)
        done("fit")
        with mlflow.start_run(run_name=f"{kind} {day}") as active:
            mlflow.log_params({"model": kind, "data_date": day, **settings})
            error = float(np.sqrt(mean_squared_error(test_y, predicted)))
            mlflow.log_metrics({"test_rmse": error, "test_mae": float(mean_absolute_error(test_y, predicted)),
                                "test_r2": float(r2_score(test_y, predicted))})
            mlflow.sklearn.log_model(model, name="model", input_example=test_x.head(3),
                                     serialization_format="cloudpickle")
            runs.append((error, active.info.run_id))
        done("track")
    version = mlflow.register_model(f"runs:/{min(runs)[1]}/model", MODEL)
    MlflowClient().transition_model_version_stage(MODEL, version.version, "Staging",
                                                  archive_existing_versions=True)
    done("track")
    print(json.dumps({"parts": parts, "test_rmse": min(runs)[0], "version": int(version.version)}))


def connect(folder):
    mlflow.set_tracking_uri(f"sqlite:///{folder}/mlflow.db")
    if mlflow.get_experiment_by_name(EXPERIMENT) is None:
        mlflow.create_experiment(EXPERIMENT, artifact_location=(folder / "artifacts").as_uri())
    mlflow.set_experiment(EXPERIMENT)


def main(command, folder, *arguments):
    folder = Path(folder).resolve()
    if command == "init":
        folder.mkdir(parents=True, exist_ok=True)
        connect(folder)
    else:
        run(folder, arguments[0], int(arguments[1]))


if __name__ == "__main__":
    main(*sys.argv[1:])
