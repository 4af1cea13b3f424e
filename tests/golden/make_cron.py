"""Writes cron.tsv: what Airflow itself answers for cron expressions, time zones and retry delays.

Run by hand when the expectations should change, in an environment of its own:
  pip install --no-deps apache-airflow-core==3.3.2 croniter==7.0.0 cron-descriptor==2.2.1 pendulum==3.3.0
      python-dateutil==4.0.0 packaging tzdata==2026.6 typing_extensions
  PYTHONTZPATH= LC_ALL=C.UTF-8 python tests/golden/make_cron.py > tests/golden/cron.tsv
"""

import hashlib
import importlib.metadata
import importlib.util
import math
import sys
import types
from datetime import datetime, timedelta, timezone
from pathlib import Path

# Airflow's own modules, without the application around them.
FOLDER = Path(importlib.util.find_spec("airflow").submodule_search_locations[0])


def pretend(name, path=None, **names):
    module = types.ModuleType(name)
    if path is not None:
        module.__path__ = [str(path)]
    vars(module).update(names)
    sys.modules[name] = module


for package in ("airflow", "airflow.timetables", "airflow.utils", "airflow._shared"):
    pretend(package, FOLDER.joinpath(*package.split(".")[1:]))
pretend("airflow.exceptions", AirflowTimetableInvalid=ValueError, InvalidPartitionKeyError=ValueError)
pretend("airflow._shared.module_loading", qualname=str)
pretend("airflow.serialization.definitions.assets", SerializedAssetBase=object)
pretend("structlog", get_logger=lambda: None)

import pendulum  # noqa: E402
from airflow.timetables import trigger  # noqa: E402
from airflow.timetables._cron import CronMixin  # noqa: E402
from airflow.timetables.base import DataInterval, TimeRestriction  # noqa: E402

# An ordinary place and day, and one without daylight saving.
PLAIN = [("UTC", "2026-10-31T23:59:30", "2026-06-15T12:00:00"),
         ("Asia/Kolkata", "2027-12-31T23:00:00", "2028-01-01T01:00:00")]
# Shortly before and after each change of the clocks in 2026.
CHANGES = [("Europe/Berlin", "2026-03-28T23:50:00", "2026-03-29T02:20:00"),
           ("Europe/Berlin", "2026-10-24T23:30:00", "2026-10-25T03:20:00"),
           ("America/New_York", "2026-03-08T05:40:00", "2026-03-08T08:20:00"),
           ("America/New_York", "2026-11-01T04:30:00", "2026-11-01T09:20:00"),
           ("Australia/Lord_Howe", "2026-04-04T13:40:00", "2026-04-04T17:20:00"),
           ("Australia/Lord_Howe", "2026-10-03T14:05:00", "2026-10-03T17:00:00")]

AT_CHANGES = """
* * * * *|*/15 * * * *|30 * * * *|0 * * * *|17,47 * * * *|0 0 * * *|30 2 * * *|15 2 * * *|0 2 * * *
0 1 * * *|30 1 * * *|45 1 * * *|0,30 1-3 * * *|15,45 2 * * *|0 */2 * * *|30 */3 * * *|0 22-3 * * *
0 * 1 * *|0 * * * 0|0 4,* * * *|0 0-23 * * *
""".replace("\n", "|").split("|")

EXPRESSIONS = """
* * * * *|*/5 * * * *|0 0 * * *|0 0-23/6 * * *|0 6 * * 1|0 6 * * MON-FRI|0 6 * * 1-5|0 22-3 * * *
0 0 1 * *|0 0 1 */3 *|0 0 1 1 *|0 0 * * 0|0 0 * * 7|0 0 * * SAT-SUN|0 0 L * *|0 12 15,L * *|0 0 28-L * *
0 0 31 * *|0 0 29 2 *|0 0 30 * *|0 9 * * 1#1|0 9 * * 5#5|0 9 * * L5|0 9 * * MON#1,FRI#3|0 9 * * mon-wed#2
0 0 13 * 5|0 0 1,15 * MON|0 0 */10 * 3|0 0 1 * */2|0 0 15W * *|0 0 1W * *|0 0 31W * *|0 0 ? * 2
0 0 1 JAN,JUL *|0 0 1 Oct-Feb *|0 0 1 NOV-FEB/2 *|5/20 * * * *|0 20/2 * * *|59/15 * * * *|0 0 * * 5-7
0 0 * * 6-1|0 * 1 * *|*/30 * 25 * *|0 * * * 0|0 0 1-7 * 1|0 0 */1 * 1|0 0 * * 0-6|0 0 1-31 * *
*,5 4 * * *|0 4,* * * *|0 0 12-12 * *|0 0 * JAN-JAN *|0 0 * * * 30|* * * * * */20|0 12 * * * 0,30
0 0 1 6 * 0 2020-2050/2|0 0 31 4,5 *|0 0 29 2 1|0 0 L 2 *|45 23 31 12 *|0 0 29,30,31 * *
10-50/15 */4 * * *|5,10,20-25 8-10,17 * * *|0 0 30 2 1
""".replace("\n", "|").split("|")

