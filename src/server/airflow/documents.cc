#include "server/airflow/documents.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/digest.h"
#include "base/masking.h"
#include "base/time_zone.h"
#include "server/airflow/schema.h"

namespace tidemill::server::airflow {
namespace {

template <typename Value>
Json or_null(const std::optional<Value>& value) {
  return value ? Json(*value) : Json();
}

Json or_null(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}

Json seconds_between(const std::optional<int64_t>& from_ms, const std::optional<int64_t>& to_ms) {
  if (!from_ms || !to_ms) return nullptr;
  return static_cast<double>(*to_ms - *from_ms) / 1000;
}

// What was stored is JSON; should somebody have changed it, null.
Json parsed(const std::string& text) {
  if (is_too_deep(text)) return nullptr;
  Json value = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  return value.is_discarded() ? Json() : value;
}

// Airflow's TimeDelta.
Json time_delta(int64_t ms) {
  constexpr int64_t kDayMs = 86'400'000;
  return {{"__type", "TimeDelta"},
          {"days", ms / kDayMs},
          {"seconds", ms % kDayMs / 1000},
          {"microseconds", ms % 1000 * 1000}};
}

// ISO 8601: "PT3600S".
std::string duration_text(int64_t ms) {
  return ms % 1000 == 0 ? fmt::format("PT{}S", ms / 1000) : fmt::format("PT{}.{:03}S", ms / 1000, ms % 1000);
}

// {"key": {"value": ..., "schema": {}, "description": null, "source": null}}, as Airflow's Param.dump.
Json params_of(const std::string& conf) {
  Json params = Json::object();
  const Json defaults = parsed(conf);
  if (!defaults.is_object()) return params;
  for (const auto& [name, value] : defaults.items()) {
    params[name] = {
        {"value", value}, {"schema", Json::object()}, {"description", nullptr}, {"source", nullptr}};
  }
  return params;
}

// {"any": [{"asset": {...}}, ...]}, as Airflow's BaseAsset.as_expression.
Json asset_expression(const workflow::Dag& dag) {
  if (dag.schedule_assets.empty()) return nullptr;
  Json assets = Json::array();
  for (const std::string& name : dag.schedule_assets) {
    assets.push_back(
        {{"asset", {{"uri", name}, {"name", name}, {"group", "asset"}, {"id", asset_number(name)}}}});
  }
  return {{dag.any_asset_is_enough ? "any" : "all", std::move(assets)}};
}

Json dag_base(const DagFacts& facts) {
  const workflow::Dag& dag = facts.dag;
  const workflow::DagState& state = facts.state;
  const workflow::Timetable timetable = timetable_of(dag);
  Json tags = Json::array();
  for (const std::string& tag : std::set<std::string>(dag.tags.begin(), dag.tags.end())) {
    tags.push_back({{"name", tag}, {"dag_id", dag.id}, {"dag_display_name", dag.id}});
  }
  return {{"dag_id", dag.id},
          {"dag_display_name", dag.id},
          {"is_paused", state.is_paused},
          {"is_stale", false},
          {"last_parsed_time", instant_document(state.last_parsed_ms)},
          {"last_parse_duration", nullptr},
          {"last_expired", nullptr},
          {"bundle_name", kBundle},
          {"bundle_version", nullptr},
          {"relative_fileloc", facts.file.substr(facts.file.rfind('/') + 1)},
          {"fileloc", facts.file},
          {"description", or_null(dag.description)},
          {"timetable_summary", or_null(timetable.summary())},
          {"timetable_description", timetable.description()},
          {"timetable_partitioned", false},
          {"timetable_periodic", timetable.is_periodic()},
          {"tags", std::move(tags)},
          {"max_active_tasks", dag.max_active_tasks},
          {"max_active_runs", dag.max_active_runs},
          {"max_consecutive_failed_dag_runs", 0},
          {"has_task_concurrency_limits", false},
          {"has_import_errors", false},
          {"next_dagrun_logical_date", instant_document(state.next_interval_start_ms)},
          {"next_dagrun_data_interval_start", instant_document(state.next_interval_start_ms)},
          {"next_dagrun_data_interval_end", instant_document(state.next_interval_end_ms)},
          {"next_dagrun_run_after", instant_document(state.next_run_after_ms)},
          {"allowed_run_types", nullptr},
          {"owners", {dag.owner}},
          {"is_backfillable", timetable.is_periodic()},
          {"file_token", sha256_hex(facts.file).substr(0, 32)}};
}

// What a task instance and its earlier tries have in common.
Json instance_base(const workflow::TaskInstance& instance) {
  return {{"task_id", instance.task_id},
          {"dag_id", instance.dag_id},
          {"dag_run_id", instance.run_id},
          {"map_index", -1},
          {"start_date", instant_document(instance.start_ms)},
          {"end_date", instant_document(instance.end_ms)},
          {"duration", seconds_between(instance.start_ms, instance.end_ms)},
          {"state", instance.state ? Json(name_of(*instance.state)) : Json()},
          {"try_number", instance.try_number},
          {"max_tries", instance.max_tries},
          {"task_display_name", instance.task_id},
          {"dag_display_name", instance.dag_id},
          {"hostname", or_null(instance.hostname)},
          {"unixname", nullptr},
          {"pool", instance.pool},
          {"pool_slots", instance.pool_slots},
          {"queue", kQueue},
          {"priority_weight", instance.priority_weight},
          {"operator", instance.operator_name},
          {"operator_name", instance.operator_name},
          {"queued_when", instant_document(instance.queued_at_ms)},
          {"scheduled_when", instant_document(instance.scheduled_at_ms)},
          {"pid", or_null(instance.pid)},
          {"executor", nullptr},
          {"executor_config", "{}"}};
}

}  // namespace

Json instant_document(const std::optional<int64_t>& ms) {
  if (!ms) return nullptr;
  std::string text = TimeZone::utc().isoformat(*ms);
  text.resize(text.rfind('+'));
  return text + "Z";
}

Json dag_version_document(const std::string& dag_id, int64_t first_seen_at_ms) {
  // A UUIDv8 (RFC 9562) of the id.
  const std::string digest = sha256_hex("dag version of " + dag_id);
  return {{"id", fmt::format("{}-{}-8{}-a{}-{}", digest.substr(0, 8), digest.substr(8, 4),
                             digest.substr(12, 3), digest.substr(15, 3), digest.substr(18, 12))},
          {"version_number", 1},
          {"dag_id", dag_id},
          {"bundle_name", kBundle},
          {"bundle_version", nullptr},
          {"created_at", instant_document(first_seen_at_ms)},
          {"dag_display_name", dag_id},
          {"bundle_url", nullptr}};
}

Json dag_document(const DagFacts& facts) {
  return dag_base(facts);
}

Json dag_details_document(const DagFacts& facts, int64_t active_run_count) {
  const workflow::Dag& dag = facts.dag;
  Json details = dag_base(facts);
  const Json more = {
      {"catchup", dag.catchup},
      {"dag_run_timeout", dag.dagrun_timeout_ms ? Json(duration_text(*dag.dagrun_timeout_ms)) : Json()},
      {"asset_expression", asset_expression(dag)},
      {"doc_md", or_null(dag.doc)},
      {"start_date", instant_document(dag.start_date_ms)},
      {"end_date", instant_document(dag.end_date_ms)},
      {"is_paused_upon_creation", dag.is_paused_upon_creation},
      {"params", params_of(dag.default_conf)},
      {"render_template_as_native_obj", false},
      {"template_search_path", nullptr},
      {"timezone", dag.time_zone},
      {"last_parsed", instant_document(facts.state.last_parsed_ms)},
      {"default_args", Json::object()},
      {"rerun_with_latest_version", nullptr},
      {"owner_links", nullptr},
      {"is_favorite", false},
      {"active_runs_count", active_run_count},
      {"concurrency", dag.max_active_tasks},
      {"latest_dag_version", dag_version_document(dag.id, facts.state.first_seen_at_ms)}};
  details.update(more);
  return details;
}

Json task_document(const workflow::Dag& dag, const workflow::Task& task) {
  const auto delay_ms = static_cast<int64_t>(task.retry_delay_s * 1000);
  return {{"task_id", task.id},
          {"task_display_name", task.id},
          {"owner", dag.owner},
          {"start_date", instant_document(dag.start_date_ms)},
          {"end_date", instant_document(dag.end_date_ms)},
          {"trigger_rule", name_of(task.trigger_rule)},
          {"depends_on_past", task.depends_on_past},
          {"wait_for_downstream", task.wait_for_downstream},
          {"retries", static_cast<double>(task.retries)},
          {"queue", kQueue},
          {"pool", task.pool},
          {"pool_slots", static_cast<double>(task.pool_slots)},
          {"execution_timeout", task.execution_timeout_ms ? time_delta(*task.execution_timeout_ms) : Json()},
          {"retry_delay", time_delta(delay_ms)},
          {"retry_exponential_backoff", task.retry_exponential_backoff},
          {"priority_weight", static_cast<double>(task.priority_weight)},
          {"weight_rule", name_of(task.weight_rule)},
          {"ui_color", "#fff"},
          {"ui_fgcolor", "#000"},
          {"template_fields", Json::array()},
          {"downstream_task_ids", downstream_of(dag, task.id)},
          {"doc_md", or_null(task.doc)},
          {"operator_name", task.operator_name},
          {"params", params_of(dag.default_conf)},
          {"class_ref", {{"module_path", "tidemill"}, {"class_name", task.operator_name}}},
          {"is_mapped", false},
          {"extra_links", Json::array()}};
}

Json dag_run_document(const workflow::DagRun& run, const Json& version) {
  return {{"dag_run_id", run.run_id},
          {"dag_id", run.dag_id},
          {"logical_date", instant_document(run.logical_date_ms)},
          {"queued_at", instant_document(run.queued_at_ms)},
          {"start_date", instant_document(run.start_ms)},
          {"end_date", instant_document(run.end_ms)},
          {"duration", seconds_between(run.start_ms, run.end_ms)},
          {"data_interval_start", instant_document(run.data_interval_start_ms)},
          {"data_interval_end", instant_document(run.data_interval_end_ms)},
          {"run_after", instant_document(run.run_after_ms)},
          {"last_scheduling_decision", instant_document(run.last_scheduling_decision_ms)},
          {"run_type", name_of(run.run_type)},
          {"state", name_of(run.state)},
          {"triggered_by", name_of(run.triggered_by)},
          {"triggering_user_name", or_null(run.triggering_user_name)},
          {"conf", parsed(run.conf)},
          {"note", or_null(run.note)},
          {"dag_versions", {version}},
          {"bundle_version", nullptr},
          {"dag_display_name", run.dag_id},
          {"partition_key", nullptr},
          {"partition_date", nullptr}};
}

Json task_instance_document(const workflow::TaskInstance& instance,
                            const std::optional<int64_t>& logical_date_ms, const Json& version) {
  Json document = {{"id", instance.id}};
  document.update(instance_base(instance));
  document.update(Json{{"logical_date", instant_document(logical_date_ms)},
                       {"run_after", instant_document(instance.run_after_ms)},
                       {"note", or_null(instance.note)},
                       {"rendered_map_index", nullptr},
                       {"rendered_fields", Json::object()},
                       {"trigger", nullptr},
                       {"triggerer_job", nullptr},
                       {"dag_version", version}});
  return document;
}

Json try_document(const workflow::TaskInstance& instance, const Json& version) {
  Json document = instance_base(instance);
  document["dag_version"] = version;
  return document;
}

Json xcom_document(const workflow::XCom& xcom, const std::optional<workflow::DagRun>& run) {
  return {{"key", xcom.key},
          {"timestamp", instant_document(xcom.timestamp_ms)},
          {"logical_date", run ? instant_document(run->logical_date_ms) : Json()},
          {"map_index", -1},
          {"task_id", xcom.task_id},
          {"dag_id", xcom.dag_id},
          {"run_id", xcom.run_id},
          {"dag_display_name", xcom.dag_id},
          {"task_display_name", xcom.task_id},
          {"run_after", instant_document(run ? run->run_after_ms : xcom.timestamp_ms)}};
}

Json variable_document(const metadata::Variable& variable) {
  return {{"key", variable.key},
          {"value", masked_value(variable.key, variable.value)},
          {"description", or_null(variable.description)},
          {"is_encrypted", false},
          {"team_name", nullptr}};
}

Json pool_document(const workflow::Pool& pool) {
  return {{"name", pool.name},
          {"slots", pool.slots},
          {"description", or_null(pool.description)},
          {"include_deferred", pool.include_deferred},
          {"occupied_slots", pool.occupied_slots()},
          {"running_slots", pool.running_slots},
          {"queued_slots", pool.queued_slots},
          {"scheduled_slots", pool.scheduled_slots},
          {"open_slots", pool.open_slots()},
          {"deferred_slots", 0},
          {"team_name", nullptr}};
}

Json backfill_document(const workflow::Backfill& backfill) {
  return {{"id", backfill.id},
          {"dag_id", backfill.dag_id},
          {"from_date", instant_document(backfill.from_ms)},
          {"to_date", instant_document(backfill.to_ms)},
          {"dag_run_conf", parsed(backfill.conf)},
          {"is_paused", backfill.is_paused},
          {"reprocess_behavior", name_of(backfill.reprocess_behavior)},
          {"max_active_runs", backfill.max_active_runs},
          {"created_at", instant_document(backfill.created_at_ms)},
          {"completed_at", instant_document(backfill.completed_at_ms)},
          {"updated_at", instant_document(backfill.completed_at_ms.value_or(backfill.created_at_ms))},
          {"dag_display_name", backfill.dag_id}};
}

Json event_log_document(const workflow::LogEntry& entry, const std::optional<int64_t>& logical_date_ms) {
  return {{"event_log_id", entry.id},
          {"when", instant_document(entry.dttm_ms)},
          {"dag_id", or_null(entry.dag_id)},
          {"task_id", or_null(entry.task_id)},
          {"run_id", or_null(entry.run_id)},
          {"map_index", nullptr},
          {"try_number", or_null(entry.try_number)},
          {"event", entry.event},
          {"logical_date", instant_document(logical_date_ms)},
          {"owner", entry.owner},
          {"extra", or_null(entry.extra)},
          {"dag_display_name", or_null(entry.dag_id)},
          {"task_display_name", or_null(entry.task_id)}};
}

Json job_document(const workflow::Job& job) {
  return {{"id", job.id},
          {"dag_id", nullptr},
          {"state", job.state},
          {"job_type", "SchedulerJob"},
          {"start_date", instant_document(job.start_ms)},
          {"end_date", instant_document(job.end_ms)},
          {"latest_heartbeat", instant_document(job.latest_heartbeat_ms)},
          {"executor_class", nullptr},
          {"hostname", job.hostname},
          {"unixname", nullptr},
          {"dag_display_name", nullptr}};
}

}  // namespace tidemill::server::airflow
