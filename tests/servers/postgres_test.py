"""A project on PostgreSQL: the same results as on SQLite, the real mlflow at home in it, one writer, and a
server that goes away at the worst moment.

TIDEMILL_TEST_POSTGRES is the URI of a server where databases may be created; `./dev test --servers`
starts one.
"""

import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from mlflow.tracking import MlflowClient

from conftest import DAYS, PROGRAM, ROOT, Project, init
from cutting_proxy import CuttingProxy
from databases import new_databases
from project_state import files_of
from sampling import sample

SERVER = os.environ["TIDEMILL_TEST_POSTGRES"]
MODEL = "customer_churn_model"
VARYING = re.compile(r"id$|uri$|time$|timestamp$|^source$|^logged_models$")


def behind(proxy, uri):
    parts = urlsplit(uri)
    user = parts.netloc.rpartition("@")[0]
    return urlunsplit(parts._replace(netloc=f"{user}@127.0.0.1:{proxy.port}"))


def query(uri, sql, *parameters):
    with psycopg.connect(uri) as connection:
        return connection.execute(sql, parameters).fetchall()


@pytest.fixture
def databases():
    """The URIs of two empty databases: the project's state, and the tracking store."""
    with new_databases("state", "mlflow") as made:
        yield made


def on(databases, folder, monkeypatch):
    """The churn example on these databases, by way of the environment."""
    monkeypatch.setenv("TIDEMILL__METADATA__URI", databases[0])
    monkeypatch.setenv("TIDEMILL__TRACKING__URI", databases[1])
    return Project(folder) if folder.exists() else init(folder)


@pytest.fixture
def project(databases, tmp_path, monkeypatch):
    return on(databases, tmp_path / "project", monkeypatch)


def run_days(project, first=DAYS[0], last=DAYS[-1], **options):
    return project.run("run", "--from", first, "--to", last, **options)


def without_what_varies(value):
    if isinstance(value, dict):
        return {key: without_what_varies(one) for key, one in value.items() if not VARYING.search(key)}
    if isinstance(value, list):
        return [without_what_varies(one) for one in value]
    return value


def results(project):
    """What three days leave, without random ids and times."""
    models = sorted((project.folder / "data" / "mlflow").glob("*/models/*/artifacts/*.onnx"))
    return {
        "days": files_of(project.features),
        "graphs": sorted(path.read_bytes() for path in models),
        "runs": without_what_varies(project.json("runs", "list")),
        "versions": without_what_varies(project.json("models", "list")),
        "variables": [one["key"] for one in project.json("variables", "list")],
    }


def versions(databases):
    return query(databases[1], "SELECT version, current_stage FROM model_versions ORDER BY version")


