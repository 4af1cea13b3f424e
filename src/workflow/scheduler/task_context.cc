#include "workflow/scheduler/task_context.h"

#include "base/date.h"

namespace tidemill::workflow {
namespace {

Json text_or_null(const std::optional<std::string>& text) {
  return text ? Json(*text) : Json(nullptr);
}

Json time_or_null(const std::optional<int64_t>& ms) {
  return ms ? Json(TimeZone::utc().isoformat(*ms)) : Json(nullptr);
}

}  // namespace

RunContext run_context(Store& store, DagRun run, const TimeZone& zone) {
  RunContext context;
  const int64_t day_ms = zone.to_local(run.logical_date_ms.value_or(run.run_after_ms));
  context.ds = format_utc_ms(day_ms).substr(0, 10);
  context.conf = parse_json(run.conf, "the run's conf");
  for (const auto& [id, value] : store.xcoms_named(run.dag_id, run.run_id, "return_value")) {
    context.upstream += (context.upstream.empty() ? "" : ",") + Json(id).dump() + ":" + value;
  }
  for (const AssetEvent& event : store.asset_events_of(run.id)) {
    context.events.push_back({{"asset", event.asset},
                              {"extra", parse_json(event.extra, "the asset event's extra")},
                              {"source_dag_id", text_or_null(event.source_dag_id)},
                              {"source_task_id", text_or_null(event.source_task_id)},
                              {"source_run_id", text_or_null(event.source_run_id)},
                              {"timestamp", time_or_null(event.timestamp_ms)}});
  }
  context.run = std::move(run);
  return context;
}

std::string task_context(const RunContext& context, const std::string& task_id, int try_number) {
  const DagRun& run = context.run;
  const Json json = {{"dag_id", run.dag_id},
                     {"run_id", run.run_id},
                     {"task_id", task_id},
                     {"try_number", try_number},
                     {"run_type", name_of(run.run_type)},
                     {"conf", context.conf},
                     {"ds", context.ds},
                     {"logical_date", time_or_null(run.logical_date_ms)},
                     {"data_interval_start", time_or_null(run.data_interval_start_ms)},
                     {"data_interval_end", time_or_null(run.data_interval_end_ms)},
                     {"run_after", time_or_null(run.run_after_ms)},
                     {"triggering_asset_events", context.events}};
  // Not parsed and written again for each of many tasks.
  std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  text.back() = ',';
  return text + R"("upstream":{)" + context.upstream + "}}";
}

}  // namespace tidemill::workflow
