"""The REST API of `tidemill up`, asked by Airflow's own client, whose models refuse what Airflow would not
answer; and by hand where the client cannot ask."""

import json
import re
from datetime import datetime, timedelta, timezone
from urllib.parse import quote

import pytest
from airflow_client.client import models

from airflow_apis import ask, connected, refusal, run_generation_and_preparation
from conftest import ROOT, init
from openapi_check import address, mismatches
from up import GENERATION, PREPARATION, TRAINING, Up

DAY = "2026-11-01"
REFERENCE = ROOT / "docs" / "reference" / "rest-api.md"


@pytest.fixture(scope="module")
def up(tmp_path_factory):
    project = init(tmp_path_factory.mktemp("client") / "project")
    project.set("schedule.paused", "true")
    project.set("schedule.retries", "0")
    with Up(project, web=True) as running:
        yield running


@pytest.fixture(scope="module")
def ended(api):
    return run_generation_and_preparation(api, DAY)


def test_version_and_health_need_no_token(up, api):
    assert api.version.get_version().version.count(".") == 2
    health = api.monitor.get_health()
    assert health.metadatabase.status == health.scheduler.status == "healthy"
    assert up.request("GET", "/api/v2/version")[0] == 200
    assert up.request("GET", "/api/v2/dags")[0] == 401


def test_dags_are_listed_filtered_and_ordered(api, ended):
    dags = api.dags.get_dags(order_by=["-dag_id"])
    assert [dag.dag_id for dag in dags.dags] == [TRAINING, PREPARATION, GENERATION]
    assert [dag.timetable_summary for dag in dags.dags] == [None, "Asset", "0 0 * * *"]
    assert api.dags.get_dags(limit=1, offset=1).dags[0].dag_id == PREPARATION
    assert api.dags.get_dags(dag_id_pattern="TRAIN|%generation%").total_entries == 2
    assert [dag.dag_id for dag in api.dags.get_dags(paused=True).dags] == [TRAINING]
    assert api.dags.get_dags(last_dag_run_state=models.DagRunState.FAILED).total_entries == 0
    assert api.dags.get_dags(tags=["none"]).total_entries == 0
    assert api.dags.get_dag(GENERATION).is_backfillable
    details = api.dags.get_dag_details(PREPARATION)
    assert details.latest_dag_version.version_number == 1 and details.asset_expression
    assert api.dags.get_dag_tags().total_entries == len(api.dags.get_dag_tags().tags)
    assert refusal(api.dags.get_dag, "nope") == (404, "The Dag with ID: `nope` was not found")
    assert refusal(api.dags.get_dags, order_by=["color"]) == (
        400, "Ordering with 'color' is disallowed or the attribute does not exist on the model")


def test_dags_are_paused(api, ended):
    body = models.DAGPatchBody(is_paused=True)
    assert api.dags.patch_dag(TRAINING, body).is_paused
    assert api.dags.patch_dags(body).total_entries == 0
    assert api.dags.patch_dags(body, dag_id_pattern=TRAINING).dags[0].is_paused
    assert refusal(api.dags.patch_dag, "nope", body) == (404, "Dag with id: nope was not found")
    assert refusal(api.dags.patch_dag, TRAINING, body, update_mask=["tags"])[0] == 400


def test_runs_are_listed_and_asked_for(api, ended):
    run = api.runs.get_dag_run(GENERATION, ended.run_id)
    assert run.state == "success" and run.duration > 0 and run.dag_versions[0].dag_id == GENERATION
    everything = api.runs.get_dag_runs("~", order_by=["dag_id", "-run_after"])
    assert everything.total_entries == len(everything.dag_runs) >= 2
    assert api.runs.get_dag_runs(GENERATION, run_id_pattern="CLIENT").dag_runs[0].dag_run_id == ended.run_id
    assert api.runs.get_dag_runs(GENERATION, conf_contains=DAY, state=["success"]).total_entries == 1
    assert api.runs.get_dag_runs(GENERATION, duration_gte=3600).total_entries == 0
    long_ago = datetime(2000, 1, 1, tzinfo=timezone.utc)
    assert api.runs.get_dag_runs(GENERATION, logical_date_lt=long_ago).total_entries == 0
    assert api.runs.get_dag_runs(GENERATION, start_date_gt=long_ago, limit=1).dag_runs
    batch = models.DAGRunsBatchBody(dag_ids=[PREPARATION], states=["success"], page_limit=1)
    assert api.runs.get_list_dag_runs_batch("~", batch).dag_runs[0].dag_id == PREPARATION
    events = api.runs.get_upstream_asset_events(PREPARATION, ended.prepared).asset_events
    assert events[0].source_dag_id == GENERATION
    assert events[0].created_dagruns[0].run_id == ended.prepared
    assert refusal(api.runs.get_dag_run, GENERATION, "nope") == (
        404, f"The DagRun with dag_id: `{GENERATION}` and run_id: `nope` was not found")
    assert refusal(api.runs.get_dag_runs, GENERATION, state=["odd"])[0] == 422


