"""Airflow's own client, signed in to a `tidemill up`."""

import contextlib
import json
from types import SimpleNamespace

import airflow_client.client as airflow
import pytest
from airflow_client.client import api
from airflow_client.client.exceptions import ApiException


@contextlib.contextmanager
def connect(up):
    """The client's classes, each for one resource."""
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