@pytest.mark.parametrize("module", ["metadata", "tracking"])
def test_what_databases_share(module):
    test = Path(PROGRAM).parent / "src" / module / f"{module}_test"
    done = subprocess.run([test, "--gtest_filter=*/postgres*:*PostgresTest*"], cwd=ROOT, capture_output=True,
                          text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(re.search(r"PASSED  \] (\d+) tests", done.stdout)[1]) > 20


def test_three_days_are_the_same_as_on_sqlite(three_days, project, monkeypatch):
    run_days(project)
    ours = results(project)
    monkeypatch.delenv("TIDEMILL__METADATA__URI")
    monkeypatch.delenv("TIDEMILL__TRACKING__URI")
    assert ours == results(three_days)
    assert ours["graphs"] and ours["days"]
    assert not list(project.folder.glob("*.db*"))


def test_uris_in_the_project_file_are_shown_without_password(databases, tmp_path):
    project = init(tmp_path / "project")
    project.set("metadata.uri", f'"{databases[0]}"')
    project.set("tracking.uri", f'"{databases[1]}?password=secret"')
    run_days(project, last=DAYS[0])
    assert len(versions(databases)) == 1
    shown = project.run("config", "show").stdout + project.run("doctor").stdout
    assert "secret" not in shown and "password=***" in shown


def test_the_real_mlflow_reads_upgrades_and_tidemill_goes_on(databases, project):
    run_days(project)
    before = results(project)
    subprocess.run([sys.executable, "-m", "mlflow", "db", "upgrade", databases[1]], check=True,
                   capture_output=True)
    client = MlflowClient(databases[1], databases[1])
    experiment = client.get_experiment_by_name("customer_churn_prediction")
    runs = client.search_runs([experiment.experiment_id], "metrics.test_rmse < 1 and tags.mlflow.user != ''")
    assert len(runs) == 9
    assert all(client.list_artifacts(run.info.run_id) and run.inputs.dataset_inputs for run in runs)
    found = client.search_model_versions(f"name = '{MODEL}'")
    assert sorted(int(one.version) for one in found) == [1, 2, 3]
    assert int(client.get_model_version_by_alias(MODEL, "challenger").version) == 3

    assert results(project) == before
    run_days(project, "2026-11-04", "2026-11-04")
    assert len(client.search_model_versions(f"name = '{MODEL}'")) == 4
    client.set_model_version_tag(MODEL, "4", "looked_at", "yes")
    client.create_experiment("theirs")
    run_days(project, "2026-11-05", "2026-11-05")
    assert [version for version, _ in versions(databases)] == [1, 2, 3, 4, 5]


def test_both_need_a_database_of_their_own(databases, tmp_path, monkeypatch):
    project = on([databases[0]] * 2, tmp_path / "project", monkeypatch)
    refused = run_days(project, check=False)
    assert refused.returncode == 2 and "a database of its own" in refused.stderr
    for schema in ("state", "mlflow"):
        with psycopg.connect(databases[0]) as connection:
            connection.execute(f"CREATE SCHEMA {schema}")
    project = on([f"{databases[0]}?options=-csearch_path%3D{schema}" for schema in ("state", "mlflow")],
                 tmp_path / "project", monkeypatch)
    run_days(project, last=DAYS[0])


@pytest.mark.parametrize("which", [0, 1], ids=["metadata", "tracking"])
@pytest.mark.parametrize("wrong, code, words", [
    ({"password": "wrong"}, 3, "password authentication failed"),
    ({"path": "/no_such_database"}, 4, "no_such_database"),
    ({"port": 9}, 7, "is the server running and reachable? try again later"),
])
def test_what_goes_wrong_is_said_in_one_sentence(databases, tmp_path, monkeypatch, which, wrong, code, words):
    parts = urlsplit(databases[which])
    password, port = wrong.get("password", parts.password), wrong.get("port", parts.port)
    netloc = f"{parts.username}:{password}@{parts.hostname}:{port}"
    databases = list(databases)
    databases[which] = urlunsplit(parts._replace(netloc=netloc, path=wrong.get("path", parts.path)))
    project = on(databases, tmp_path / "project", monkeypatch)
    done = run_days(project, check=False)
    assert done.returncode == code, done.stderr
    assert done.stderr.startswith("error: ") and done.stderr.count("\n") == 1, done.stderr
    assert words in done.stderr and ":wrong@" not in done.stderr and "secret" not in done.stderr


def test_two_folders_do_not_write_at_once(databases, project, tmp_path, monkeypatch):
    run_days(project, last=DAYS[0])
    other = on(databases, tmp_path / "other", monkeypatch)
    with psycopg.connect(databases[0], application_name="tidemill process 1 on elsewhere") as writer:
        # What a writing Tidemill holds.
        writer.execute("SELECT pg_advisory_lock(1953063022, hashtext(current_schema()))")
        refused = other.run("run", "--date", DAYS[1], "--lock-timeout", 1, check=False)
        assert refused.returncode == 6, refused.stderr
        assert "tidemill process 1 on elsewhere is writing this project" in refused.stderr
        assert "FAILED" in other.run("doctor", check=False).stdout
        other.run("variables", "list")
    assert len(versions(databases)) == 1


# The n-th COMMIT of a run of three days: the databases are made, runs and versions written, days closed.
@pytest.mark.parametrize("nth", sample([1, 4, 9, 14, 20], 3))
@pytest.mark.parametrize("deliver", [True, False], ids=["reply_lost", "request_lost"])
def test_a_server_that_goes_away_during_a_commit(databases, project, monkeypatch, nth, deliver):
    server = urlsplit(SERVER)
    with CuttingProxy(server.hostname, server.port or 5432, b"COMMIT\0", nth, deliver) as proxy:
        on([behind(proxy, uri) for uri in databases], project.folder, monkeypatch)
        done = run_days(project, check=False)
        assert proxy.cuts == 1
        if deliver:
            assert done.returncode == 0, done.stderr  # the server was asked whether it had committed
        else:
            assert done.returncode == 7, done.stderr
            assert done.stderr.count("\n") == 1 and "nothing of the transaction was kept" in done.stderr
        run_days(project)
    assert [version for version, _ in versions(databases)] == [1, 2, 3]
    assert query(databases[0], "SELECT DISTINCT state FROM attempt") == [("closed",)]
    finished = "SELECT count(*) FROM runs WHERE status = 'FINISHED'"
    assert query(databases[1], finished) == [(9,)]


@pytest.mark.parametrize("nth", sample([1, 10, 30], 2))
def test_a_server_that_restarts_between_transactions_is_not_noticed(databases, project, monkeypatch, nth):
    server = urlsplit(SERVER)
    with CuttingProxy(server.hostname, server.port or 5432, b"BEGIN ISOLATION", nth, False) as proxy:
        on([behind(proxy, uri) for uri in databases], project.folder, monkeypatch)
        run_days(project)
        assert proxy.cuts == 1
    assert [version for version, _ in versions(databases)] == [1, 2, 3]
