#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"
#include "tracking/model_uri.h"
#include "tracking/rest/filters.h"
#include "tracking/rest/json_entities.h"
#include "tracking/rest/rest_store.h"
#include "tracking/validation.h"

namespace tidemill::tracking::rest {

ModelVersion RestStore::completed(ModelVersion version) {
  const Json answer = get("model-versions/get-download-uri",
                          {{"name", version.name}, {"version", std::to_string(version.version)}});
  version.storage_location = answer.value("artifact_uri", version.source);
  return version;
}

std::vector<ModelVersion> RestStore::completed(std::vector<ModelVersion> versions) {
  std::map<std::string, std::vector<Alias>> aliases;  // searches leave them out
  for (ModelVersion& version : versions) {
    if (!aliases.contains(version.name)) {
      const Json answer = get("registered-models/get", {{"name", version.name}});
      aliases[version.name] = registered_model_from(answer.at("registered_model")).aliases;
    }
    version.aliases.clear();
    for (const Alias& alias : aliases[version.name]) {
      if (alias.version == version.version) version.aliases.push_back(alias.alias);
    }
    version = completed(std::move(version));
  }
  return versions;
}

ModelVersion RestStore::create_model_version(const NewModelVersion& version) {
  check_model_name(version.name);
  Json body = {{"name", version.name}, {"source", version.source}, {"tags", tags_to_json(version.tags)}};
  if (!version.run_id.empty()) body["run_id"] = version.run_id;
  if (version.description) body["description"] = *version.description;
  if (version.run_link) body["run_link"] = *version.run_link;
  if (version.source.starts_with("models:")) {
    const ModelUri uri = parse_model_uri(version.source);
    // Of a model that is not there MLflow says only that something failed.
    if (uri.model_id) body["model_id"] = get_logged_model(*uri.model_id).model_id;
  }
  const Json answer = create("model-versions/create", body, [&]() -> std::optional<Json> {
    // Without tags there is no telling it from another version of the same source.
    if (version.tags.empty()) {
      throw Error(ErrorCode::kUnavailable,
                  fmt::format("{} broke off while it made a version of '{}': look whether it is there before "
                              "you try again",
                              uri(), version.name));
    }
    ModelVersionQuery query;  // the latest first
    query.conditions = {attribute_equals("name", version.name)};
    query.page.max_results = 100;
    const Json answered = search_versions_page(query);
    for (const Json& one : list_in(answered, "model_versions")) {
      const ModelVersion found = model_version_from(one);
      const bool same =
          found.source == version.source &&
          std::ranges::all_of(version.tags, [&](const Tag& tag) { return found.tag(tag.key) == tag.value; });
      if (same) return Json{{"model_version", one}};
    }
    return std::nullopt;
  });
  return completed(model_version_from(answer.at("model_version")));
}

ModelVersion RestStore::get_model_version(const std::string& name, int64_t version) {
  check_model_name(name);
  const Json answer = get("model-versions/get", {{"name", name}, {"version", std::to_string(version)}});
  return completed(model_version_from(answer.at("model_version")));
}

ModelVersion RestStore::update_model_version(const std::string& name, int64_t version,
                                             const std::string& description) {
  send("PATCH", "model-versions/update",
       {{"name", name}, {"version", std::to_string(version)}, {"description", description}},
       net::Repeat::kAlways);
  return get_model_version(name, version);
}

ModelVersion RestStore::transition_model_version_stage(const std::string& name, int64_t version,
                                                       const std::string& stage,
                                                       bool archive_existing_versions) {
  send("POST", "model-versions/transition-stage",
       {{"name", name},
        {"version", std::to_string(version)},
        {"stage", checked_stage(stage, archive_existing_versions)},
        {"archive_existing_versions", archive_existing_versions}},
       net::Repeat::kAlways);
  return get_model_version(name, version);
}

void RestStore::delete_model_version(const std::string& name, int64_t version) {
  send("DELETE", "model-versions/delete", {{"name", name}, {"version", std::to_string(version)}},
       net::Repeat::kUnlessArrived);
}

std::vector<ModelVersion> RestStore::get_latest_versions(const std::string& name,
                                                         const std::vector<std::string>& stages) {
  check_model_name(name);
  Json body = {{"name", name}};
  for (const std::string& stage : stages) body["stages"].push_back(canonical_stage(stage));
  const Json answer = send("POST", "registered-models/get-latest-versions", body, net::Repeat::kAlways);
  std::vector<ModelVersion> versions;
  for (const Json& one : list_in(answer, "model_versions")) {
    versions.push_back(completed(model_version_from(one)));
  }
  std::ranges::sort(versions, {}, &ModelVersion::version);
  return versions;
}

Json RestStore::search_versions_page(const ModelVersionQuery& query) {
  Parameters parameters = {{"max_results", std::to_string(query.page.max_results)}};
  const std::string filter = registry_filter(query.conditions);
  if (!filter.empty()) parameters.emplace_back("filter", filter);
  for (const std::string& order : registry_order(query.order_by)) parameters.emplace_back("order_by", order);
  if (!query.page.page_token.empty()) parameters.emplace_back("page_token", query.page.page_token);
  return get("model-versions/search", parameters);
}

Page<ModelVersion> RestStore::search_model_versions(const ModelVersionQuery& query) {
  Page<ModelVersion> page;
  if (matches_nothing(query.conditions)) return page;
  const Json answer = search_versions_page(query);
  for (const Json& one : list_in(answer, "model_versions")) page.items.push_back(model_version_from(one));
  page.items = completed(std::move(page.items));
  page.next_page_token = answer.value("next_page_token", "");
  return page;
}

void RestStore::set_model_version_tag(const std::string& name, int64_t version, const Tag& tag) {
  check_registered_model_tag(tag);
  send("POST", "model-versions/set-tag",
       {{"name", name}, {"version", std::to_string(version)}, {"key", tag.key}, {"value", tag.value}},
       net::Repeat::kAlways);
}

void RestStore::delete_model_version_tag(const std::string& name, int64_t version, const std::string& key) {
  send("DELETE", "model-versions/delete-tag",
       {{"name", name}, {"version", std::to_string(version)}, {"key", key}}, net::Repeat::kAlways);
}

ModelVersion RestStore::get_model_version_by_alias(const std::string& name, const std::string& alias) {
  check_model_name(name);
  check_alias(alias);
  const Json answer = get("registered-models/alias", {{"name", name}, {"alias", alias}});
  return completed(model_version_from(answer.at("model_version")));
}

}  // namespace tidemill::tracking::rest
