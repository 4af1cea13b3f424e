"""Airflow's own client, signed in to a `tidemill up`."""

import json
import time
from types import SimpleNamespace

import airflow_client.client as airflow
import pytest
from airflow_client.client import api, models
from airflow_client.client.exceptions import ApiException

from up import GENERATION, PREPARATION


@pytest.fixture(scope="module", name="api")
def connected(up):
    """The client's classes, each for one resource, for the tests of a module with a fixture `up`."""
    with airflow.ApiClient(airflow.Configuration(host=up.url, access_token=up.token())) as client:
        yield SimpleNamespace(
            assets=api.AssetApi(client), backfills=api.BackfillApi(client), dags=api.DAGApi(client),
            connections=api.ConnectionApi(client), extra_links=api.ExtraLinksApi(client),
            import_errors=api.ImportErrorApi(client), jobs=api.JobApi(client), logs=api.EventLogApi(client),
            monitor=api.MonitorApi(client), plugins=api.PluginApi(client), pools=api.PoolApi(client),
            providers=api.ProviderApi(client), runs=api.DagRunApi(client), sources=api.DagSourceApi(client),
            stats=api.DagStatsApi(client), tasks=api.TaskApi(client), instances=api.TaskInstanceApi(client),
            variables=api.VariableApi(client), version=api.VersionApi(client),
            versions=api.DagVersionApi(client), warnings=api.DagWarningApi(client), xcoms=api.XComApi(client))


def ask(up, method, path, body=None, **headers):
    """By hand, with a token."""
    return up.request(method, path, body, Authorization=f"Bearer {up.token()}", **headers)


def refusal(call, *arguments, **named):
    """Status and detail of what the client is refused."""
    with pytest.raises(ApiException) as refused:
        call(*arguments, **named)
    return refused.value.status, json.loads(refused.value.body)["detail"]


def wait_for(apis, dag_id, run_id):
    """Until the run has succeeded."""
    answer = apis.runs.wait_dag_run_until_finished_without_preload_content(dag_id, run_id, interval=0.05)
    lines = [json.loads(line) for line in answer.data.decode().splitlines()]
    assert lines[-1] == {"state": "success"}
    assert {line["state"] for line in lines[:-1]} <= {"queued", "running"}
    assert apis.runs.wait_dag_run_until_finished(dag_id, run_id, interval=1) == {"state": "success"}


def run_generation_and_preparation(apis, day):
    """A run of 01 that has made a day's data, and the run of 02 that it has started: their ids."""
    for dag_id in (GENERATION, PREPARATION):
        apis.dags.patch_dag(dag_id, models.DAGPatchBody(is_paused=False), update_mask=["is_paused"])
    run = apis.runs.trigger_dag_run(GENERATION, models.TriggerDAGRunPostBody(
        dag_run_id="by the client", conf={"date": day}, note="first"))
    assert (run.state, run.run_type, run.triggered_by, run.conf) == (
        "queued", "manual", "rest_api", {"date": day})
    assert run.logical_date is not None and run.note == "first" and run.triggering_user_name == "admin"
    wait_for(apis, GENERATION, run.dag_run_id)
    deadline = time.monotonic() + 60
    while True:
        started = apis.runs.get_dag_runs(PREPARATION, run_type=["asset_triggered"], order_by=["-run_after"])
        if any(one.state == "success" for one in started.dag_runs):
            return SimpleNamespace(run_id=run.dag_run_id, prepared=started.dag_runs[-1].dag_run_id)
        assert time.monotonic() < deadline
        time.sleep(0.05)