REFUSED = """
60 * * * *|* 24 * * *|* * 0 * *|* * 32 * *|* * * 0 *|* * * 13 *|* * * * 8|* * * *|* * * * * * * *|
a * * * *|*/0 * * * *|1,,2 * * * *|1- * * * *|-1 * * * *|* * * * 1#6|* * * * 1#0|* * * * 1#1,3|? * * * *
* * ?5 * *|* * * FOO *|* * * * L|* * L-3 * *|* * 15W,3 * *|* * 40W * *|*-5 * * * *|1/2/3 * * * *
1.5 * * * *|* * * * 2-4#3|@fortnightly|5-70 * * * *|* * * * * 60|* * * * * * 1969|h * * * *|*/5/2 * * * *
0 0 30 2 *|0 0 31 4,6,9,11 *|0 0 31 2 *|* * * * MON/
""".replace("\n", "|").split("|")[1:-1]

DESCRIBED = """
0 0 * * *|0 * * * *|0 0 * * 0|0 0 1 * *|0 0 1 */3 *|0 0 1 1 *|* * * * *|*/5 * * * *|*/1 * * * *|5 * * * *
25 * * * *|0 6 * * 1|0 6 * * MON-FRI|0 6 * * 1-5|0 6 * * 1,3,5|30 6,14,16 * * *|0 6,18 * * *
0-10 11 * * *|*/10 9-17 * * *|*/5 3 * * *|0 */2 * * *|30 */6 * * *|0 0 1,15 * *|0 0 L * *|0 0 l * *
0 9 * * 1#1|0 9 * * MON#2|0 9 * * L5|0 0 15W * *|0 0 1W * *|0 0 13 * 5|0 0 1 * MON|0 0 */2 * *
0 0 1-7 * *|0 0 * JAN *|0 0 * 1,7 *|0 0 * 1-3 *|0 0 * * 6,0|0 0 * * 7|0 0 * * 5-7|0 0 * * */2|0 0 * * 1/2
0 0 * * FRI/2|0 0 * * 1-5/2|0 0 1 3/2 *|0 8-10 * * *|15,45 8-10 * * *|0 9-17 * * 1-5|1,2,3 * * * *
1,2 * * * *|5-10 * * * *|0/15 * * * *|10/20 * * * *|20-59/5 * * * *|0 0,6-23/2 * * *|*/15,3 * * * *
0 20/2 * * *|0 0 1/5 * *|0 0 10/5 * *|0 0 ? * 2|0 22-3 * * *|* 5 * * *|* 5-6 * * *|0 0 5,10-12 * *
0 0 * 1,3-5 *|0 0 * * 1,3-5|45 23 31 12 *|0 0 28-L * *|0 0 1 * 1-5|*/5 * 1 * 2|1 1 1 1 1|0 0 * * * 30
@midnight|00 06 * * *|0 0 * JAN-MAR *|0 0 * * sat|0 0 * * 1-5/7|0 0 */3 * 1|7 4 * * 2-6
""".replace("\n", "|").split("|")[1:-1]

RETRIES = [(300, 0, None, 1), (300, 0, 60, 4), (0.5, 0, None, 1), (300, 2, None, 1),
           (300, 2, None, 2), (300, 2, None, 5), (300, 2, None, 12), (300, 2, 900, 3),
           (0, 2, None, 3), (1.25, 1.5, None, 4), (300, 1, None, 7), (10, 3, None, 400),
           (10, 0.5, None, 3), (86400, 2, None, 1), (300, 2, 1e6, 20)]


