"""Preparation against pandas and scikit-learn (SimpleImputer, StandardScaler, OneHotEncoder, quantiles).

Tolerance 1e-9: both sides compute in double; only the order of sums differs.
"""

import json

import numpy as np
import pandas as pd
import pytest

from churn_columns import KEY, MEASURED, TARGET
from conftest import DAYS
from prepare_pandas import prepare

TOLERANCE = 1e-9


def sides(folder):
    return {side: pd.read_parquet(folder / f"{side}.parquet").sort_values(KEY, ignore_index=True)
            for side in ("train", "test")}


@pytest.mark.parametrize("day", DAYS)
def test_every_prepared_value_is_scikit_learns(three_days, day, tmp_path):
    raw = [three_days.raw(one) for one in DAYS if one <= day]
    prepare(raw, tmp_path, sides=three_days.prepared(day))
    expected, actual = sides(tmp_path), sides(three_days.prepared(day))
    for side in expected:
        assert set(actual[side].columns) == set(expected[side].columns)
        assert actual[side][KEY].equals(expected[side][KEY])
        names = [name for name in expected[side].columns if name != KEY]
        difference = np.abs(actual[side][names].to_numpy() - expected[side][names].to_numpy())
        assert difference.max() <= TOLERANCE, names[int(difference.max(axis=0).argmax())]


def test_the_window_is_cumulative_and_no_row_changes_sides(three_days):
    days = [sides(three_days.prepared(day)) for day in DAYS]
    test_keys = [set(day["test"][KEY]) for day in days]
    all_keys = [set(day["test"][KEY]) | set(day["train"][KEY]) for day in days]
    for earlier in (0, 1):
        assert all_keys[earlier] < all_keys[earlier + 1]
        assert test_keys[earlier] == test_keys[earlier + 1] & all_keys[earlier]


@pytest.mark.parametrize("day", DAYS)
def test_each_day_is_split_within_each_tenth_of_the_target(three_days, day):
    raw = pd.read_parquet(three_days.raw(day))
    raw["is_test"] = raw[KEY].isin(sides(three_days.prepared(DAYS[-1]))["test"][KEY])
    stratum = pd.qcut(raw[TARGET], 10, labels=False, duplicates="drop")
    counts = raw.groupby(stratum)["is_test"].agg(["sum", "count"])
    assert (counts["sum"] - 0.2 * counts["count"]).abs().max() <= 1


def write_days(project, tables):
    """Delivers the tables as a day's CSV files each."""
    landing = project.folder / "landing"
    landing.mkdir()
    for day, table in tables.items():
        table.to_csv(landing / f"{day}.csv", index=False)
    text = project.settings.read_text()
    head, rest = text.split("[source]", 1)
    tail = rest[rest.index("\n[validate]"):]
    project.settings.write_text(f'{head}[source]\nkind = "files"\nglob = "landing/{{date}}.csv"\n{tail}')


def test_nothing_fitted_sees_a_test_row(three_days, tmp_path):
    """With every test value except key and target changed, what was fitted is the same byte for byte."""
    from conftest import init

    day = DAYS[0]
    table = pd.read_parquet(three_days.raw(day))
    fitted = []
    for name, change in (("as-is", False), ("changed", True)):
        project = init(tmp_path / name)
        changed = table.copy()
        if change:
            is_test = changed[KEY].isin(sides(first.prepared(day))["test"][KEY])
            changed.loc[is_test, MEASURED] = changed.loc[is_test, MEASURED].fillna(1.0) * 3 + 7
            changed.loc[is_test, "customer_segment"] = "premium"
            changed.loc[is_test, "contract_type"] = None
        write_days(project, {day: changed})
        project.run("generate", "--date", day)
        project.run("prepare", "--date", day)
        fitted.append((project.prepared(day) / "preparation.json").read_bytes())
        first = project
    assert json.loads(fitted[0])
    assert fitted[0] == fitted[1]
