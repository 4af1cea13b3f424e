#include <algorithm>

#include "base/error.h"
#include "base/json.h"
#include "tracking/rest/filters.h"
#include "tracking/rest/json_entities.h"
#include "tracking/rest/rest_store.h"

namespace tidemill::tracking::rest {

RunInfo RestStore::create_run(const NewRun& run) {
  Json body = {{"experiment_id", run.experiment_id},
               {"user_id", run.user_id},
               {"start_time", run.start_time_ms},
               {"tags", tags_to_json(run.tags)}};
  if (!run.run_name.empty()) body["run_name"] = run.run_name;
  const Json answer = create("runs/create", body, [&] { return run_like(run); });
  return run_info_from(answer.at("run").at("info"));
}

// The run that a request made whose answer was lost: RUNNING, begun at that millisecond, with those tags.
std::optional<Json> RestStore::run_like(const NewRun& run) {
  RunQuery query;
  query.experiment_ids = {run.experiment_id};
  query.conditions = {
      {Field::kAttribute, "start_time", Comparator::kEqual, static_cast<double>(run.start_time_ms)},
      attribute_equals("status", "RUNNING")};
  const Json answer = search_runs_page(query);
  for (const Json& one : list_in(answer, "runs")) {
    const Run found = run_from(one);
    const bool same =
        found.info.user_id == run.user_id && (run.run_name.empty() || found.info.run_name == run.run_name) &&
        std::ranges::all_of(run.tags, [&](const Tag& tag) { return found.tag(tag.key) == tag.value; });
    if (same) return Json{{"run", one}};
  }
  return std::nullopt;
}

RunInfo RestStore::update_run(const std::string& run_id, std::optional<RunStatus> status,
                              std::optional<int64_t> end_time_ms, const std::string& run_name) {
  Json body = {{"run_id", run_id}, {"run_uuid", run_id}};
  if (status) body["status"] = to_string(*status);
  if (end_time_ms) body["end_time"] = *end_time_ms;
  if (!run_name.empty()) body["run_name"] = run_name;
  return run_info_from(send("POST", "runs/update", body, net::Repeat::kAlways).at("run_info"));
}

std::optional<Run> RestStore::find_run(const std::string& run_id) {
  const auto answer = find("runs/get", {{"run_id", run_id}});
  if (!answer) return std::nullopt;
  return run_from(answer->at("run"));
}

Run RestStore::get_run(const std::string& run_id) {
  return run_from(get("runs/get", {{"run_id", run_id}}).at("run"));
}

Json RestStore::search_runs_page(const RunQuery& query) {
  Json body = {{"experiment_ids", query.experiment_ids},
               {"filter", run_filter(query.conditions)},
               {"run_view_type", view_type_to_json(query.view)},
               {"max_results", query.page.max_results},
               {"order_by", run_order(query.order_by)}};
  if (!query.page.page_token.empty()) body["page_token"] = query.page.page_token;
  return send("POST", "runs/search", body, net::Repeat::kAlways);
}

Page<Run> RestStore::search_runs(const RunQuery& query) {
  Page<Run> page;
  if (query.experiment_ids.empty() || matches_nothing(query.conditions)) return page;
  const Json answer = search_runs_page(query);
  for (const Json& run : list_in(answer, "runs")) page.items.push_back(run_from(run));
  page.next_page_token = answer.value("next_page_token", "");
  return page;
}

void RestStore::delete_run(const std::string& run_id) {
  send("POST", "runs/delete", {{"run_id", run_id}}, net::Repeat::kAlways);
}

void RestStore::restore_run(const std::string& run_id) {
  send("POST", "runs/restore", {{"run_id", run_id}}, net::Repeat::kAlways);
}

}  // namespace tidemill::tracking::rest
