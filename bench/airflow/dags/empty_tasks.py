"""The DAGs of bench/workflow.cc: a chain of tasks that do nothing, and many that wait for nothing. Each task
leaves a file with the nanoseconds (CLOCK_MONOTONIC) of its first and of its last instruction."""

import os
import time
from pathlib import Path

from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG

CHAIN, MANY = 20, 100


def empty_task(dag_run, task):
    begun = time.monotonic_ns()
    folder = Path(os.environ["BENCH_TIMES"]) / dag_run.run_id
    folder.mkdir(exist_ok=True)
    (folder / task.task_id).write_text(f"{begun} {time.monotonic_ns()}")


def tasks(count):
    return [PythonOperator(task_id=f"t{number}", python_callable=empty_task) for number in range(count)]


with DAG("chain", schedule=None, max_active_runs=1):
    chain = tasks(CHAIN)
    for before, after in zip(chain, chain[1:]):
        before >> after

with DAG("many", schedule=None, max_active_tasks=1000, max_active_runs=1000):
    tasks(MANY)
