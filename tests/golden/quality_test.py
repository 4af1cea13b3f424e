"""The quality score against pandas, within 1e-9."""

import json

import pandas as pd
import pytest

from check_quality import counts, quality_score, scores
from churn_columns import CATEGORIES, MEASURED, TARGET
from conftest import DAYS

DIMENSIONS = ["completeness", "validity", "uniqueness", "consistency", "timeliness"]


def report_of(project, day):
    return json.loads((project.raw(day).parent / "validation_report.json").read_text())


@pytest.mark.parametrize("day", DAYS)
def test_the_score_is_what_pandas_computes(three_days, day):
    report = report_of(three_days, day)
    table = pd.read_parquet(three_days.raw(day))
    for rule in report["results"]:
        assert counts(table, report, rule) == (rule["checked_count"], rule["unexpected_count"]), rule
    computed = scores(table, report)
    assert list(report["dimension_scores"]) == DIMENSIONS
    for name, score in computed.items():
        assert report["dimension_scores"][name] == pytest.approx(score, abs=1e-9), name
    assert report["quality_score"] == pytest.approx(quality_score(table, report), abs=1e-9)
    assert report["quality_score"] > 90
    assert report["passed"]


def test_completeness_looks_at_every_attribute_and_the_target(three_days):
    report = report_of(three_days, DAYS[0])
    table = pd.read_parquet(three_days.raw(DAYS[0]))
    present = table[MEASURED + CATEGORIES + [TARGET]].notna().to_numpy()
    assert report["dimension_scores"]["completeness"] == pytest.approx(present.mean(), abs=1e-9)


def test_much_missing_data_scores_below_the_threshold(empty_churn):
    empty_churn.set("source.missing", "0.4")
    empty_churn.run("generate", "--date", DAYS[0])
    report = empty_churn.json("validate", "--date", DAYS[0])
    assert report["quality_score"] < 90
    assert not report["passed"]
