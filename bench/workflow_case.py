"""How soon a task follows on another, and how many run in a second: beside Airflow with LocalExecutor."""

import json
import statistics
import subprocess
import time
import urllib.request
from pathlib import Path

from measure import Mismatch
from server import Server, http_status
from servers import Postgres

HERE = Path(__file__).resolve().parent
CHAIN, TASKS_OF_RUN = 20, 100  # of bench/workflow.cc and airflow/dags


class Airflow(Server):
    """`airflow standalone` (scheduler with LocalExecutor, DAG processor, API server) on PostgreSQL, by its
    defaults but for what a bench has to say: where things are, no examples, nobody to sign in."""

    name = "airflow"
    seconds_to_start = 300

    def __init__(self, database):
        super().__init__()
        self.database = database
        made = subprocess.run([HERE.parent / "tools" / "python-env.sh", "bench/airflow"], text=True,
                              check=True, stdout=subprocess.PIPE)
        self.programs = Path(made.stdout.strip()).parent
        self.times = self.folder / "times"
        self.times.mkdir()

    def command(self):
        return [self.programs / "airflow", "standalone"]

    def settings(self):
        return {"PATH": f"{self.programs}:/usr/bin:/bin", "AIRFLOW_HOME": str(self.folder),
                "BENCH_TIMES": str(self.times), "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1",
                "PYTHONPATH": "",
                "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": self.database.replace("://", "+psycopg2://"),
                "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
                "AIRFLOW__CORE__DAGS_FOLDER": str(HERE / "airflow" / "dags"),
                "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
                "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
                "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
                "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{self.url}/execution/",
                "AIRFLOW__API__BASE_URL": self.url, "AIRFLOW__API__HOST": "127.0.0.1",
                "AIRFLOW__API__PORT": str(self.port), "PYTHONDONTWRITEBYTECODE": "1"}

    def is_ready(self):
        if http_status(self.url + "/api/v2/monitor/health") != 200:
            return False
        health = self.ask("/api/v2/monitor/health")
        return (all(health[part]["status"] == "healthy" for part in ("scheduler", "dag_processor"))
                and {dag["dag_id"] for dag in self.ask("/api/v2/dags")["dags"]} >= {"chain", "many"})

    def ask(self, path, body=None):
        with urllib.request.urlopen(self.url + "/auth/token", timeout=60) as answer:
            token = json.load(answer)["access_token"]
        request = urllib.request.Request(self.url + path, headers={"Authorization": f"Bearer {token}"})
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def run(self, dag, count):
        """Seconds until so many runs are over, and their ids."""
        start = time.monotonic()
        runs = [f"{dag}_{start}_{one}" for one in range(count)]
        for run in runs:
            self.ask(f"/api/v2/dags/{dag}/dagRuns", {"logical_date": None, "dag_run_id": run})
        left = list(runs)
        while left:
            time.sleep(0.1)
            state = self.ask(f"/api/v2/dags/{dag}/dagRuns/{left[0]}")["state"]
            if state == "failed":
                raise Mismatch(f"airflow: {left[0]} failed\n{self._printed()}")
            if state == "success":
                left.pop(0)
        return time.monotonic() - start, runs

    def latencies_ms(self, run):
        times = [(self.times / run / f"t{task}").read_text().split() for task in range(CHAIN)]
        return [(int(begun) - int(ended)) / 1e6 for (_, ended), (begun, _) in zip(times, times[1:])]


def workflow_latency(bench):
    """From a task's last instruction to its dependent's first; 10,000 empty tasks here, 200 there."""
    chains, many = max(1, round(10 * bench.scale)), max(TASKS_OF_RUN, round(10_000 * bench.scale))
    runs_there = max(1, round(2 * bench.scale))
    latency, rate = {"tidemill": [], "airflow": []}, {"tidemill": [], "airflow": []}
    with Postgres() as postgres, Airflow(postgres.create_database("airflow")) as airflow:
        airflow.run("chain", 1)  # what is imported once is imported
        for _ in range(bench.repeat):
            ours = bench.run(bench.workflow, chains, many).answer
            latency["tidemill"].append(ours["p50_ms"])
            rate["tidemill"].append(ours["tasks"] / ours["seconds"])
            _, (chain,) = airflow.run("chain", 1)
            latency["airflow"].append(statistics.median(airflow.latencies_ms(chain)))
            seconds, _ = airflow.run("many", runs_there)
            rate["airflow"].append(runs_there * TASKS_OF_RUN / seconds)
    (ours_ms, theirs_ms), (ours_rate, theirs_rate) = (
        [statistics.median(one[side]) for side in ("tidemill", "airflow")] for one in (latency, rate))
    ratio, rates = round(theirs_ms / ours_ms, 1), round(ours_rate / theirs_rate, 1)
    return {"unit": "s", "ours": ours_ms / 1000, "peak_mb": None, "ratio": ratio,
            "peers": {"airflow": {"time": theirs_ms / 1000, "peak_mb": None, "ratio": ratio}},
            "tasks_a_second": {"tidemill": round(ours_rate, 1), "airflow": round(theirs_rate, 2),
                               "ratio": rates},
            "note": f"median {ours_ms:.2f} ms, airflow {theirs_ms:.0f} ms; tasks/s: {ours_rate:.0f} of "
                    f"{many}, airflow {theirs_rate:.1f} of {runs_there * TASKS_OF_RUN} ({rates}x)"}
