#include <algorithm>

#include <fmt/format.h>

#include "base/json.h"
#include "tracking/rest/filters.h"
#include "tracking/rest/json_entities.h"
#include "tracking/rest/rest_store.h"
#include "tracking/validation.h"

namespace tidemill::tracking::rest {
namespace {

constexpr size_t kMaxParamsPerCall = 100;

Json params_part(const std::vector<Param>& params, size_t start) {
  const size_t end = std::min(params.size(), start + kMaxParamsPerCall);
  return params_to_json(
      {params.begin() + static_cast<ptrdiff_t>(start), params.begin() + static_cast<ptrdiff_t>(end)});
}

std::string path_of(const std::string& model_id) {
  return "logged-models/" + net::percent_encode(model_id);
}

}  // namespace

LoggedModel RestStore::create_logged_model(const NewLoggedModel& model) {
  check_logged_model_name(model.name);
  Json body = {{"experiment_id", model.experiment_id},
               {"name", model.name},
               {"tags", tags_to_json(model.tags)},
               {"params", model.params.empty() ? Json::array() : params_part(model.params, 0)}};
  if (!model.source_run_id.empty()) body["source_run_id"] = model.source_run_id;
  if (!model.model_type.empty()) body["model_type"] = model.model_type;
  const Json answer = create("logged-models", body, [&]() -> std::optional<Json> {
    if (model.source_run_id.empty()) return std::nullopt;
    for (const LoggedModel& found : list_logged_models(model.experiment_id, model.source_run_id)) {
      const bool same =
          found.name == model.name && found.status == LoggedModelStatus::kPending &&
          std::ranges::all_of(model.tags, [&](const Tag& tag) { return found.tag(tag.key) == tag.value; });
      if (same) return get(path_of(found.model_id));
    }
    return std::nullopt;
  });
  LoggedModel made = logged_model_from(answer.at("model"));
  if (model.params.size() <= kMaxParamsPerCall) return made;
  log_logged_model_params(made.model_id, model.params);
  return get_logged_model(made.model_id);
}

LoggedModel RestStore::finalize_logged_model(const std::string& model_id, LoggedModelStatus status) {
  const Json body = {{"model_id", model_id}, {"status", logged_model_status_to_json(status)}};
  return logged_model_from(send("PATCH", path_of(model_id), body, net::Repeat::kAlways).at("model"));
}

std::optional<LoggedModel> RestStore::find_logged_model(const std::string& model_id) {
  const auto answer = find(path_of(model_id), {});
  if (!answer) return std::nullopt;
  return logged_model_from(answer->at("model"));
}

LoggedModel RestStore::get_logged_model(const std::string& model_id) {
  return logged_model_from(get(path_of(model_id)).at("model"));
}

std::vector<LoggedModel> RestStore::list_logged_models(const std::string& experiment_id,
                                                       const std::string& source_run_id) {
  Json body = {{"experiment_ids", {experiment_id}}, {"max_results", 50}};
  if (!source_run_id.empty()) body["filter"] = "source_run_id = " + filter_text(source_run_id);
  std::vector<LoggedModel> models;
  while (true) {
    const Json answer = send("POST", "logged-models/search", body, net::Repeat::kAlways);
    for (const Json& model : list_in(answer, "models")) models.push_back(logged_model_from(model));
    const std::string token = answer.value("next_page_token", "");
    if (token.empty()) return models;
    body["page_token"] = token;
  }
}

void RestStore::set_logged_model_tags(const std::string& model_id, const std::vector<Tag>& tags) {
  send("PATCH", path_of(model_id) + "/tags", {{"model_id", model_id}, {"tags", tags_to_json(tags)}},
       net::Repeat::kAlways);
}

void RestStore::delete_logged_model_tag(const std::string& model_id, const std::string& key) {
  send("DELETE", path_of(model_id) + "/tags/" + net::percent_encode(key), Json::object(),
       net::Repeat::kUnlessArrived);
}

void RestStore::log_logged_model_params(const std::string& model_id, const std::vector<Param>& params) {
  // MLflow refuses a param that is there already, also with the same value.
  const auto missing = [&] {
    const LoggedModel model = get_logged_model(model_id);
    std::vector<Param> list;
    for (const Param& param : params) {
      const Param checked = checked_param(param);
      if (std::ranges::find(model.params, checked) == model.params.end()) list.push_back(checked);
    }
    return list;
  };
  for (std::vector<Param> list = missing(); !list.empty(); list = missing()) {
    const Json body = {{"model_id", model_id}, {"params", params_part(list, 0)}};
    create(path_of(model_id) + "/params", body, [&]() -> std::optional<Json> {
      const std::vector<Param> still = missing();
      if (std::ranges::find(still, list.front()) != still.end()) return std::nullopt;
      return Json::object();
    });
  }
}

void RestStore::delete_logged_model(const std::string& model_id) {
  send("DELETE", path_of(model_id), {{"model_id", model_id}}, net::Repeat::kUnlessArrived);
}

}  // namespace tidemill::tracking::rest