# cron, zone, end of the last run's interval, start date, end date, now
RUNS = [
    ("0 0 * * *", "UTC", None, "2026-11-01T00:00", None, "2026-11-05T10:00"),
    ("0 0 * * *", "UTC", "2026-11-02T00:00", "2026-11-01T00:00", None, "2026-11-05T10:00"),
    ("0 0 * * *", "UTC", "2026-11-05T00:00", "2026-11-01T00:00", None, "2026-11-05T10:00"),
    ("0 0 * * *", "UTC", None, "2026-11-01T00:01", None, "2026-11-01T00:02"),
    ("0 0 * * *", "UTC", None, "2026-11-01T00:00", "2026-11-04T00:00", "2026-11-05T10:00"),
    ("0 0 * * *", "UTC", "2026-11-03T00:00", None, "2026-11-04T00:00", "2026-11-03T10:00"),
    ("0 0 * * *", "UTC", "2026-11-04T00:00", None, "2026-11-04T23:59", "2026-11-04T10:00"),
    ("0 0 * * *", "UTC", None, "2026-12-24T15:00", None, "2026-11-05T10:00"),
    ("0 0 * * *", "UTC", None, None, None, "2026-11-05T10:00"),
    ("0 0 * * *", "UTC", None, None, None, "2026-11-05T02:00"),
    ("0 0 * * *", "UTC", None, None, None, "2026-11-05T00:00"),
    ("*/10 * * * *", "UTC", None, None, None, "2026-11-05T10:04"),
    ("*/10 * * * *", "UTC", None, None, None, "2026-11-05T10:06"),
    ("30 2 * * *", "Europe/Berlin", "2026-03-28T01:30", "2026-03-01T00:00", None, "2026-03-29T01:29"),
    ("30 2 * * *", "Europe/Berlin", None, "2026-10-25T00:30", None, "2026-10-26T05:00"),
    ("30 2 * * *", "Europe/Berlin", None, "2026-03-29T01:30", None, "2026-03-30T05:00"),
    ("30 * * * *", "Europe/Berlin", "2026-10-25T00:30", None, None, "2026-10-25T01:45"),
    ("0 6 * * 1", "America/New_York", None, "2026-11-01T05:00", None, "2026-11-09T12:00"),
]


def iso(moment):
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def steps(expression, zone, start, step):
    mixin, found = CronMixin(expression, zone), []
    moment = pendulum.parse(start)
    for _ in range(4):
        moment = getattr(mixin, step)(moment)
        found.append(iso(moment))
    return " ".join(found)


def retry_seconds(delay, multiplier, longest, attempt, logical_date):
    """TaskInstance.next_retry_datetime of 3.3.2, line by line."""
    multiplier = multiplier if multiplier != 0 else 1.0
    if multiplier == 1.0 or multiplier <= 0:
        return delay
    try:
        base = math.ceil(timedelta(seconds=delay).total_seconds() * (float(multiplier) ** (attempt - 1)))
    except OverflowError:
        base = 24 * 60 * 60
    base = max(base, 1)
    text = f"churn#train.model#{logical_date}#{attempt}"
    digest = int(hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest(), 16)
    waited = min(base + digest % base, 24 * 60 * 60)
    return min(longest, waited) if longest else waited


def next_run(cron, zone, last, earliest, latest, now, catchup):
    moment = [None if text is None else pendulum.parse(text) for text in (last, earliest, latest, now)]
    trigger.utcnow = lambda: moment[3]
    info = trigger.CronTriggerTimetable(cron, timezone=zone).next_dagrun_info(
        last_automated_data_interval=None if last is None else DataInterval.exact(moment[0]),
        restriction=TimeRestriction(moment[1], moment[2], catchup))
    if info is None:
        return "none"
    assert info.logical_date == info.data_interval.end == info.run_after
    return iso(info.run_after)


def main():
    packages = ("apache-airflow-core", "croniter", "cron-descriptor", "pendulum", "tzdata")
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in packages)
    print(f"# What Airflow answers. Made by make_cron.py with {versions}.")
    for expressions, places in ((EXPRESSIONS, PLAIN), (AT_CHANGES, CHANGES)):
        for expression in filter(None, expressions):
            for zone, before, after in places:
                for kind, start in (("next", before), ("prev", after)):
                    answer = steps(expression, zone, start, f"_get_{kind}")
                    print(kind, zone, expression, start + "Z", answer, sep="\t")
    for expression in REFUSED:
        try:
            CronMixin(expression, "UTC")._get_next(pendulum.parse("2026-01-01T00:00:00"))
            print("accepted after all:", expression, file=sys.stderr)
        except Exception:  # noqa: BLE001
            print("refused", expression, sep="\t")
    for expression in DESCRIBED:
        print("described", expression, CronMixin(expression, "UTC").description, sep="\t")
    for catchup in (False, True):
        for run in RUNS:
            times = ["" if text is None else text + ":00Z" for text in run[2:]]
            print("run", *run[:2], *times, str(catchup).lower(), next_run(*run, catchup), sep="\t")
    midnight = datetime(2026, 11, 23, tzinfo=timezone.utc)
    for date in (midnight, midnight + timedelta(hours=6, seconds=1, milliseconds=250), None):
        stamp = "" if date is None else int(date.timestamp() * 1000)
        for retry in RETRIES:
            print("retry", *retry, stamp, retry_seconds(*retry, date), sep="\t")


main()
