"""Preparation with polars, lazily where the statistics allow it. Arguments as in prepare_pandas.py."""

import argparse
from pathlib import Path

import polars as pl

from churn_columns import CATEGORIES, COMPARED, KEY, MEASURED, NUMERIC, TARGET, TEST_FRACTION, TIME


def features(raw):
    col, time = pl.col, pl.col(TIME).dt
    rows = pl.scan_parquet(raw).filter(col(TARGET).is_not_null())
    return rows.with_columns(col(MEASURED).cast(pl.Float64)).with_columns(
        hour=time.hour().cast(pl.Float64),
        day_of_week=(time.weekday() - 1).cast(pl.Float64),
        is_weekend=(time.weekday() >= 6).cast(pl.Float64),
        spend_per_transaction=col("total_spend") / col("num_transactions").clip(1),
        engagement_score=0.6 * col("login_frequency") + 0.4 * col("avg_session_minutes"),
        high_support_tickets=(col("support_tickets") >= 3).cast(pl.Float64),
        low_engagement=(col("login_frequency") < 8).cast(pl.Float64)).drop(TIME)


def split(table, sides):
    """A Boolean column `_test`."""
    if sides:
        test = pl.read_parquet(Path(sides) / "test.parquet", columns=[KEY]).with_columns(_test=pl.lit(True))
        return table.join(test, on=KEY, how="left").with_columns(pl.col("_test").fill_null(False))
    stratum = pl.col(TARGET).bin_quantiles(10, labels=False)
    place = pl.int_range(pl.len()).shuffle(seed=42).over(stratum)
    return table.with_columns(_test=place < TEST_FRACTION * pl.len().over(stratum))


def prepare(raw, output, sides):
    table = split(features(raw).collect(), sides)
    train = ~pl.col("_test")
    for name, (value, group) in COMPARED.items():
        known = table.filter(train & pl.col(group).is_not_null())
        means = known.group_by(group).agg(_mean=pl.col(value).mean())
        table = table.join(means, on=group, how="left", maintain_order="left")
        table = table.with_columns((pl.col(value) / pl.col("_mean")).alias(name)).drop("_mean")

    rows = table.filter(train)
    medians = rows.select(pl.col(NUMERIC).median()).row(0, named=True)
    modes = {name: rows[name].drop_nulls().mode().sort()[0] for name in CATEGORIES}
    filled = [pl.col(name).fill_null(medians[name]) for name in NUMERIC]
    filled += [pl.col(name).fill_null(modes[name]) for name in CATEGORIES]
    table = table.with_columns(filled)
    rows = table.filter(train)
    quartiles = [rows.select(pl.col(NUMERIC).quantile(q, "linear")).row(0, named=True) for q in (0.25, 0.75)]
    caps = []
    for name in NUMERIC:
        low, high = quartiles[0][name], quartiles[1][name]
        if low == high:
            continue  # a column without spread has no caps
        caps.append(pl.col(name).clip(low - 1.5 * (high - low), high + 1.5 * (high - low)))
    table = table.with_columns(caps)
    rows = table.filter(train)
    mean = rows.select(pl.col(NUMERIC).mean()).row(0, named=True)
    spread = rows.select(pl.col(NUMERIC).std(ddof=0)).row(0, named=True)
    columns = [((pl.col(name) - mean[name]) / (spread[name] or 1.0)).alias(name) for name in NUMERIC]
    for name in CATEGORIES:
        for value in rows[name].unique().sort():
            columns.append((pl.col(name) == value).cast(pl.Float64).alias(f"{name}_{value}"))
    columns += [pl.col(KEY), pl.col(TARGET)]
    for name, side in (("train", train), ("test", ~train)):
        table.filter(side).select(columns).write_parquet(Path(output) / f"{name}.parquet", compression="zstd")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("raw")
    parser.add_argument("output")
    parser.add_argument("--sides")
    arguments = parser.parse_args()
    prepare(arguments.raw, arguments.output, arguments.sides)
