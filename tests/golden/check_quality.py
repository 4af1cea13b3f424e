#!/usr/bin/env python3
"""The quality score computed again with pandas, from a day's rows and the rules that its report names.

usage: check_quality.py data.parquet validation_report.json
"""

import json
import re
import sys

import pandas as pd

NUMBERS = "iuf"  # numpy's kinds of dtype
FAR_OUT = 3  # interquartile ranges beyond the quartiles


def not_null(cells, rule, day):
    return len(cells), cells.isna()


def between(cells, rule, day):
    values = cells.dropna()
    return len(values), (values < rule.get("min", -float("inf"))) | (values > rule.get("max", float("inf")))


def in_set(cells, rule, day):
    values = cells.dropna()
    known = [float(value) for value in rule["values"]] if values.dtype.kind in NUMBERS else rule["values"]
    return len(values), ~values.isin(known)


def unique(cells, rule, day):
    values = cells.dropna()
    return len(values), values.duplicated(keep=False)


def matches(cells, rule, day):
    values = cells.dropna().astype(str)
    return len(values), ~values.map(lambda text: re.fullmatch(rule["pattern"], text) is not None)


def of_type(cells, rule, day):
    kinds = {"BIGINT": "iuf", "DOUBLE": "f", "BOOLEAN": "bO", "TIMESTAMP": "M", "DATE": "MO", "VARCHAR": "OT"}
    fits = cells.dtype.kind in kinds[rule["type"].upper()]
    return len(cells), pd.Series([not fits] * len(cells))


def outlier_share_below(cells, rule, day):
    values = cells.dropna()
    low, high = values.quantile(0.25), values.quantile(0.75)
    reach = FAR_OUT * (high - low)
    if reach == 0:
        return len(values), pd.Series(False, index=values.index)
    return len(values), (values < low - reach) | (values > high + reach)


def within_day(cells, rule, day):
    values = pd.to_datetime(cells.dropna())
    return len(values), values.dt.normalize() != day


def freshness(cells, rule, day):
    values, end = pd.to_datetime(cells.dropna()), day + pd.Timedelta(days=1)
    return len(values), (values < end - pd.Timedelta(hours=rule["max"])) | (values >= end)


def expression(table, rule, day):
    """Comparisons joined by AND and OR; a comparison with a missing value is not true."""
    text = re.sub(r"\b(AND|OR)\b", lambda word: word[0].lower(), rule["expression"])
    return len(table), ~table.eval(re.sub(r"(?<![<>!=])=(?!=)", "==", text))


def row_count_between(table, rule, day):
    return 0, pd.Series(dtype=bool)  # no cells, no say in the score


def counts(table, report, rule):
    """How many cells the rule looks at and how many of them are not as they should be."""
    cells = table[rule["column"]] if "column" in rule else table
    checked, unexpected = globals()[rule["rule"]](cells, rule, pd.Timestamp(report["date"]))
    return checked, int(unexpected.sum())


def scores(table, report):
    """The score of each dimension that has cells, each distinct rule counted once."""
    sums, seen = {}, set()
    for rule in report["results"]:
        identity = json.dumps([rule.get(name) for name in
                               ("rule", "column", "min", "max", "values", "pattern", "type", "expression")])
        if identity in seen:
            continue
        seen.add(identity)
        checked, unexpected = counts(table, report, rule)
        total = sums.setdefault(rule["dimension"], [0, 0])
        total[0] += checked
        total[1] += unexpected
    return {name: (checked - unexpected) / checked for name, (checked, unexpected) in sums.items() if checked}


def quality_score(table, report):
    found = scores(table, report)
    return 100 * sum(found.values()) / len(found) if found else 100.0


def main(data, report_file):
    with open(report_file, encoding="utf-8") as file:
        report = json.load(file)
    table = pd.read_parquet(data)
    wrong = [rule for rule in report["results"]
             if counts(table, report, rule) != (rule["checked_count"], rule["unexpected_count"])]
    for rule in wrong:
        print(f"{rule['rule']} of {rule.get('column', 'rows')}: reported {rule['checked_count']} checked and "
              f"{rule['unexpected_count']} unexpected, computed {counts(table, report, rule)}")
    score = quality_score(table, report)
    print(f"reported {report['quality_score']!r}, computed {score!r}")
    return 1 if wrong or abs(score - report["quality_score"]) > 1e-9 else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