def test_triggering_is_refused_in_airflows_words(up, api, ended):
    again = models.TriggerDAGRunPostBody(dag_run_id=ended.run_id)
    status, detail = refusal(api.runs.trigger_dag_run, GENERATION, again)
    assert (status, detail["reason"]) == (409, "Unique constraint violation")
    assert refusal(api.runs.trigger_dag_run, "nope", again) == (404, "Dag with dag_id: 'nope' not found")
    status, _, text = ask(up, "POST", f"/api/v2/dags/{GENERATION}/dagRuns", {"conf": []})
    problems = {tuple(one["loc"]): one for one in json.loads(text)["detail"]}
    assert status == 422 and problems["body", "logical_date"] == {
        "type": "missing", "loc": ["body", "logical_date"], "msg": "Field required", "input": {"conf": []}}
    assert problems["body", "conf"]["type"] == "dict_type"
    assert ask(up, "POST", f"/api/v2/dags/{GENERATION}/dagRuns", b"{")[0] == 422


def ask_note(up, run, note):
    return ask(up, "PATCH", f"/api/v2/dags/{TRAINING}/dagRuns/{quote(run, safe='')}", {"note": note})


def test_runs_are_marked_cleared_and_deleted(up, api, ended):
    api.dags.patch_dag(TRAINING, models.DAGPatchBody(is_paused=True))
    run = api.runs.trigger_dag_run(TRAINING, models.TriggerDAGRunPostBody(
        logical_date=datetime(2026, 11, 2, tzinfo=timezone.utc),
        data_interval_start=datetime(2026, 11, 1, tzinfo=timezone.utc),
        data_interval_end=datetime(2026, 11, 2, tzinfo=timezone.utc)))
    assert run.dag_run_id == "manual__2026-11-02T00:00:00+00:00" and run.data_interval_start.day == 1
    status, detail = refusal(api.runs.trigger_dag_run, TRAINING, models.TriggerDAGRunPostBody(
        dag_run_id="x2", logical_date=run.logical_date))
    assert (status, detail["reason"]) == (409, "Unique constraint violation")
    assert run.dag_run_id in detail["message"]
    cyrillic = api.runs.patch_dag_run(TRAINING, run.dag_run_id, models.DAGRunPatchBody(note="ж" * 1000))
    assert cyrillic.note == "ж" * 1000
    assert ask_note(up, run.dag_run_id, "ж" * 1001)[0] == 422
    changed = api.runs.patch_dag_run(TRAINING, run.dag_run_id,
                                     models.DAGRunPatchBody(state="failed", note="by hand"))
    assert (changed.state, changed.note) == ("failed", "by hand")
    # What Airflow answers here its client takes for two things at once: not parsed by it.
    would = json.loads(api.runs.clear_dag_run_without_preload_content(
        TRAINING, run.dag_run_id, models.DAGRunClearBody(dry_run=True)).data)
    assert would["total_entries"] == len(would["task_instances"]) > 0
    cleared = api.runs.clear_dag_run(TRAINING, run.dag_run_id,
                                     models.DAGRunClearBody(dry_run=False, note=None))
    assert cleared.actual_instance.state == "queued"
    several = models.BulkDAGRunClearBody(dry_run=False, dag_runs=[
        models.BulkDAGRunBody(dag_id=TRAINING, dag_run_id=run.dag_run_id)])
    assert api.runs.clear_dag_runs("~", several).actual_instance.dag_runs[0].dag_run_id == run.dag_run_id
    assert refusal(api.runs.clear_dag_runs, GENERATION, several) == (
        400, f"Entry dag_id '{TRAINING}' does not match the URL dag_id '{GENERATION}'.")
    api.runs.delete_dag_run(TRAINING, run.dag_run_id)
    assert refusal(api.runs.delete_dag_run, TRAINING, run.dag_run_id)[0] == 404


