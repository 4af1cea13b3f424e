"""The quality score against pandas, within 1e-9."""

import json

import pandas as pd
import pytest

from churn_columns import CATEGORIES, KEY, MEASURED, TARGET
from conftest import DAYS


def recomputed(table, report):
    """100 x the mean, over the dimensions that apply, of passing cells / checked cells."""
    attributes = MEASURED + CATEGORIES
    checks = {
        "completeness": [table[name].notna() for name in attributes + [TARGET]],
        "uniqueness": [~table[KEY].duplicated(keep=False)],
        "validity": [
            table.age.dropna().between(18, 100), table.satisfaction_score.dropna().between(1, 5),
            table[TARGET].dropna().between(0, 1),
            table.customer_segment.dropna().isin(["basic", "standard", "premium"]),
            table.contract_type.dropna().isin(["monthly", "annual", "two_year"])],
    }
    scores = {name: sum(one.sum() for one in parts) / sum(len(one) for one in parts)
              for name, parts in checks.items()}
    return scores


@pytest.mark.parametrize("day", DAYS)
def test_the_score_is_what_pandas_computes(three_days, day):
    report = json.loads((three_days.raw(day).parent / "validation_report.json").read_text())
    table = pd.read_parquet(three_days.raw(day))
    scores = recomputed(table, report)
    for name, score in scores.items():
        assert report["dimension_scores"][name] == pytest.approx(score, abs=1e-9), name
    mean = sum(report["dimension_scores"].values()) / len(report["dimension_scores"])
    assert report["quality_score"] == pytest.approx(100 * mean, abs=1e-9)
    assert report["quality_score"] > 90


def test_much_missing_data_scores_below_the_threshold(empty_churn):
    empty_churn.set("source.missing", "0.4")
    empty_churn.run("generate", "--date", DAYS[0])
    report = empty_churn.json("validate", "--date", DAYS[0])
    assert report["quality_score"] < 90
    assert not report["passed"]
