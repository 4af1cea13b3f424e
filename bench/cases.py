"""The cases. Each takes a Bench and returns a measure.result()."""

import shutil
import sqlite3
import sys
from pathlib import Path

import duckdb
import numpy as np
import pyarrow.parquet as parquet

from matrix import write_matrix
from measure import Mismatch, result

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))
sys.path.insert(0, str(Path(__file__).resolve().parent / "peers"))
from churn_columns import KEY, TARGET  # noqa: E402
from toml_edit import set_key  # noqa: E402
from transfer_case import s3_transfer  # noqa: E402
from workflow_case import workflow_latency  # noqa: E402

DAY = "2026-11-01"
SIDES = ("train", "test")


def churn_project(bench, name, rows):
    project = bench.scratch / name
    bench.run(bench.tidemill, "init", project, "--example", "churn")
    path = project / "tidemill.toml"
    path.write_text(set_key(path.read_text(), "source.rows", str(rows)))
    return project


def prepared(project):
    return project / "data" / "features" / "prepared_data" / DAY


# ---- the daily cycle

def cycle(bench):
    """One day of 1,000 rows: data, checks, features, three models, everything tracked and registered."""
    rows = bench.rows(1000)
    ours = churn_project(bench, "ours-empty", rows)
    script = bench.scratch / "script-empty"
    bench.peer("cycle_script.py", "init", script)

    def fresh(source, name):
        target = bench.scratch / name
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target)
        return target

    def run_ours():
        return bench.run(bench.tidemill, "-C", fresh(ours, "ours"), "run", "--date", DAY, "--json")

    def run_script():
        return bench.peer("cycle_script.py", "run", fresh(script, "script"), DAY, rows)

    run_ours()
    run_script()
    check_cycle(bench.scratch / "ours" / "mlflow.db")
    check_cycle(bench.scratch / "script" / "mlflow.db")
    medians = bench.interleaved({"tidemill": run_ours, "python script": run_script})
    stages = stage_times(bench, ours)
    parts = medians["python script"][2].answer["parts"]
    return result(medians, parts={"tidemill": stages, "python script": parts},
                  note="script: " + ", ".join(f"{part} {seconds:.2f} s" for part, seconds in parts.items())
                  + "; tidemill, each stage a process: "
                  + ", ".join(f"{part} {seconds:.3f} s" for part, seconds in stages.items()))


def check_cycle(database):
    with sqlite3.connect(database) as connection:
        runs = connection.execute("select count(*) from runs where status = 'FINISHED'").fetchone()
        models = connection.execute("select count(*) from logged_models").fetchone()
        versions = connection.execute("select version, current_stage in ('Staging', 'Production') "
                                      "from model_versions").fetchall()
    if runs != (3,) or models[0] < 1 or versions != [(1, 1)]:
        raise Mismatch(f"{database}: {runs[0]} finished runs, {models[0]} models, versions {versions}")


def stage_times(bench, source):
    """Seconds of the stages of one day, each as its own process: medians."""
    project = bench.scratch / "stages"
    taken = {"generate": [], "validate": [], "prepare": [], "train": []}
    for _ in range(bench.repeat):
        shutil.rmtree(project, ignore_errors=True)
        shutil.copytree(source, project)
        for stage, seconds in taken.items():
            day = [] if stage == "train" else ["--date", DAY]
            seconds.append(bench.run(bench.tidemill, "-C", project, stage, *day).seconds)
    return {stage: round(float(np.median(seconds)), 4) for stage, seconds in taken.items()}


# ---- preparation

def prepare_case(count, peers):
    def case(bench):
        project = churn_project(bench, "ours", bench.rows(count))
        path = project / "tidemill.toml"
        path.write_text(path.read_text().replace("min = 500\nmax = 2000", f"min = 500\nmax = {count * 2}"))
        bench.run(bench.tidemill, "-C", project, "generate", "--date", DAY)
        year, month, day = DAY.split("-")
        raw = project / f"data/features/raw_data/year={year}/month={month}/day={day}/data.parquet"
        features = project / "data" / "features"

        def run_ours():
            for made in ("prepared_data", "splits"):
                shutil.rmtree(features / made, ignore_errors=True)
            return bench.run(bench.tidemill, "-C", project, "prepare", "--date", DAY)

        run_ours()
        for peer in peers:
            output = bench.folder(f"check-{peer}")
            bench.peer(f"prepare_{peer}.py", raw, output, "--sides", prepared(project))
            compare_prepared(prepared(project), output, peer)
            shutil.rmtree(output)

        sides = {"tidemill": run_ours}
        for peer in peers:
            sides[peer] = lambda peer=peer: bench.peer(f"prepare_{peer}.py", raw, bench.folder(f"out-{peer}"))
        medians = bench.interleaved(sides)
        floor = floor_seconds(raw, prepared(project), bench)
        times = medians["tidemill"][0] / floor
        return result(medians, floor=round(floor, 4),
                      note=f"reading the raw and writing the prepared Parquet once (DuckDB): {floor:.3f} s; "
                           f"tidemill takes {times:.1f} times that")
    return case