def test_task_instances_and_their_tries(api, ended):
    all_of_run = api.instances.get_task_instances(GENERATION, ended.run_id, order_by=["task_id"])
    assert all_of_run.total_entries == len(all_of_run.task_instances) > 1
    assert {one.state for one in all_of_run.task_instances} == {"success"}
    one = all_of_run.task_instances[0]
    same = api.instances.get_task_instance(GENERATION, ended.run_id, one.task_id)
    assert (same.id, same.logical_date) == (one.id, one.logical_date) and same.try_number == 1
    assert api.instances.get_task_instances("~", "~", state=["failed"]).total_entries == 0
    assert api.instances.get_task_instances("~", "~", task_id=one.task_id, try_number=[1],
                                            run_id_pattern="client").total_entries == 1
    assert api.instances.get_task_instance_tries(
        GENERATION, ended.run_id, one.task_id).task_instances[0].state == "success"
    assert api.instances.get_task_instance_try_details(
        GENERATION, ended.run_id, one.task_id, 1).try_number == 1
    batch = models.TaskInstancesBatchBody(dag_ids=[GENERATION], task_ids=[one.task_id], state=["success"])
    assert api.instances.get_task_instances_batch("~", "~", batch).total_entries >= 1
    assert api.instances.get_task_instance_dependencies(
        GENERATION, ended.run_id, one.task_id).dependencies == []
    assert api.extra_links.get_extra_links(GENERATION, ended.run_id, one.task_id).total_entries == 0
    status, detail = refusal(api.instances.get_task_instance, GENERATION, ended.run_id, "nope")
    assert status == 404 and detail.endswith(f"run_id: `{ended.run_id}` and task_id: `nope` was not found")
    assert refusal(api.instances.get_task_instances, "~", ended.run_id) == (
        400, "dag_id is required when dag_run_id is specified")
    assert refusal(api.instances.get_mapped_task_instances, GENERATION, ended.run_id, one.task_id) == (
        404, f"Task id {one.task_id} is not mapped")


def test_tasks_are_marked_and_cleared(api, ended):
    run_id = api.runs.trigger_dag_run(TRAINING, models.TriggerDAGRunPostBody()).dag_run_id
    task_ids = [task.task_id for task in api.tasks.get_tasks(TRAINING).tasks]
    first = next(task for task in task_ids if "check" in task)
    waiting = api.instances.get_task_instance_dependencies(TRAINING, run_id, task_ids[-1]).dependencies
    assert {one.name for one in waiting} >= {"Dag Not Paused", "Dagrun Running"}
    body = models.PatchTaskInstanceBody(new_state="success", note="seen", include_downstream=True)
    would = api.instances.patch_task_instance_dry_run(TRAINING, run_id, first, body)
    assert would.total_entries == len(task_ids)
    marked = api.instances.patch_task_instance(TRAINING, run_id, first, body).task_instances[0]
    assert (marked.state, marked.note) == ("success", "seen")
    assert refusal(api.instances.patch_task_instance, TRAINING, run_id, first, body) == (
        409, f"Task id {first} is already in success state")
    assert refusal(api.instances.patch_task_instance, TRAINING, run_id, "nope", body) == (
        404, f"Task 'nope' not found in Dag '{TRAINING}'")
    clear = models.ClearTaskInstancesBody(dag_run_id=run_id, only_failed=False, task_ids=[
        models.ClearTaskInstancesBodyTaskIdsInner(first)])
    assert api.instances.post_clear_task_instances(TRAINING, clear).total_entries == 1  # dry
    assert api.instances.get_task_instance(TRAINING, run_id, first).state == "success"
    clear.dry_run, clear.include_downstream = False, True
    cleared = api.instances.post_clear_task_instances(TRAINING, clear)
    assert cleared.total_entries == len(task_ids)
    assert {one.state for one in cleared.task_instances} == {None}
    clear.dag_run_id = "nope"
    assert refusal(api.instances.post_clear_task_instances, TRAINING, clear) == (
        404, f"Dag Run id nope not found in dag {TRAINING}")
    api.runs.delete_dag_run(TRAINING, run_id)


