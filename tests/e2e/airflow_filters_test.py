"""Filters, cursors and growing logs of the REST API, asked for by Airflow's own client."""

import json
from datetime import datetime, timezone

import pytest
from airflow_client.client import models

from airflow_apis import ask, connected, refusal, run_generation_and_preparation
from conftest import init
from up import GENERATION, TRAINING, Up


@pytest.fixture(scope="module")
def up(tmp_path_factory):
    project = init(tmp_path_factory.mktemp("filters") / "project")
    project.set("schedule.paused", "true")
    with Up(project, web=True) as running:
        yield running


@pytest.fixture(scope="module")
def ended(api):
    return run_generation_and_preparation(api, "2026-11-01")


def test_filters_by_what_all_have_in_common_find_all_or_nothing(up, api, ended):
    run = (GENERATION, ended.run_id)
    all_of_run = api.instances.get_task_instances(*run).total_entries
    for same in ({"queue": ["default"]}, {"map_index": [-1]}, {"version_number": [1]},
                 {"queue_name_pattern": "def"}):
        assert api.instances.get_task_instances(*run, **same).total_entries == all_of_run > 1, same
    for other in ({"queue": ["gpu"]}, {"executor": ["CeleryExecutor"]}, {"map_index": [3]},
                  {"version_number": [2]}, {"rendered_map_index_pattern": "%"}):
        assert api.instances.get_task_instances(*run, **other).total_entries == 0, other
    task_id = api.instances.get_task_instances(*run).task_instances[0].task_id
    assert api.instances.get_task_instance_tries(*run, task_id, map_index=-1).total_entries == 1
    assert api.instances.get_task_instance_try_details(*run, task_id, 1, map_index=-1).try_number == 1
    assert api.instances.get_task_instance_dependencies(*run, task_id, map_index=-1).dependencies == []
    assert api.extra_links.get_extra_links(*run, task_id, map_index=-1, try_number=1).total_entries == 0
    seen = api.instances.patch_task_instance(*run, task_id, models.PatchTaskInstanceBody(note="seen"),
                                             map_index=-1).task_instances[0]
    assert seen.note == "seen"
    status, detail = refusal(api.instances.get_task_instance_tries, *run, task_id, map_index=2)
    assert (status, detail[0]["msg"]) == (422, "Input should be -1")
    assert refusal(api.instances.get_mapped_task_instances, *run, task_id, queue=["default"], limit=3) == (
        404, f"Task id {task_id} is not mapped")
    assert api.xcoms.get_xcom_entries("~", "~", "~", map_index=-1, map_index_filter=-1).total_entries > 0
    assert api.xcoms.get_xcom_entries("~", "~", "~", map_index_filter=0).total_entries == 0
    assert api.assets.get_asset_events(source_map_index=-1).total_entries > 0
    assert api.dags.get_dags(bundle_name="tidemill", is_favorite=False).total_entries == 3
    assert api.dags.get_dags(is_favorite=True).total_entries == 0
    ran = api.dags.get_dags(dag_run_state=["success", "failed"], dag_run_start_date_gte=datetime(
        2020, 1, 1, tzinfo=timezone.utc))
    assert GENERATION in {dag.dag_id for dag in ran.dags}
    assert api.dags.get_dags(dag_run_end_date_lt=datetime(2020, 1, 1, tzinfo=timezone.utc)).total_entries == 0
    assert api.versions.get_dag_versions("~", bundle_name="tidemill", version_number=1).total_entries == 3
    assert api.versions.get_dag_versions("~", bundle_name="git").total_entries == 0
    assert api.import_errors.get_import_errors(filename="x.py", bundle_name="git").total_entries == 0
    assert api.runs.get_dag_runs("~", dag_version=[2]).total_entries == 0


def test_cursors_lead_through_runs_and_tasks(api, ended):
    whole = [one.task_id for one in api.instances.get_task_instances("~", "~").task_instances]
    found, cursor = [], ""
    while cursor is not None:
        page = api.instances.get_task_instances("~", "~", cursor=cursor, limit=2)
        found += [one.task_id for one in page.task_instances]
        cursor = page.next_cursor
    assert found == whole and page.total_entries is None and page.previous_cursor is not None
    runs = api.runs.get_dag_runs("~", cursor="", limit=1)
    assert runs.dag_runs[0].dag_run_id == api.runs.get_dag_runs("~").dag_runs[0].dag_run_id
    assert refusal(api.runs.get_dag_runs, "~", cursor="gAAAA")[0] == 400


def test_a_log_that_grows_is_read_by_whole_lines(up, api, ended):
    run_id = api.runs.trigger_dag_run(TRAINING, models.TriggerDAGRunPostBody(dag_run_id="growing")).dag_run_id
    task_id = api.instances.get_task_instances(TRAINING, run_id).task_instances[0].task_id
    folder = up.project.folder / "logs" / f"dag_id={TRAINING}" / f"run_id={run_id}" / f"task_id={task_id}"
    folder.mkdir(parents=True)
    log = folder / "attempt=0.log"
    log.write_text("first\nsecond\nhal")
    path = f"/api/v2/dags/{TRAINING}/dagRuns/{run_id}/taskInstances/{task_id}/logs/0"

    def events(query):
        return [one["event"] for one in json.loads(ask(up, "GET", path + query)[2])["content"]]

    _, headers, text = ask(up, "GET", path, Accept="application/x-ndjson")
    assert [json.loads(line)["event"] for line in text.splitlines()] == ["first", "second"]
    assert headers["Airflow-Continuation-Token"] == str(len("first\nsecond\n"))
    log.write_text("first\nsecond\nhalf a line\n")
    assert events(f"?token={headers['Airflow-Continuation-Token']}") == ["half a line"]
    assert events("?token=5") == ["second", "half a line"] == events("?token=6")
    assert events("?token=3") == ["second", "half a line"]  # never half a line
    assert events(f"?token={2**63 - 1}") == []
    api.runs.delete_dag_run(TRAINING, run_id)
