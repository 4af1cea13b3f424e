// What is answered: Airflow's responses (airflow.api_fastapi.core_api.datamodels).

#include "server/airflow/schema.h"

namespace tidemill::server::airflow {
namespace {

// A list under its name, with the number of all there are.
Schema collection(const char* name, const char* items, const char* item) {
  return {name, {document(items, item).list(), integer("total_entries")}};
}

// One that Airflow can also answer page after page by cursors.
Schema cursor_collection(const char* name, const char* items, const char* item) {
  return {name,
          {document(items, item).list(), integer("total_entries"), integer("total_entries_limit").nullable(),
           text("next_cursor").nullable(), text("previous_cursor").nullable()}};
}

std::vector<Field> texts(std::initializer_list<const char*> names) {
  std::vector<Field> fields;
  for (const char* name : names) fields.push_back(text(name));
  return fields;
}

void append(std::vector<Field>& fields, std::vector<Field> more) {
  for (Field& field : more) fields.push_back(std::move(field));
}

std::vector<Field> dag_fields() {
  return {text("dag_id"),
          text("dag_display_name"),
          boolean("is_paused"),
          boolean("is_stale"),
          instant("last_parsed_time").nullable(),
          number("last_parse_duration").nullable(),
          instant("last_expired").nullable(),
          text("bundle_name").nullable(),
          text("bundle_version").nullable(),
          text("relative_fileloc").nullable(),
          text("fileloc"),
          text("description").nullable(),
          text("timetable_summary").nullable(),
          text("timetable_description").nullable(),
          boolean("timetable_partitioned"),
          boolean("timetable_periodic"),
          document("tags", "DagTagResponse").list(),
          integer("max_active_tasks"),
          integer("max_active_runs").nullable(),
          integer("max_consecutive_failed_dag_runs"),
          boolean("has_task_concurrency_limits"),
          boolean("has_import_errors"),
          instant("next_dagrun_logical_date").nullable(),
          instant("next_dagrun_data_interval_start").nullable(),
          instant("next_dagrun_data_interval_end").nullable(),
          instant("next_dagrun_run_after").nullable(),
          text("allowed_run_types").list().nullable(),
          text("owners").list(),
          boolean("is_backfillable"),
          text("file_token")};
}

std::vector<Field> dag_details_fields() {
  std::vector<Field> fields = dag_fields();
  append(fields,
         {boolean("catchup"), text("dag_run_timeout").nullable(), object("asset_expression").nullable(),
          text("doc_md").nullable(), instant("start_date").nullable(), instant("end_date").nullable(),
          boolean("is_paused_upon_creation").nullable(), object("params").nullable(),
          boolean("render_template_as_native_obj"), text("template_search_path").list().nullable(),
          text("timezone").nullable(), instant("last_parsed").nullable(), object("default_args").nullable(),
          boolean("rerun_with_latest_version").nullable(), object("owner_links").nullable(),
          boolean("is_favorite"), integer("active_runs_count"), integer("concurrency"),
          document("latest_dag_version", "DagVersionResponse").nullable()});
  return fields;
}

std::vector<Field> try_fields() {
  return {text("task_id"),
          text("dag_id"),
          text("dag_run_id"),
          integer("map_index"),
          instant("start_date").nullable(),
          instant("end_date").nullable(),
          number("duration").nullable(),
          text("state").nullable(),
          integer("try_number"),
          integer("max_tries"),
          text("task_display_name"),
          text("dag_display_name"),
          text("hostname").nullable(),
          text("unixname").nullable(),
          text("pool"),
          integer("pool_slots"),
          text("queue").nullable(),
          integer("priority_weight").nullable(),
          text("operator").nullable(),
          text("operator_name").nullable(),
          instant("queued_when").nullable(),
          instant("scheduled_when").nullable(),
          integer("pid").nullable(),
          text("executor").nullable(),
          text("executor_config"),
          document("dag_version", "DagVersionResponse").nullable()};
}

std::vector<Field> task_instance_fields() {
  std::vector<Field> fields = try_fields();
  append(fields, {text("id"), instant("logical_date").nullable(), instant("run_after"),
                  text("note").nullable(), text("rendered_map_index").nullable(), object("rendered_fields"),
                  object("trigger").nullable(), object("triggerer_job").nullable()});
  return fields;
}

std::vector<Field> xcom_fields() {
  return {text("key"),          instant("timestamp"),     instant("logical_date").nullable(),
          integer("map_index"), text("task_id"),          text("dag_id"),
          text("run_id"),       text("dag_display_name"), text("task_display_name"),
          instant("run_after")};
}

std::vector<Field> xcom_with_value_fields() {
  std::vector<Field> fields = xcom_fields();
  fields.push_back(any("value").nullable());
  return fields;
}

std::vector<Schema> error_and_monitor_schemas() {
  return {
      {"HTTPExceptionResponse", {any("detail")}},
      {"ValidationError", {text("type"), any("loc").list(), text("msg"), any("input").nullable()}, false},
      {"HTTPValidationError", {document("detail", "ValidationError").list()}},
      {"LoginResponse", texts({"access_token"})},
      {"VersionInfo", {text("version"), text("git_version").nullable()}},
      {"BaseInfoResponse", {text("status").nullable()}},
      {"SchedulerInfoResponse", {text("status").nullable(), text("latest_scheduler_heartbeat").nullable()}},
      {"TriggererInfoResponse", {text("status").nullable(), text("latest_triggerer_heartbeat").nullable()}},
      {"DagProcessorInfoResponse",
       {text("status").nullable(), text("latest_dag_processor_heartbeat").nullable()}},
      {"HealthInfoResponse",
       {document("metadatabase", "BaseInfoResponse"), document("scheduler", "SchedulerInfoResponse"),
        document("triggerer", "TriggererInfoResponse"),
        document("dag_processor", "DagProcessorInfoResponse")}},
      {"JobResponse",
       {integer("id"), text("dag_id").nullable(), text("state").nullable(), text("job_type").nullable(),
        instant("start_date").nullable(), instant("end_date").nullable(),
        instant("latest_heartbeat").nullable(), text("executor_class").nullable(),
        text("hostname").nullable(), text("unixname").nullable(), text("dag_display_name").nullable()}},
      collection("JobCollectionResponse", "jobs", "JobResponse"),
      {"EventLogResponse",
       {integer("event_log_id"), instant("when"), text("dag_id").nullable(), text("task_id").nullable(),
        text("run_id").nullable(), integer("map_index").nullable(), integer("try_number").nullable(),
        text("event"), instant("logical_date").nullable(), text("owner").nullable(), text("extra").nullable(),
        text("dag_display_name").nullable(), text("task_display_name").nullable()}},
      collection("EventLogCollectionResponse", "event_logs", "EventLogResponse"),
  };
}

std::vector<Schema> dag_schemas() {
  return {
      {"DagTagResponse", texts({"name", "dag_id", "dag_display_name"})},
      {"DagVersionResponse",
       {text("id"), integer("version_number"), text("dag_id"), text("bundle_name").nullable(),
        text("bundle_version").nullable(), instant("created_at"), text("dag_display_name"),
        text("bundle_url").nullable()}},
      collection("DAGVersionCollectionResponse", "dag_versions", "DagVersionResponse"),
      {"DAGResponse", dag_fields()},
      collection("DAGCollectionResponse", "dags", "DAGResponse"),
      {"DAGDetailsResponse", dag_details_fields()},
      {"DAGTagCollectionResponse", {text("tags").list(), integer("total_entries")}},
      {"DAGWarningResponse",
       {text("dag_id"), text("warning_type"), text("message"), instant("timestamp"),
        text("dag_display_name")}},
      collection("DAGWarningCollectionResponse", "dag_warnings", "DAGWarningResponse"),
      {"DAGSourceResponse",
       {text("content").nullable(), text("dag_id"), integer("version_number").nullable(),
        text("dag_display_name")}},
      {"DagStatsStateResponse", {text("state"), integer("count")}},
      {"DagStatsResponse",
       {text("dag_id"), text("dag_display_name"), document("stats", "DagStatsStateResponse").list()}},
      collection("DagStatsCollectionResponse", "dags", "DagStatsResponse"),
      {"ImportErrorResponse",
       {integer("import_error_id"), instant("timestamp"), text("filename"), text("bundle_name").nullable(),
        text("stack_trace")}},
      collection("ImportErrorCollectionResponse", "import_errors", "ImportErrorResponse"),
      {"TimeDelta", {text("__type"), integer("days"), integer("seconds"), integer("microseconds")}},
      {"TaskResponse",
       {text("task_id").nullable(),
        text("task_display_name").nullable(),
        text("owner").nullable(),
        instant("start_date").nullable(),
        instant("end_date").nullable(),
        text("trigger_rule").nullable(),
        boolean("depends_on_past"),
        boolean("wait_for_downstream"),
        number("retries").nullable(),
        text("queue").nullable(),
        text("pool").nullable(),
        number("pool_slots").nullable(),
        document("execution_timeout", "TimeDelta").nullable(),
        document("retry_delay", "TimeDelta").nullable(),
        number("retry_exponential_backoff"),
        number("priority_weight").nullable(),
        text("weight_rule").nullable(),
        text("ui_color").nullable(),
        text("ui_fgcolor").nullable(),
        text("template_fields").list().nullable(),
        text("downstream_task_ids").list().nullable(),
        text("doc_md").nullable(),
        text("operator_name").nullable(),
        object("params").nullable(),
        object("class_ref").nullable(),
        boolean("is_mapped").nullable(),
        text("extra_links").list()}},
      collection("TaskCollectionResponse", "tasks", "TaskResponse"),
  };
}

std::vector<Schema> run_schemas() {
  return {
      {"DAGRunResponse",
       {text("dag_run_id"),
        text("dag_id"),
        instant("logical_date").nullable(),
        instant("queued_at").nullable(),
        instant("start_date").nullable(),
        instant("end_date").nullable(),
        number("duration").nullable(),
        instant("data_interval_start").nullable(),
        instant("data_interval_end").nullable(),
        instant("run_after"),
        instant("last_scheduling_decision").nullable(),
        text("run_type"),
        text("state"),
        text("triggered_by").nullable(),
        text("triggering_user_name").nullable(),
        object("conf").nullable(),
        text("note").nullable(),
        document("dag_versions", "DagVersionResponse").list(),
        text("bundle_version").nullable(),
        text("dag_display_name"),
        text("partition_key").nullable(),
        instant("partition_date").nullable()}},
      cursor_collection("DAGRunCollectionResponse", "dag_runs", "DAGRunResponse"),
      {"TaskInstanceResponse", task_instance_fields()},
      cursor_collection("TaskInstanceCollectionResponse", "task_instances", "TaskInstanceResponse"),
      // With dry_run the tasks, without the run or runs.
      {"ResponseClearDagRun", {}, false},
      {"ResponseClearDagRuns", {}, false},
      {"TaskInstanceHistoryResponse", try_fields()},
      collection("TaskInstanceHistoryCollectionResponse", "task_instances", "TaskInstanceHistoryResponse"),
      {"TaskDependencyResponse", texts({"name", "reason"})},
      {"TaskDependencyCollectionResponse", {document("dependencies", "TaskDependencyResponse").list()}},
      {"ExtraLinkCollectionResponse", {object("extra_links"), integer("total_entries")}},
      {"StructuredLogMessage", {instant("timestamp").optional(), text("event")}, false},
      {"TaskInstancesLogResponse",
       {document("content", "StructuredLogMessage").list(), text("continuation_token").nullable()}},
      {"XComResponse", xcom_fields()},
      {"XComResponseNative", xcom_with_value_fields()},
      collection("XComCollectionResponse", "xcom_entries", "XComResponse"),
      {"BackfillResponse",
       {integer("id"), text("dag_id"), instant("from_date"), instant("to_date"),
        object("dag_run_conf").nullable(), boolean("is_paused"), text("reprocess_behavior"),
        integer("max_active_runs"), instant("created_at"), instant("completed_at").nullable(),
        instant("updated_at"), text("dag_display_name")}},
      collection("BackfillCollectionResponse", "backfills", "BackfillResponse"),
      {"DryRunBackfillResponse",
       {instant("logical_date").nullable(), text("partition_key").nullable(),
        instant("partition_date").nullable()}},
      collection("DryRunBackfillCollectionResponse", "backfills", "DryRunBackfillResponse"),
  };
}

std::vector<Schema> other_schemas() {
  return {
      {"VariableResponse",
       {text("key"), text("value").nullable(), text("description").nullable(), boolean("is_encrypted"),
        text("team_name").nullable()}},
      collection("VariableCollectionResponse", "variables", "VariableResponse"),
      {"PoolResponse",
       {text("name"), integer("slots"), text("description").nullable(), boolean("include_deferred"),
        integer("occupied_slots"), integer("running_slots"), integer("queued_slots"),
        integer("scheduled_slots"), integer("open_slots"), integer("deferred_slots"),
        text("team_name").nullable()}},
      collection("PoolCollectionResponse", "pools", "PoolResponse"),
      {"AssetReference",
       {text("dag_id"), text("task_id").optional(), instant("created_at"), instant("updated_at")}},
      {"LastAssetEventResponse", {integer("id").nullable(), instant("timestamp").nullable()}},
      {"AssetResponse",
       {integer("id"), text("name"), text("uri"), text("group"), object("extra").nullable(),
        instant("created_at"), instant("updated_at"), document("scheduled_dags", "AssetReference").list(),
        document("producing_tasks", "AssetReference").list(),
        document("consuming_tasks", "AssetReference").list(), object("aliases").list(),
        object("watchers").list(), document("last_asset_event", "LastAssetEventResponse").nullable()}},
      collection("AssetCollectionResponse", "assets", "AssetResponse"),
      {"AssetAliasCollectionResponse", {object("asset_aliases").list(), integer("total_entries")}},
      {"DagRunAssetReference",
       {text("run_id"), text("dag_id"), instant("logical_date").nullable(), instant("start_date"),
        instant("end_date").nullable(), text("state"), instant("data_interval_start").nullable(),
        instant("data_interval_end").nullable(), text("partition_key").nullable(), boolean("triggering")}},
      {"AssetEventResponse",
       {integer("id"), integer("asset_id"), text("uri").nullable(), text("name").nullable(),
        text("group").nullable(), object("extra").nullable(), text("source_task_id").nullable(),
        text("source_dag_id").nullable(), text("source_run_id").nullable(), integer("source_map_index"),
        document("created_dagruns", "DagRunAssetReference").list(), instant("timestamp"),
        text("partition_key").nullable()}},
      collection("AssetEventCollectionResponse", "asset_events", "AssetEventResponse"),
      {"QueuedEventResponse",
       {text("dag_id"), integer("asset_id"), instant("created_at"), text("dag_display_name")}},
      collection("QueuedEventCollectionResponse", "queued_events", "QueuedEventResponse"),
      {"PluginCollectionResponse", {object("plugins").list(), integer("total_entries")}},
      {"PluginImportErrorCollectionResponse", {object("import_errors").list(), integer("total_entries")}},
      {"ProviderCollectionResponse", {object("providers").list(), integer("total_entries")}},
      {"ConnectionCollectionResponse", {object("connections").list(), integer("total_entries")}},
  };
}

}  // namespace

std::vector<Schema> answer_schemas() {
  std::vector<Schema> all;
  for (auto& some : {error_and_monitor_schemas(), dag_schemas(), run_schemas(), other_schemas()}) {
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

}  // namespace tidemill::server::airflow