def test_logs_are_read_in_pages_and_lines(up, api, ended):
    task_id = api.instances.get_task_instances(GENERATION, ended.run_id).task_instances[0].task_id
    log = api.instances.get_log(GENERATION, ended.run_id, task_id, 1)
    content = log.content.actual_instance
    assert content and log.continuation_token is None and all(one.event is not None for one in content)
    path = (f"/api/v2/dags/{GENERATION}/dagRuns/{quote(ended.run_id)}/taskInstances/{task_id}/logs/1")
    _, headers, text = ask(up, "GET", path, Accept="application/x-ndjson")
    lines = [json.loads(line) for line in text.splitlines()]
    assert headers["Content-Type"].startswith("application/x-ndjson")
    assert [line["event"] for line in lines] == [one.event for one in content]
    whole = json.loads(ask(up, "GET", path + "?full_content=true")[2])
    assert whole == {"content": lines, "continuation_token": None}
    first_bytes = len(json.dumps(lines[0], separators=(",", ":"))) + 1
    assert json.loads(ask(up, "GET", path + f"?token={first_bytes}")[2])["content"] == lines[1:]
    assert refusal(api.instances.get_log, GENERATION, ended.run_id, task_id, 1, token="x") == (
        400, "Bad Signature. Please use only the tokens provided by the API.")
    assert refusal(api.instances.get_log, GENERATION, ended.run_id, task_id, 7) == (
        404, "TaskInstance not found")


@pytest.mark.parametrize("name", ["../../../../etc/passwd", "..%2f..%2ftidemill.toml", "a\0b"])
def test_no_log_leads_out_of_the_folder(up, ended, name):
    hidden = quote(name, safe="")
    for dag, run, task in ((hidden, "r", "t"), ("d", hidden, "t"), ("d", "r", hidden)):
        status, _, _ = ask(up, "GET", f"/api/v2/dags/{dag}/dagRuns/{run}/taskInstances/{task}/logs/1")
        assert status == (422 if "\0" in name else 404)


def test_tasks_xcoms_sources_versions_and_stats(up, api, ended):
    tasks = api.tasks.get_tasks(GENERATION, order_by="-task_id").tasks
    assert [task.task_id for task in tasks] == sorted((task.task_id for task in tasks), reverse=True)
    assert api.tasks.get_task(GENERATION, tasks[0].task_id).retry_delay.seconds > 0
    assert refusal(api.tasks.get_task, GENERATION, "nope") == (404, "Task with id nope was not found")
    entries = api.xcoms.get_xcom_entries("~", "~", "~", xcom_key="return_value")
    assert entries.total_entries == len(entries.xcom_entries) > 0
    one = entries.xcom_entries[0]
    entry = api.xcoms.get_xcom_entry(one.dag_id, one.task_id, one.run_id, one.key, deserialize=True)
    assert entry.actual_instance.value is not None
    waited = ask(up, "GET", f"/api/v2/dags/{one.dag_id}/dagRuns/{quote(one.run_id)}/wait?interval=1&result="
                 + one.task_id)[2]
    assert json.loads(waited)["results"][one.task_id] is not None
    assert refusal(api.xcoms.get_xcom_entry, one.dag_id, one.task_id, one.run_id, "nope") == (
        404, "XCom entry with key: `nope` not found")
    settings = up.project.settings.read_text()
    assert api.sources.get_dag_source(TRAINING).content == settings
    assert ask(up, "GET", f"/api/v2/dagSources/{TRAINING}", Accept="text/plain")[2] == settings
    assert refusal(api.sources.get_dag_source, TRAINING, version_number=2)[0] == 404
    assert api.versions.get_dag_versions("~").total_entries == 3
    assert api.versions.get_dag_version(GENERATION, 1).dag_id == GENERATION
    assert refusal(api.versions.get_dag_version, GENERATION, 2)[0] == 404
    stats = {one.dag_id: {state.state: state.count for state in one.stats}
             for one in api.stats.get_dag_stats().dags}
    assert stats[GENERATION]["success"] >= 1


def test_variables(up, api):
    made = api.variables.post_variable(models.VariableBody(key="a/b", value={"x": 1}, description="why"))
    assert json.loads(made.value) == {"x": 1}
    assert up.project.run("variables", "get", "a/b").stdout == '{\n  "x": 1\n}\n'
    assert api.variables.get_variable("a/b").description == "why"
    changed = api.variables.patch_variable("a/b", models.VariableBody(key="a/b", value="2"),
                                           update_mask=["value"])
    assert (changed.value, changed.description) == ("2", "why")
    assert api.variables.get_variables(variable_key_prefix_pattern="a/", order_by=["-key"]).total_entries == 1
    body = models.VariableBody(key="a/b", value="3")
    assert refusal(api.variables.post_variable, body) == (409, "The Variable with key: `a/b` already exists")
    assert refusal(api.variables.patch_variable, "other", body)[0] == 400
    assert api.variables.post_variable(models.VariableBody(key="smtp_password", value="x")).value == "***"
    api.variables.delete_variable("a/b")
    for call in (api.variables.get_variable, api.variables.delete_variable):
        assert refusal(call, "a/b") == (404, "The Variable with key: `a/b` was not found")


