// Documents of assets and their events.

#include <algorithm>

#include "base/digest.h"
#include "server/airflow/documents.h"
#include "server/airflow/schema.h"

namespace tidemill::server::airflow {
namespace {

bool has(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

int64_t asset_number(const std::string& name) {
  // 31 bits: what Airflow's database and its client's users take for an id.
  constexpr size_t kDigits = 8;
  return static_cast<int64_t>(std::stoul(sha256_hex(name).substr(0, kDigits), nullptr, 16) & 0x7fffffffUL) |
         1;
}

Json asset_document(const std::string& name, const std::vector<workflow::Dag>& dags,
                    const std::map<std::string, int64_t>& first_seen_at_ms,
                    const std::optional<workflow::Asset>& events) {
  std::optional<int64_t> first_ms;
  Json scheduled = Json::array(), producing = Json::array();
  for (const workflow::Dag& dag : dags) {
    const auto seen = first_seen_at_ms.find(dag.id);
    const int64_t seen_ms = seen == first_seen_at_ms.end() ? 0 : seen->second;
    const Json times = {{"created_at", instant_document(seen_ms)}, {"updated_at", instant_document(seen_ms)}};
    const auto note = [&](Json& references, Json reference) {
      reference.update(times);
      references.push_back(std::move(reference));
      first_ms = std::min(first_ms.value_or(seen_ms), seen_ms);
    };
    if (has(dag.schedule_assets, name)) note(scheduled, {{"dag_id", dag.id}});
    for (const workflow::Task& task : dag.tasks) {
      if (has(task.outlets, name)) note(producing, {{"dag_id", dag.id}, {"task_id", task.id}});
    }
  }
  Json last = nullptr;
  if (events) last = {{"id", events->last_event_id}, {"timestamp", instant_document(events->last_event_ms)}};
  return {{"id", asset_number(name)},
          {"name", name},
          {"uri", name},
          {"group", "asset"},
          {"extra", Json::object()},
          {"created_at", instant_document(first_ms.value_or(0))},
          {"updated_at", instant_document(first_ms.value_or(0))},
          {"scheduled_dags", std::move(scheduled)},
          {"producing_tasks", std::move(producing)},
          {"consuming_tasks", Json::array()},
          {"aliases", Json::array()},
          {"watchers", Json::array()},
          {"last_asset_event", std::move(last)}};
}

Json asset_event_document(const workflow::AssetEvent& event,
                          const std::vector<workflow::DagRun>& created_runs) {
  Json runs = Json::array();
  for (const workflow::DagRun& run : created_runs) {
    runs.push_back({{"run_id", run.run_id},
                    {"dag_id", run.dag_id},
                    {"logical_date", instant_document(run.logical_date_ms)},
                    {"start_date", instant_document(run.start_ms.value_or(run.queued_at_ms))},
                    {"end_date", instant_document(run.end_ms)},
                    {"state", name_of(run.state)},
                    {"data_interval_start", instant_document(run.data_interval_start_ms)},
                    {"data_interval_end", instant_document(run.data_interval_end_ms)},
                    {"partition_key", nullptr},
                    {"triggering", true}});
  }
  Json extra = Json::object();
  if (!is_too_deep(event.extra)) extra = Json::parse(event.extra, nullptr, /*allow_exceptions=*/false);
  if (!extra.is_object()) extra = nullptr;
  const auto or_null = [](const std::optional<std::string>& text) { return text ? Json(*text) : Json(); };
  return {{"id", event.id},
          {"asset_id", asset_number(event.asset)},
          {"uri", event.asset},
          {"name", event.asset},
          {"group", "asset"},
          {"extra", std::move(extra)},
          {"source_task_id", or_null(event.source_task_id)},
          {"source_dag_id", or_null(event.source_dag_id)},
          {"source_run_id", or_null(event.source_run_id)},
          {"source_map_index", -1},
          {"created_dagruns", std::move(runs)},
          {"timestamp", instant_document(event.timestamp_ms)},
          {"partition_key", nullptr}};
}

}  // namespace tidemill::server::airflow
