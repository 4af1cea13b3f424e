"""Preparation with pandas and scikit-learn.

  prepare_pandas.py RAW.parquet OUTPUT_FOLDER [--sides FOLDER]

Writes train.parquet and test.parquet. --sides takes the split from the files of these names in FOLDER instead
of drawing one: the bench compares the values before it compares times.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.impute import SimpleImputer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from churn_columns import CATEGORIES, COMPARED, KEY, NUMERIC, TARGET, TEST_FRACTION, TIME


def add_features(table):
    time = table[TIME].dt
    table["hour"] = time.hour.astype(float)
    table["day_of_week"] = time.day_of_week.astype(float)
    table["is_weekend"] = (time.day_of_week >= 5).astype(float)
    table["spend_per_transaction"] = table.total_spend / table.num_transactions.clip(lower=1)
    table["engagement_score"] = 0.6 * table.login_frequency + 0.4 * table.avg_session_minutes
    for name, column, holds in (("high_support_tickets", "support_tickets", lambda x: x >= 3),
                                ("low_engagement", "login_frequency", lambda x: x < 8)):
        table[name] = holds(table[column]).astype(float).where(table[column].notna())
    return table


def split(table, sides):
    if sides:
        test_keys = pd.read_parquet(Path(sides) / "test.parquet", columns=[KEY])[KEY]
        is_test = table[KEY].isin(set(test_keys))
        return table[~is_test].copy(), table[is_test].copy()
    strata = pd.qcut(table[TARGET], 10, labels=False, duplicates="drop")
    return [side.copy() for side in
            train_test_split(table, test_size=TEST_FRACTION, random_state=42, stratify=strata)]


def prepare(files, output, sides=None):
    table = pd.concat([pd.read_parquet(file) for file in files], ignore_index=True)
    table = add_features(table[table[TARGET].notna()])
    train, test = split(table, sides)
    for name, (value, group) in COMPARED.items():
        means = train.groupby(group)[value].mean()
        for side in (train, test):
            side[name] = side[value] / side[group].map(means).astype(float)

    medians = SimpleImputer(strategy="median").fit(train[NUMERIC])
    numbers = pd.DataFrame(medians.transform(train[NUMERIC]), columns=NUMERIC)
    low, high = numbers.quantile(0.25), numbers.quantile(0.75)
    reach = (1.5 * (high - low)).where(high > low, np.inf)  # a column without spread has no caps
    scaler = StandardScaler().fit(numbers.clip(low - reach, high + reach, axis=1).to_numpy())
    modes = SimpleImputer(strategy="most_frequent").fit(train[CATEGORIES].astype(object))
    encoder = OneHotEncoder(sparse_output=False, handle_unknown="ignore")
    encoder.fit(modes.transform(train[CATEGORIES].astype(object)))

    for name, side in (("train", train), ("test", test)):
        numbers = pd.DataFrame(medians.transform(side[NUMERIC]), columns=NUMERIC)
        numbers = numbers.clip(low - reach, high + reach, axis=1)
        result = pd.DataFrame(scaler.transform(numbers.to_numpy()), columns=NUMERIC)
        codes = encoder.transform(modes.transform(side[CATEGORIES].astype(object)))
        result[list(encoder.get_feature_names_out(CATEGORIES))] = codes
        result[KEY], result[TARGET] = side[KEY].to_numpy(), side[TARGET].to_numpy()
        result.to_parquet(Path(output) / f"{name}.parquet", index=False, compression="zstd")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("raw")
    parser.add_argument("output")
    parser.add_argument("--sides")
    arguments = parser.parse_args()
    prepare([arguments.raw], arguments.output, arguments.sides)