def test_pools(api):
    made = api.pools.post_pool(models.PoolBody(name="gpu", slots=2))
    assert (made.open_slots, made.include_deferred) == (2, False)
    assert {one.name for one in api.pools.get_pools().pools} >= {"default_pool", "training", "gpu"}
    changed = api.pools.patch_pool("gpu", models.PoolPatchBody(pool="gpu", slots=-1, include_deferred=True))
    assert (changed.slots, changed.open_slots) == (-1, -1)
    assert api.pools.get_pool("gpu").include_deferred
    assert refusal(api.pools.post_pool, models.PoolBody(name="gpu", slots=1))[0] == 409
    assert refusal(api.pools.delete_pool, "default_pool") == (400, "Default Pool can't be deleted")
    api.pools.delete_pool("gpu")
    assert refusal(api.pools.get_pool, "gpu") == (404, "The Pool with name: `gpu` was not found")


def test_assets_and_their_events(api, ended):
    assets = {asset.name: asset for asset in api.assets.get_assets().assets}
    assert assets["raw_data"].scheduled_dags[0].dag_id == PREPARATION
    assert assets["raw_data"].producing_tasks[0].dag_id == GENERATION
    assert api.assets.get_asset(assets["raw_data"].id).last_asset_event.id is not None
    assert api.assets.get_asset_events(asset_id=assets["raw_data"].id).total_entries >= 1
    assert api.assets.get_asset_events(source_dag_id="nope", order_by=["-timestamp"]).asset_events == []
    made = api.assets.create_asset_event(models.CreateAssetEventsBody(
        asset_id=assets["prepared_data"].id, extra={"by": "hand"}))
    assert made.extra == {"by": "hand", "from_rest_api": True}
    assert refusal(api.assets.create_asset_event, models.CreateAssetEventsBody(asset_id=1)) == (
        404, "Asset with ID: `1` was not found")
    assert refusal(api.assets.get_asset, 1) == (404, "The Asset with ID: `1` was not found")
    assert api.assets.get_asset_queued_events(assets["raw_data"].id).total_entries >= 0
    assert api.assets.get_dag_asset_queued_events(PREPARATION).total_entries >= 0
    assert refusal(api.assets.get_dag_asset_queued_event, TRAINING, 1) == (
        404, f"Queued event with dag_id: `{TRAINING}` and asset_id: `1` was not found")
    assert api.assets.get_asset_aliases().asset_aliases == []


def test_backfills(api, ended):
    first = datetime(2026, 10, 1, tzinfo=timezone.utc)
    body = models.BackfillPostBody(dag_id=GENERATION, from_date=first, to_date=first + timedelta(days=2),
                                   dag_run_conf={}, max_active_runs=1)
    assert api.backfills.create_backfill_dry_run(body).total_entries == 3
    api.dags.patch_dag(GENERATION, models.DAGPatchBody(is_paused=True))
    made = api.backfills.create_backfill(body)
    assert (made.reprocess_behavior, made.is_paused, made.completed_at) == ("none", False, None)
    assert api.backfills.list_backfills(GENERATION).backfills[0].id == made.id
    assert refusal(api.backfills.create_backfill, body) == (
        409, f"There is already a running backfill for dag {GENERATION}")
    assert api.backfills.pause_backfill(made.id).is_paused
    assert not api.backfills.unpause_backfill(made.id).is_paused
    assert api.backfills.cancel_backfill(made.id).completed_at is not None
    assert refusal(api.backfills.cancel_backfill, made.id) == (409, "Backfill is already completed.")
    assert api.backfills.get_backfill(made.id).id == made.id
    assert refusal(api.backfills.get_backfill, 99) == (404, "Backfill not found")
    body.dag_id = TRAINING
    assert refusal(api.backfills.create_backfill, body)[0] == 422  # it has no schedule
    body.dag_id = "nope"
    assert refusal(api.backfills.create_backfill, body) == (404, "Could not find dag nope")


