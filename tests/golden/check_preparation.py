#!/usr/bin/env python3
"""Recomputes a prepared dataset with pandas, numpy and scikit-learn, and compares.

usage: check_preparation.py DATA_DIR DATE     (DATA_DIR holds raw_data/, splits/ and prepared_data/)

From the raw days up to DATE: the split (pandas.qcut, md5 of the key), every feature expression (DuckDB), then
on the train side alone SimpleImputer, numpy quantiles and caps, StandardScaler and OneHotEncoder. Fitted
numbers and every prepared value must agree within 1e-9 (relative to the column's scale); sides, row order and
one-hot exactly. Settings that are not in preparation.json are taken as their defaults (median, caps on,
standard scaling, 10 strata, 20 % test); options change them.
"""

import argparse
import hashlib
import json
import sys
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import OneHotEncoder, StandardScaler

TOLERANCE = 1e-9


def arguments(words=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("date")
    parser.add_argument("--test-fraction", type=float, default=0.2)
    parser.add_argument("--bins", type=int, default=10)
    parser.add_argument("--impute", choices=["median", "mean", "zero"], default="median")
    parser.add_argument("--no-caps", action="store_true")
    parser.add_argument("--uncapped", nargs="*", default=[])
    parser.add_argument("--no-scale", action="store_true")
    return parser.parse_args(words)


class Check:
    def __init__(self):
        self.failures = 0
        self.checked = 0
        self.worst = 0.0

    def near(self, what, ours, theirs, scale=1.0):
        self.checked += 1
        off = float(np.max(np.abs(np.asarray(ours, float) - np.asarray(theirs, float)), initial=0.0))
        size = max(abs(scale), float(np.max(np.abs(np.asarray(theirs, float)), initial=0.0)), 1.0)
        self.worst = max(self.worst, off / size)
        if not off <= TOLERANCE * size:
            self.fail(f"{what}: off by {off:g} (ours {np.ravel(ours)[:3]}, theirs {np.ravel(theirs)[:3]})")

    def same(self, what, ours, theirs):
        self.checked += 1
        if list(ours) != list(theirs):
            first = next((i for i, (a, b) in enumerate(zip(ours, theirs)) if a != b), "length")
            self.fail(f"{what}: differ, first at {first}")

    def fail(self, message):
        self.failures += 1
        print("FAILED", message)


def day_of(path):
    return "-".join(part.split("=")[1] for part in path.parts[-4:-1])


def read(connection, path):
    """Rows in file order, as pandas with None for null text."""
    return connection.execute(f"SELECT * FROM read_parquet('{path}', hive_partitioning = false)").df()


def strata(target, bins):
    known = target.dropna()
    if known.nunique() <= bins:
        return target.rank(method="dense") - 1
    return pd.qcut(target, bins, labels=False, duplicates="drop")


def round_half_up(value):
    return int(np.floor(value + 0.5))


def split_day(frame, key, target, sides, options):
    """1 for test, 0 for train, None for a null target; `sides` remembers keys of earlier days."""
    hashes = [hashlib.md5(str(k).encode()).hexdigest()[:16] for k in frame[key]]
    stratum = strata(frame[target], options.bins)
    split = [None] * len(frame)
    drawn = {}
    for row in range(len(frame)):
        if pd.isna(frame[target].iloc[row]):
            continue
        known = sides.get(str(frame[key].iloc[row]))
        if known is not None:
            split[row] = known
        else:
            drawn.setdefault(stratum.iloc[row], []).append(row)
    seen = taken = 0
    for part in sorted(drawn):
        rows = drawn[part]
        seen += len(rows)
        share = round_half_up(options.test_fraction * seen) - taken
        taken += share
        for position, row in enumerate(sorted(rows, key=lambda r: (hashes[r], r))):
            split[row] = 1 if position < share else 0
    for row in range(len(frame)):
        if split[row] is not None:
            sides.setdefault(str(frame[key].iloc[row]), split[row])
    return split


def check_splits(check, connection, options, roles):
    """The raw rows of every day with their side."""
    frames, sides = [], {}
    for path in sorted(options.data.glob("raw_data/*/*/*/data.parquet")):
        day = day_of(path)
        if day > options.date:
            continue
        frame = read(connection, path)
        expected = split_day(frame, roles["key"], roles["target"], sides, options)
        split = options.data / "splits" / path.relative_to(options.data / "raw_data").parent / "split.parquet"
        found = read(connection, split)
        check.same(f"sides of {day}", found["split"], [2 if side is None else side for side in expected])
        frames.append(frame.assign(__day=day, __side=[-1 if side is None else side for side in expected]))
    return pd.concat(frames, ignore_index=True)


def features_of(connection, preparation, rows):
    """Feature values before imputation, computed from the definitions."""
    connection.register("raw_frame", rows)
    columns = [(column["name"], column["type"]) for column in preparation["raw_columns"]]
    casts = ", ".join(f'CAST("{name}" AS {kind}) AS "{name}"' for name, kind in columns)
    frame = connection.execute(f"SELECT {casts}, __side FROM raw_frame").df()
    train = frame["__side"] == 0
    for feature in preparation["features"]:
        name = feature["name"]
        if "expression" in feature:
            connection.register("frame", frame)
            frame[name] = connection.execute(f"SELECT ({feature['expression']}\n) AS x FROM frame").df()["x"]
        else:
            value = frame[feature["value"]].astype(float)
            means = value[train].groupby(frame.loc[train, feature["group"]]).mean()
            means = means[means != 0].dropna()
            frame[name] = value / frame[feature["group"]].map(means).astype(float)
    return frame


def check_numeric(check, name, fitted, values, train, options):
    known = values[train].to_numpy(float).reshape(-1, 1)
    strategy = {"median": "median", "mean": "mean", "zero": "constant"}[options.impute]
    fill = 0.0 if options.impute == "zero" else None
    imputer = SimpleImputer(strategy=strategy, fill_value=fill).fit(known)
    check.near(f"{name}: impute value", fitted["impute_value"], imputer.statistics_[0])
    imputed = imputer.transform(values.to_numpy(float).reshape(-1, 1))[:, 0]
    q1, q3 = np.quantile(imputed[train], [0.25, 0.75])
    capped = imputed
    if q3 > q1 and not options.no_caps and name not in options.uncapped:
        low, high = q1 - 1.5 * (q3 - q1), q3 + 1.5 * (q3 - q1)
        check.near(f"{name}: low cap", fitted["cap_low"], low)
        check.near(f"{name}: high cap", fitted["cap_high"], high)
        capped = np.clip(imputed, low, high)
    elif fitted["cap_low"] is not None or fitted["cap_high"] is not None:
        check.fail(f"{name}: capped, but should not be")
    if options.no_scale:
        return capped
    scaler = StandardScaler().fit(capped[train].reshape(-1, 1))
    check.near(f"{name}: mean", fitted["mean"], scaler.mean_[0])
    check.near(f"{name}: scale", fitted["scale"], scaler.scale_[0])
    return scaler.transform(capped.reshape(-1, 1))[:, 0]


def check_categorical(check, name, fitted, values, train):
    known = values.astype(object).where(values.notna(), None)
    mode = known[train].dropna().mode().sort_values().iloc[0]
    check.same(f"{name}: mode", [fitted["categories"][fitted["impute_index"]]], [mode])
    filled = known.where(known.notna(), mode).astype(str).to_numpy().reshape(-1, 1)
    encoder = OneHotEncoder(sparse_output=False, handle_unknown="ignore").fit(filled[train])
    check.same(f"{name}: categories", fitted["categories"], list(encoder.categories_[0]))
    return encoder.transform(filled)


def main(words=None):
    options = arguments(words)
    prepared = options.data / "prepared_data" / options.date
    preparation = json.loads((prepared / "preparation.json").read_text())
    roles = preparation["roles"]
    manifest = json.loads((prepared / "manifest.json").read_text())
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    check = Check()

    rows = check_splits(check, connection, options, roles)
    days = {"-".join(part.split("=")[1] for part in entry["prefix"].split("/")[1:])
            for entry in manifest["inputs"] if entry["prefix"].startswith("raw_data/")}
    rows = rows[rows["__day"].isin(days)].reset_index(drop=True)
    frame = features_of(connection, preparation, rows)
    used = (rows["__side"] >= 0).to_numpy()
    train = (rows["__side"] == 0).to_numpy()

    expected = {}
    for fitted in preparation["preprocessing"]["numeric"]:
        given = frame[fitted["name"]]
        values = given.astype(object).where(given.notna(), np.nan).astype(float)
        expected[fitted["name"]] = check_numeric(check, fitted["name"], fitted, values, train, options)
    for fitted in preparation["preprocessing"]["categorical"]:
        encoded = check_categorical(check, fitted["name"], fitted, frame[fitted["name"]], train)
        for index, category in enumerate(fitted["categories"]):
            expected[f"{fitted['name']}_{category}"] = encoded[:, index]

    for side, mask in (("train", train), ("test", used & ~train)):
        found = read(connection, prepared / f"{side}.parquet")
        columns = [roles["key"], *preparation["output_names"], roles["target"]]
        check.same(f"{side}: columns", list(found.columns), columns)
        check.same(f"{side}: keys", found[roles["key"]].astype(str), rows.loc[mask, roles["key"]].astype(str))
        check.near(f"{side}: target", found[roles["target"]], rows.loc[mask, roles["target"]].astype(float))
        for name in preparation["output_names"]:
            check.near(f"{side}: {name}", found[name], expected[name][mask])

    print(f"{check.checked} comparisons of {int(used.sum())} rows, {check.failures} failures, "
          f"largest difference {check.worst:.1e}")
    return 1 if check.failures else 0


if __name__ == "__main__":
    sys.exit(main())
