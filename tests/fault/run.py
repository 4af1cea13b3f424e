#!/usr/bin/env python3
"""Kills the program and runs it again: the result must be that of an undisturbed run.

  run.py [--every N | --steps COUNT] [--random COUNT] [--seed SEED] [--jobs N] [--junit FILE] [--keep]

Steps: every N-th rename, removal, sync and database write of each of three days (or COUNT of them, evenly
spread); the program is killed just before it, every fourth time also while it recovers, and the day is run
again. Random: the three days as one run, killed after a random time, then run again. Compared: Parquet,
reports, preparation.json, model.onnx, SVG, metrics, parameters, versions, stages, aliases; no visible file
may be left over and no run be left RUNNING (tests/support/project_state.py).
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS / "support"))

from junit import write_junit  # noqa: E402
from project_state import differences, state  # noqa: E402
from toml_edit import set_key  # noqa: E402

DAYS = ["2026-11-01", "2026-11-02", "2026-11-03"]
ROWS_A_DAY = 120
TIMEOUT_S = 300


class Failure(Exception):
    pass


class Program:
    def __init__(self, path, library):
        self.path, self.library = path, library

    def start(self, project, days, fault="", log=""):
        environment = {**os.environ, "TZ": "UTC", "NO_COLOR": "1"}
        if fault or log:
            environment |= {"LD_PRELOAD": self.library, "FAULT": fault,
                            "ASAN_OPTIONS": "verify_asan_link_order=0"}
        if log:
            environment["FAULT_LOG"] = str(log)
        return subprocess.Popen(
            [self.path, "-C", project, "run", "--from", days[0], "--to", days[-1]], env=environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            start_new_session=True)

    def run(self, project, days, **fault):
        process = self.start(project, days, **fault)
        output, _ = process.communicate(timeout=TIMEOUT_S)
        return process.returncode, output

    def run_well(self, project, days, what):
        code, output = self.run(project, days)
        if code != 0:
            raise Failure(f"{what}: exit {code}\n{output[-3000:]}")


class Reference:
    """Undisturbed: a copy of the project before the first and after every day, and its state."""

    def __init__(self, program, folder, place):
        # The copies go back to the very path they came from: moving a project is another test's matter.
        self.folder = folder
        self.states, self.events = [], []
        settings = [program.path, "init", str(place), "--example", "churn"]
        subprocess.run(settings, check=True, stdout=subprocess.DEVNULL)
        path = place / "tidemill.toml"
        text = set_key(path.read_text(), "source.rows", str(ROWS_A_DAY))
        path.write_text(text)
        shutil.copytree(place, folder / "0", symlinks=True)
        for number, day in enumerate(DAYS, 1):
            log = folder / f"events-{number}"
            code, output = program.run(str(place), [day], log=log)
            if code != 0:
                raise Failure(f"the undisturbed run of {day} failed: exit {code}\n{output}")
            self.events.append(log.read_text().splitlines())
            self.states.append(state(place))
            shutil.copytree(place, folder / str(number), symlinks=True)
        shutil.rmtree(place)

    def restore(self, days_done, place):
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(self.folder / str(days_done), place, symlinks=True)


def check(reference, number, place, what):
    found = differences(reference.states[number - 1], state(place))
    if found:
        raise Failure(f"{what}:\n  " + "\n  ".join(found[:20]))


def kill_at_step(program, reference, number, step, place, seed):
    """Kills day `number` just before its event `step`; `seed` decides whether the recovery is killed too."""
    chance = random.Random(seed)
    # Two runs of a day may differ by an event or two (SQLite's checkpoints): the last step may kill nothing.
    event = (reference.events[number - 1][step - 1:] or ["after the last"])[0]
    what = f"day {number}, killed before event {step} ({event.replace(str(place), '')})"
    days = [DAYS[number - 1]]
    reference.restore(number - 1, place)
    code, output = program.run(str(place), days, fault=f"kill:{step}")
    if code not in (-signal.SIGKILL, 0):
        raise Failure(f"{what}: was not killed but ended with exit {code}\n{output[-3000:]}")
    if chance.random() < 0.25:
        again = chance.randint(1, 60)
        what += f", recovery killed before its event {again}"
        program.run(str(place), days, fault=f"kill:{again}")
    program.run_well(str(place), days, what)
    check(reference, number, place, what)
    return what


def kill_at_random(program, reference, seconds, place, seed):
    chance = random.Random(seed)
    reference.restore(0, place)
    kills = []
    for _ in range(chance.choice([1, 1, 2])):
        process = program.start(str(place), DAYS)
        after = chance.uniform(0, seconds)
        try:
            process.communicate(timeout=after)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
        kills.append(f"{after:.3f} s")
    what = f"seed {seed}: three days, killed after {' and '.join(kills)}"
    program.run_well(str(place), DAYS, what)
    check(reference, len(DAYS), place, what)
    return what


def chosen_steps(reference, settings):
    steps = [(number, step) for number, events in enumerate(reference.events, 1)
             for step in range(1, len(events) + 1)]
    every = settings.every
    if settings.steps is not None:
        every = max(1, -(-len(steps) // settings.steps)) if settings.steps else len(steps) + 1
    counts = " + ".join(str(len(events)) for events in reference.events)
    print(f"{counts} events in three days; killing at every {every}-th", flush=True)
    return steps[every // 2::every]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--random", type=int, default=20)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--junit")
    parser.add_argument("--keep", action="store_true", help="leave the folder of a failure")
    settings = parser.parse_args()
    binary = os.environ.get("TIDEMILL_BIN") or str(TESTS.parent / "build" / "tidemill")
    program = Program(binary, str(Path(binary).resolve().parent / "tests" / "libfault.so"))

    with tempfile.TemporaryDirectory(prefix="tidemill-fault-", ignore_cleanup_errors=True) as scratch:
        results = run_cases(program, Path(scratch), settings)
    for _, failure, _ in results:
        if failure:
            print(failure)
    if settings.junit:
        write_junit(settings.junit, "fault", results)
    failed = sum(bool(failure) for _, failure, _ in results)
    print(f"{len(results) - failed} passed, {failed} failed")
    return 1 if failed or not results else 0


def run_cases(program, scratch, settings):
    print(f"seed {settings.seed} (repeat with --seed {settings.seed})", flush=True)
    local = threading.local()
    references, lock = [], threading.Lock()

    def worker_reference():
        """Each worker has its own place, and a reference that was made there."""
        if not hasattr(local, "place"):
            with lock:
                folder = scratch / f"worker{len(references)}"
                references.append(folder)
            folder.mkdir()
            local.place = folder / "project"
            local.reference = Reference(program, folder, local.place)
        return local.reference, local.place

    first, place = worker_reference()
    start = time.monotonic()
    first.restore(0, place)
    program.run_well(str(place), DAYS, "the three days as one run")
    check(first, len(DAYS), place, "the three days as one run, compared with a run for each day")
    seconds = time.monotonic() - start

    def run_case(case):
        kind, *arguments, seed = case
        begin = time.monotonic()
        try:
            reference, where = worker_reference()
            if kind == "step":
                return kill_at_step(program, reference, *arguments, where, seed), "", time.monotonic() - begin
            return kill_at_random(program, reference, seconds, where, seed), "", time.monotonic() - begin
        except (Failure, OSError, subprocess.TimeoutExpired) as error:
            if settings.keep:
                kept = Path(tempfile.mkdtemp(prefix="tidemill-fault-kept-"))
                shutil.copytree(local.place, kept / "project", symlinks=True)
                error = f"{error}\n  kept in {kept}"
            return f"{kind} {arguments} seed {seed}", str(error), time.monotonic() - begin

    cases = [("step", number, step, settings.seed + step) for number, step in chosen_steps(first, settings)]
    cases += [("random", settings.seed * 1000 + at) for at in range(settings.random)]
    with ThreadPoolExecutor(settings.jobs) as pool:
        return list(pool.map(run_case, cases))


if __name__ == "__main__":
    sys.exit(main())
