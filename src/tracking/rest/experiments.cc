#include "base/json.h"
#include "tracking/rest/filters.h"
#include "tracking/rest/json_entities.h"
#include "tracking/rest/rest_store.h"

namespace tidemill::tracking::rest {

std::string RestStore::create_experiment(const std::string& name, const std::vector<Tag>& tags,
                                         const std::string& artifact_location) {
  Json body = {{"name", name}, {"tags", tags_to_json(tags)}};
  if (!artifact_location.empty()) body["artifact_location"] = artifact_location;
  const Json answer = create("experiments/create", body, [&]() -> std::optional<Json> {
    const auto found = get_experiment_by_name(name);
    if (!found) return std::nullopt;
    return Json{{"experiment_id", found->experiment_id}};
  });
  return answer.at("experiment_id").get<std::string>();
}

Experiment RestStore::get_experiment(const std::string& experiment_id) {
  return experiment_from(get("experiments/get", {{"experiment_id", experiment_id}})["experiment"]);
}

std::optional<Experiment> RestStore::get_experiment_by_name(const std::string& name) {
  auto answer = find("experiments/get-by-name", {{"experiment_name", name}});
  if (!answer) return std::nullopt;
  return experiment_from((*answer)["experiment"]);
}

std::vector<Experiment> RestStore::search_experiments(ViewType view) {
  std::vector<Experiment> experiments;
  Json body = {{"max_results", 1000}, {"view_type", view_type_to_json(view)}};
  while (true) {
    const Json answer = send("POST", "experiments/search", body, net::Repeat::kAlways);
    for (const Json& one : list_in(answer, "experiments")) experiments.push_back(experiment_from(one));
    const std::string token = answer.value("next_page_token", "");
    if (token.empty()) return experiments;
    body["page_token"] = token;
  }
}

void RestStore::set_experiment_tag(const std::string& experiment_id, const Tag& tag) {
  send("POST", "experiments/set-experiment-tag",
       {{"experiment_id", experiment_id}, {"key", tag.key}, {"value", tag.value}}, net::Repeat::kAlways);
}

void RestStore::rename_experiment(const std::string& experiment_id, const std::string& new_name) {
  send("POST", "experiments/update", {{"experiment_id", experiment_id}, {"new_name", new_name}},
       net::Repeat::kAlways);
}

void RestStore::delete_experiment(const std::string& experiment_id) {
  send("POST", "experiments/delete", {{"experiment_id", experiment_id}}, net::Repeat::kUnlessArrived);
}

void RestStore::restore_experiment(const std::string& experiment_id) {
  send("POST", "experiments/restore", {{"experiment_id", experiment_id}}, net::Repeat::kUnlessArrived);
}

}  // namespace tidemill::tracking::rest
