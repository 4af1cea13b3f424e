"""Runs of long ago, written into a project's database while nobody uses it: for what has to stay fast."""

import json
import random
import sqlite3
import uuid

TASKS = {
    "01_data_generation_pipeline": ["generate_data", "validate_data", "trigger_data_preparation"],
    "02_data_preparation_pipeline": ["engineer_features", "split_data", "clean_data", "scale_features",
                                     "update_variable"],
    "03_model_training_pipeline": ["check_new_data", "train_linear_regression", "train_random_forest",
                                   "train_gradient_boosting", "select_best_model", "update_metadata"],
}
DAY_MS = 86_400_000


def write_history(database, runs, until_ms, seed=7):
    """So many runs, a third of each DAG's, the last one of each on the day before `until_ms`."""
    chance = random.Random(seed)
    with sqlite3.connect(database) as connection:
        for index in range(runs):
            dag = list(TASKS)[index % len(TASKS)]
            day_ms = (until_ms // DAY_MS - 1 - index // len(TASKS)) * DAY_MS
            write_run(connection, chance, dag, day_ms)
    connection.close()


def write_run(connection, chance, dag, day_ms):
    run = f"scheduled__history_{day_ms // DAY_MS}"
    fails_at = chance.randrange(len(TASKS[dag])) if chance.random() < 0.12 else None
    now = start = day_ms + chance.randrange(1000)
    for place, task in enumerate(TASKS[dag]):
        state = "success"
        if fails_at is not None and place >= fails_at:
            state = "failed" if place == fails_at else "upstream_failed"
        length = chance.randrange(50, 4000) if state != "upstream_failed" else 0
        connection.execute(
            "INSERT INTO task_instance (id, dag_id, run_id, task_id, state, try_number, max_tries, "
            "queued_at_ms, start_ms, end_ms, pool, pool_slots, priority_weight, operator, run_after_ms) "
            "VALUES (?, ?, ?, ?, ?, 1, 0, ?, ?, ?, 'default_pool', 1, 1, 'TidemillOperator', ?)",
            (str(uuid.UUID(int=chance.getrandbits(128))), dag, run, task, state, now, now + 2, now + length,
             day_ms))
        connection.execute("INSERT INTO xcom VALUES (?, ?, ?, 'return_value', ?, ?)",
                           (dag, run, task, json.dumps({"rows": chance.randrange(2000)}), now))
        now += length
    connection.execute(
        "INSERT INTO dag_run (dag_id, run_id, run_type, state, logical_date_ms, run_after_ms, queued_at_ms, "
        "start_ms, end_ms, conf, triggered_by, clear_number) "
        "VALUES (?, ?, 'scheduled', ?, ?, ?, ?, ?, ?, '{}', 'timetable', 0)",
        (dag, run, "success" if fails_at is None else "failed", day_ms, day_ms, start, start, now))
    connection.execute("INSERT INTO log (dttm_ms, event, dag_id, run_id, owner) VALUES (?, 'success', ?, ?, "
                       "'scheduler')", (now, dag, run))
