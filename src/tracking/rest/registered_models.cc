#include "base/json.h"
#include "tracking/rest/filters.h"
#include "tracking/rest/json_entities.h"
#include "tracking/rest/rest_store.h"
#include "tracking/validation.h"

namespace tidemill::tracking::rest {

RegisteredModel RestStore::create_registered_model(const std::string& name, const std::vector<Tag>& tags,
                                                   const std::optional<std::string>& description) {
  check_model_name(name);
  Json body = {{"name", name}, {"tags", tags_to_json(tags)}};
  if (description) body["description"] = *description;
  const Json answer = create("registered-models/create", body, [&] {
    return find("registered-models/get", {{"name", name}});
  });
  return registered_model_from(answer.at("registered_model"));
}

std::optional<RegisteredModel> RestStore::find_registered_model(const std::string& name) {
  check_model_name(name);
  const auto answer = find("registered-models/get", {{"name", name}});
  if (!answer) return std::nullopt;
  RegisteredModel model = registered_model_from(answer->at("registered_model"));
  for (ModelVersion& version : model.latest_versions) version = completed(std::move(version));
  return model;
}

RegisteredModel RestStore::get_registered_model(const std::string& name) {
  check_model_name(name);
  RegisteredModel model =
      registered_model_from(get("registered-models/get", {{"name", name}}).at("registered_model"));
  for (ModelVersion& version : model.latest_versions) version = completed(std::move(version));
  return model;
}

RegisteredModel RestStore::update_registered_model(const std::string& name, const std::string& description) {
  send("PATCH", "registered-models/update", {{"name", name}, {"description", description}},
       net::Repeat::kAlways);
  return get_registered_model(name);
}

RegisteredModel RestStore::rename_registered_model(const std::string& name, const std::string& new_name) {
  check_model_name(new_name);
  send("POST", "registered-models/rename", {{"name", name}, {"new_name", new_name}},
       net::Repeat::kUnlessArrived);
  return get_registered_model(new_name);
}

void RestStore::delete_registered_model(const std::string& name) {
  send("DELETE", "registered-models/delete", {{"name", name}}, net::Repeat::kUnlessArrived);
}

Page<RegisteredModel> RestStore::search_registered_models(const RegisteredModelQuery& query) {
  Page<RegisteredModel> page;
  if (matches_nothing(query.conditions)) return page;
  Parameters parameters = {{"max_results", std::to_string(query.page.max_results)}};
  const std::string filter = registry_filter(query.conditions);
  if (!filter.empty()) parameters.emplace_back("filter", filter);
  for (const std::string& order : registry_order(query.order_by)) parameters.emplace_back("order_by", order);
  if (!query.page.page_token.empty()) parameters.emplace_back("page_token", query.page.page_token);
  const Json answer = get("registered-models/search", parameters);
  for (const Json& one : list_in(answer, "registered_models")) {
    RegisteredModel& model = page.items.emplace_back(registered_model_from(one));
    for (ModelVersion& version : model.latest_versions) version = completed(std::move(version));
  }
  page.next_page_token = answer.value("next_page_token", "");
  return page;
}

void RestStore::set_registered_model_tag(const std::string& name, const Tag& tag) {
  check_registered_model_tag(tag);
  send("POST", "registered-models/set-tag", {{"name", name}, {"key", tag.key}, {"value", tag.value}},
       net::Repeat::kAlways);
}

void RestStore::delete_registered_model_tag(const std::string& name, const std::string& key) {
  send("DELETE", "registered-models/delete-tag", {{"name", name}, {"key", key}}, net::Repeat::kAlways);
}

void RestStore::set_registered_model_alias(const std::string& name, const std::string& alias,
                                           int64_t version) {
  check_alias(alias);
  check_alias_not_reserved(alias);
  send("POST", "registered-models/alias",
       {{"name", name}, {"alias", alias}, {"version", std::to_string(version)}}, net::Repeat::kAlways);
}

void RestStore::delete_registered_model_alias(const std::string& name, const std::string& alias) {
  check_alias(alias);
  send("DELETE", "registered-models/alias", {{"name", name}, {"alias", alias}}, net::Repeat::kAlways);
}

}  // namespace tidemill::tracking::rest