def compare_prepared(ours, theirs, peer):
    """Every value by key, to 1e-9: joined in the engine, so that it works at any size."""
    sql = duckdb.connect().execute
    sql("SET memory_limit = '4GB'")
    for side in SIDES:
        mine, other = (f"read_parquet('{folder}/{side}.parquet')" for folder in (ours, theirs))
        columns = [name for name in parquet.read_schema(ours / f"{side}.parquet").names if name != KEY]
        missing = {KEY, *columns} ^ set(parquet.read_schema(theirs / f"{side}.parquet").names)
        if missing:
            raise Mismatch(f"{peer}, {side}: columns of one side only: {', '.join(sorted(missing))}")
        worst = ", ".join(f'max(abs(mine."{name}" - other."{name}"))' for name in columns)
        row = sql(f"""SELECT count(*), (SELECT count(*) FROM {mine}), (SELECT count(*) FROM {other}), {worst}
                      FROM {mine} mine JOIN {other} other USING ({KEY})""").fetchone()
        if len(set(row[:3])) != 1:
            raise Mismatch(f"{peer}, {side}: {row[1]} rows here, {row[2]} there, {row[0]} in common")
        for name, difference in zip(columns, row[3:]):
            if difference is None or not difference <= 1e-9:
                raise Mismatch(f"{peer}, {side}: {name} differs by {difference}")


def floor_seconds(raw, output, bench):
    """The least a preparation can cost here: DuckDB reads the raw file once and writes the result once."""
    script = f"""
import duckdb, json, time
sql = duckdb.connect().execute
sql("CREATE TABLE train AS FROM read_parquet('{output}/train.parquet')")
sql("CREATE TABLE test AS FROM read_parquet('{output}/test.parquet')")
start = time.perf_counter()
sql("CREATE TABLE raw AS FROM read_parquet('{raw}')")
for side in ("train", "test"):
    sql(f"COPY {{side}} TO '{bench.folder('floor')}/{{side}}.parquet' (FORMAT parquet, COMPRESSION zstd)")
print(json.dumps({{"seconds": time.perf_counter() - start}}))
"""
    return float(np.median([bench.run(sys.executable, "-c", script).answer["seconds"]
                            for _ in range(bench.repeat)]))


# ---- learners

def learner_case(ours, count, peers):
    def case(bench):
        path = bench.scratch / "matrix"
        write_churn_matrix(bench, bench.rows(count), path)
        sides = {"tidemill": lambda: bench.run(bench.learners, ours, path)}
        for name, peer in peers.items():
            sides[name] = lambda peer=peer: bench.peer("learners.py", peer, path)
        medians = bench.interleaved(sides, lambda measured: measured.answer["seconds"])
        errors = {name: measured.answer["test_rmse"] for name, (_, _, measured) in medians.items()}
        for name, error in errors.items():
            worse = errors["tidemill"] / error - 1
            if not worse <= (0.01 if bench.scale >= 1 else 0.05):  # few rows: the draws of one seed show
                raise Mismatch(f"test RMSE {errors['tidemill']:.6f}, {100 * worse:.1f} % over that of {name}")
        note = "test RMSE: " + ", ".join(f"{name} {error:.5f}" for name, error in errors.items())
        return result(medians, test_rmse=errors, note=note)
    return case


def write_churn_matrix(bench, train_rows, path):
    """Prepared churn data with exactly `train_rows` training rows."""
    project = churn_project(bench, "data", int(train_rows * 1.25) + 2000)
    bench.run(bench.tidemill, "-C", project, "generate", "--date", DAY)
    bench.run(bench.tidemill, "-C", project, "prepare", "--date", DAY)
    parts = []
    for side in SIDES:
        table = parquet.read_table(prepared(project) / f"{side}.parquet").slice(0, train_rows)
        names = [name for name in table.column_names if name not in (KEY, TARGET)]
        parts.append(np.column_stack([table[name].to_numpy() for name in names]))
        parts.append(table[TARGET].to_numpy())
    write_matrix(path, *parts)


ALL = {
    "cycle": cycle,
    "prepare_1m": prepare_case(1_000_000, ["polars", "duckdb", "pandas"]),
    "prepare_10m": prepare_case(10_000_000, ["polars", "duckdb"]),
    "forest_tuning_10k": learner_case("forest_tuning", 10_000, {"scikit-learn GridSearchCV": "gridsearch"}),
    "forest_100k": learner_case("forest", 100_000, {"scikit-learn RandomForestRegressor": "forest"}),
    "boosting_100k": learner_case("boosting", 100_000, {
        "xgboost": "xgboost", "scikit-learn GradientBoostingRegressor": "gradient_boosting"}),
    "s3_transfer": s3_transfer,
    "workflow_latency": workflow_latency,
}