def test_the_audit_log_jobs_and_what_there_is_never_any_of(api, ended):
    entries = api.logs.get_event_logs(dag_id=GENERATION, event="trigger_dag_run", order_by=["-event_log_id"])
    assert entries.event_logs[-1].owner == "admin" and entries.event_logs[-1].run_id == ended.run_id
    one = entries.event_logs[0]
    assert api.logs.get_event_log(one.event_log_id).event == one.event
    assert api.logs.get_event_logs(
        excluded_events=["trigger_dag_run"], event_pattern="TRIGGER").total_entries == 0
    assert refusal(api.logs.get_event_log, 10**9)[0] == 404
    assert api.jobs.get_jobs(is_alive=True, job_type="SchedulerJob").total_entries == 1
    for listed in (api.import_errors.get_import_errors(), api.warnings.list_dag_warnings(),
                   api.plugins.get_plugins(), api.plugins.import_errors(), api.providers.get_providers(),
                   api.connections.get_connections()):
        assert listed.total_entries == 0
    assert refusal(api.import_errors.get_import_error, 1)[0] == 404
    assert refusal(api.connections.get_connection, "aws")[0] == 404


def test_pages_are_bounded_and_unknown_filters_refused(up, ended):
    assert len(json.loads(ask(up, "GET", "/api/v2/eventLogs?limit=100000")[2])["event_logs"]) <= 100
    status, _, text = ask(up, "GET", "/api/v2/dags?limit=-1&offset=x&colour=red")
    problems = {one["loc"][1]: one["type"] for one in json.loads(text)["detail"]}
    assert status == 422 and problems == {
        "limit": "greater_than_equal", "offset": "int_parsing", "colour": "extra_forbidden"}
    assert ask(up, "POST", "/api/v2/variables", b" " * (2 << 20))[0] == 413
    for odd in (b"[" * 500_000, b'{"key": "k", "value": ' + b"[" * 400_000 + b"]" * 400_000 + b"}", b"1e999"):
        assert ask(up, "POST", "/api/v2/variables", odd)[0] == 422


def test_routes_that_are_not_there(up):
    status, _, text = ask(up, "GET", "/api/v2/nothing")
    assert (status, json.loads(text)) == (404, {"error": "API route not found"})
    status, _, text = ask(up, "GET", "/api/v1/dags")
    assert status == 404 and json.loads(text)["error"].startswith("/api/v1 has been removed in Airflow 3")
    status, headers, text = ask(up, "DELETE", f"/api/v2/dags/{GENERATION}")
    assert (status, json.loads(text)) == (405, {"detail": "Method Not Allowed"})
    assert "PATCH" in headers["Allow"]
    status, _, text = up.request("GET", "/api/v2/dags", Authorization="Bearer x")
    assert (status, json.loads(text)) == (403, {"detail": "Invalid JWT token"})


def test_every_path_answers_as_the_openapi_document_says(up, api, ended):
    document = json.loads(up.request("GET", "/openapi.json")[2])
    assert document == json.loads(up.request("GET", "/api/v2/openapi.json")[2])
    xcom = api.xcoms.get_xcom_entries("~", "~", "~").xcom_entries[0]
    there = {"dag_id": xcom.dag_id, "dag_run_id": xcom.run_id, "task_id": xcom.task_id, "xcom_key": xcom.key,
             "try_number": 1, "task_try_number": 1, "version_number": 1, "pool_name": "default_pool",
             "event_log_id": 1, "asset_id": api.assets.get_assets().assets[0].id,
             "variable_key": "latest_prepared_data"}
    token = f"Bearer {up.token()}"
    described = re.findall(r"^\| `(/[^`]+)` \|", REFERENCE.read_text(), re.MULTILINE)
    assert described == sorted(document["paths"])
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            is_change = method != "get"  # of what is not there
            url = address(path, operation, {} if is_change else there)
            status, _, text = up.request(method.upper(), url, {} if is_change else None, Authorization=token)
            answer = operation["responses"].get(str(status))
            assert answer is not None, (method, path, status, text)
            schema = answer.get("content", {}).get("application/json", {}).get("schema")
            assert schema is None or not mismatches(document, schema, json.loads(text)), (method, path, text)


def test_tokens_for_command_lines(up):
    """As the guide's users would with curl."""
    for path in ("/auth/token", "/auth/token/cli"):
        status, _, text = up.request("POST", path, {"username": "admin", "password": "correct horse"})
        assert status == 201 and list(json.loads(text)) == ["access_token"]
        status, _, text = up.request("POST", path, {"username": "admin"})
        assert status == 422 and json.loads(text)["detail"][0]["loc"] == ["body", "password"]
