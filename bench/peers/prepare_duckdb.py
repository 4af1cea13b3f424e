"""Preparation as SQL in DuckDB. Arguments as in prepare_pandas.py."""

import argparse
from pathlib import Path

import duckdb

from churn_columns import CATEGORIES, COMPARED, KEY, MEASURED, NUMERIC, TARGET, TEST_FRACTION, TIME

FEATURES = f"""
    hour({TIME})::DOUBLE AS hour, (isodow({TIME}) - 1)::DOUBLE AS day_of_week,
    (isodow({TIME}) >= 6)::INT::DOUBLE AS is_weekend,
    total_spend / if(num_transactions < 1, 1, num_transactions) AS spend_per_transaction,
    0.6 * login_frequency + 0.4 * avg_session_minutes AS engagement_score,
    (support_tickets >= 3)::INT::DOUBLE AS high_support_tickets,
    (login_frequency < 8)::INT::DOUBLE AS low_engagement"""


def split(sql, sides):
    """A table `split` with a column is_test."""
    if sides:
        sql(f"""CREATE TABLE split AS SELECT features.*, given.{KEY} IS NOT NULL AS is_test FROM features
                LEFT JOIN read_parquet('{sides}/test.parquet') given ON given.{KEY} = features.{KEY}""")
        return
    tenths = [at / 10 for at in range(1, 10)]
    edges = sql(f"SELECT quantile_cont({TARGET}, {tenths}) FROM features").fetchone()[0]
    stratum = "+".join(f"({TARGET} > {edge!r})::INT" for edge in edges)
    sql(f"""CREATE TABLE split AS SELECT *, percent_rank() OVER (PARTITION BY {stratum} ORDER BY md5({KEY}))
            < {TEST_FRACTION} AS is_test FROM features""")


def prepare(raw, output, sides):
    sql = duckdb.connect().execute
    sql("SET preserve_insertion_order = false")
    doubles = ", ".join(f"{name}::DOUBLE AS {name}" for name in MEASURED)
    sql(f"""CREATE TABLE features AS
            SELECT * REPLACE ({doubles}), {FEATURES} FROM read_parquet('{raw}') WHERE {TARGET} IS NOT NULL""")
    split(sql, sides)
    joins = compared = ""
    for name, (value, group) in COMPARED.items():
        joins += f""" LEFT JOIN (SELECT {group} AS key_{name}, avg({value}) AS mean_{name} FROM split
                     WHERE NOT is_test AND {group} IS NOT NULL GROUP BY ALL) ON key_{name} = {group}"""
        compared += f", {value} / mean_{name} AS {name}"
    sql(f"CREATE TABLE compared AS SELECT split.* {compared} FROM split {joins}")

    def of_train(table, columns):
        return sql(f"SELECT {', '.join(columns)} FROM {table} WHERE NOT is_test").fetchone()

    medians = of_train("compared", [f"median({name})" for name in NUMERIC])
    modes = of_train("compared", [f"mode({name})" for name in CATEGORIES])
    filled = [f"coalesce({name}, {value!r}) AS {name}" for name, value in zip(NUMERIC, medians)]
    filled += [f"coalesce({name}, '{value}') AS {name}" for name, value in zip(CATEGORIES, modes)]
    sql(f"CREATE TABLE filled AS SELECT {KEY}, {TARGET}, is_test, {', '.join(filled)} FROM compared")
    quartiles = of_train("filled", [f"quantile_cont({name}, [0.25, 0.75])" for name in NUMERIC])
    caps = []
    for name, (low, high) in zip(NUMERIC, quartiles):
        reach = 1.5 * (high - low)
        capped = f"least(greatest({name}, {low - reach!r}), {high + reach!r}) AS {name}"
        caps.append(capped if reach > 0 else name)  # a column without spread has no caps
    sql(f"""CREATE TABLE capped AS
            SELECT {KEY}, {TARGET}, is_test, {', '.join(CATEGORIES)}, {', '.join(caps)} FROM filled""")
    moments = of_train("capped", [f"avg({name}), stddev_pop({name})" for name in NUMERIC])
    columns = [f"({name} - {moments[2 * at]!r}) / {moments[2 * at + 1] or 1.0!r} AS {name}"
               for at, name in enumerate(NUMERIC)]
    for name in CATEGORIES:
        for (value,) in sql(f"SELECT DISTINCT {name} FROM capped WHERE NOT is_test ORDER BY 1").fetchall():
            columns.append(f"({name} = '{value}')::INT::DOUBLE AS \"{name}_{value}\"")
    for name, side in (("train", "NOT is_test"), ("test", "is_test")):
        sql(f"""COPY (SELECT {', '.join(columns)}, {KEY}, {TARGET} FROM capped WHERE {side})
                TO '{Path(output) / name}.parquet' (FORMAT parquet, COMPRESSION zstd)""")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("raw")
    parser.add_argument("output")
    parser.add_argument("--sides")
    arguments = parser.parse_args()
    prepare(arguments.raw, arguments.output, arguments.sides)
