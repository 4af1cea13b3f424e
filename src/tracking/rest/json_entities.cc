#include "tracking/rest/json_entities.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"

namespace tidemill::tracking::rest {
namespace {

constexpr std::array kLoggedModelStatuses = {
    std::pair{LoggedModelStatus::kUnspecified, std::string_view("LOGGED_MODEL_STATUS_UNSPECIFIED")},
    std::pair{LoggedModelStatus::kPending, std::string_view("LOGGED_MODEL_PENDING")},
    std::pair{LoggedModelStatus::kReady, std::string_view("LOGGED_MODEL_READY")},
    std::pair{LoggedModelStatus::kFailed, std::string_view("LOGGED_MODEL_UPLOAD_FAILED")},
};

const Json& member(const Json& json, const char* key) {
  const auto found = json.is_object() ? json.find(key) : json.end();
  if (!json.is_object() || found == json.end()) {
    throw Error(ErrorCode::kCorrupted, fmt::format("the MLflow server's answer has no '{}'", key));
  }
  return *found;
}

std::optional<std::string> optional_text(const Json& json, const char* key) {
  const auto found = json.find(key);
  if (found == json.end() || !found->is_string()) return std::nullopt;
  return found->get<std::string>();
}

// For what MLflow sends as "" when there is none.
std::optional<std::string> text_unless_empty(const Json& json, const char* key) {
  auto text = optional_text(json, key);
  return text && text->empty() ? std::nullopt : text;
}

std::string text_or_empty(const Json& json, const char* key) {
  return optional_text(json, key).value_or("");
}

// A number, or its digits in a string: how protobuf's own JSON writes 64 bits, and MLflow versions.
std::optional<int64_t> optional_integer(const Json& json, const char* key) {
  const auto found = json.find(key);
  if (found == json.end()) return std::nullopt;
  if (found->is_number()) return found->get<int64_t>();
  if (!found->is_string()) return std::nullopt;
  const std::string text = found->get<std::string>();
  int64_t value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) {
    throw Error(ErrorCode::kCorrupted, fmt::format("the MLflow server's '{}' is '{}', no number", key, text));
  }
  return value;
}

int64_t integer_or_zero(const Json& json, const char* key) {
  return optional_integer(json, key).value_or(0);
}

double number_from(const Json& json) {
  if (json.is_number()) return json.get<double>();
  const std::string text = json.is_string() ? json.get<std::string>() : "";
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (text == "Infinity") return kInfinity;
  if (text == "-Infinity") return -kInfinity;
  return std::numeric_limits<double>::quiet_NaN();
}

Json number_to_json(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  return value;
}

// Keys and values, in order of their keys.
template <typename Item>
std::vector<Item> pairs_in(const Json& json, const char* key) {
  std::vector<Item> items;
  for (const Json& one : list_in(json, key))
    items.push_back({text_or_empty(one, "key"), text_or_empty(one, "value")});
  std::ranges::sort(items, {}, &Item::key);
  return items;
}

DatasetInput dataset_input_from(const Json& json) {
  const Json& dataset = member(json, "dataset");
  DatasetInput input;
  input.dataset = {text_or_empty(dataset, "name"),        text_or_empty(dataset, "digest"),
                   text_or_empty(dataset, "source_type"), text_or_empty(dataset, "source"),
                   optional_text(dataset, "schema"),      optional_text(dataset, "profile")};
  input.tags = pairs_in<Tag>(json, "tags");
  return input;
}

}  // namespace

const Json& list_in(const Json& json, const char* key) {
  static const Json kNone = Json::array();
  if (!json.is_object()) return kNone;
  const auto found = json.find(key);
  return found == json.end() || !found->is_array() ? kNone : *found;
}

Experiment experiment_from(const Json& json) {
  Experiment experiment;
  experiment.experiment_id = member(json, "experiment_id").get<std::string>();
  experiment.name = text_or_empty(json, "name");
  experiment.artifact_location = text_or_empty(json, "artifact_location");
  experiment.lifecycle_stage = lifecycle_stage_from(text_or_empty(json, "lifecycle_stage"));
  experiment.creation_time_ms = integer_or_zero(json, "creation_time");
  experiment.last_update_time_ms = integer_or_zero(json, "last_update_time");
  experiment.tags = pairs_in<Tag>(json, "tags");
  return experiment;
}

RunInfo run_info_from(const Json& json) {
  RunInfo info;
  info.run_id = member(json, "run_id").get<std::string>();
  info.run_name = text_or_empty(json, "run_name");
  info.experiment_id = text_or_empty(json, "experiment_id");
  info.user_id = text_or_empty(json, "user_id");
  info.status = run_status_from(text_or_empty(json, "status"));
  info.start_time_ms = integer_or_zero(json, "start_time");
  info.end_time_ms = optional_integer(json, "end_time");
  info.lifecycle_stage = lifecycle_stage_from(text_or_empty(json, "lifecycle_stage"));
  info.artifact_uri = text_or_empty(json, "artifact_uri");
  return info;
}

Metric metric_from(const Json& json) {
  Metric metric;
  metric.key = text_or_empty(json, "key");
  if (json.contains("value")) metric.value = number_from(json["value"]);
  metric.timestamp_ms = integer_or_zero(json, "timestamp");
  metric.step = integer_or_zero(json, "step");
  metric.model_id = text_or_empty(json, "model_id");
  metric.dataset_name = text_or_empty(json, "dataset_name");
  metric.dataset_digest = text_or_empty(json, "dataset_digest");
  return metric;
}

Run run_from(const Json& json) {
  Run run;
  run.info = run_info_from(member(json, "info"));
  const Json none = Json::object();
  const Json& data = json.contains("data") ? json["data"] : none;
  for (const Json& metric : list_in(data, "metrics")) run.metrics.push_back(metric_from(metric));
  std::ranges::sort(run.metrics, {}, &Metric::key);
  run.params = pairs_in<Param>(data, "params");
  run.tags = pairs_in<Tag>(data, "tags");
  const Json& inputs = json.contains("inputs") ? json["inputs"] : none;
  for (const Json& input : list_in(inputs, "dataset_inputs")) {
    run.dataset_inputs.push_back(dataset_input_from(input));
  }
  std::ranges::sort(run.dataset_inputs, {}, [](const DatasetInput& input) {
    return std::tie(input.dataset.name, input.dataset.digest);
  });
  for (const Json& model : list_in(inputs, "model_inputs")) {
    run.model_inputs.push_back(text_or_empty(model, "model_id"));
  }
  std::ranges::sort(run.model_inputs);
  const Json& outputs = json.contains("outputs") ? json["outputs"] : none;
  for (const Json& model : list_in(outputs, "model_outputs")) {
    run.model_outputs.push_back({text_or_empty(model, "model_id"), integer_or_zero(model, "step")});
  }
  std::ranges::sort(run.model_outputs, {},
                    [](const ModelOutput& model) { return std::tie(model.step, model.model_id); });
  return run;
}

LoggedModel logged_model_from(const Json& json) {
  const Json& info = member(json, "info");
  LoggedModel model;
  model.model_id = member(info, "model_id").get<std::string>();
  model.name = text_or_empty(info, "name");
  model.experiment_id = text_or_empty(info, "experiment_id");
  model.artifact_location = text_or_empty(info, "artifact_uri");
  model.creation_timestamp_ms = integer_or_zero(info, "creation_timestamp_ms");
  model.last_updated_timestamp_ms = integer_or_zero(info, "last_updated_timestamp_ms");
  model.status = LoggedModelStatus::kUnspecified;
  for (const auto& [status, word] : kLoggedModelStatuses) {
    if (word == text_or_empty(info, "status")) model.status = status;
  }
  model.status_message = text_unless_empty(info, "status_message");
  model.model_type = text_unless_empty(info, "model_type");
  model.source_run_id = text_unless_empty(info, "source_run_id");
  model.tags = pairs_in<Tag>(info, "tags");
  const Json none = Json::object();
  const Json& data = json.contains("data") ? json["data"] : none;
  model.params = pairs_in<Param>(data, "params");
  for (const Json& metric : list_in(data, "metrics")) model.metrics.push_back(metric_from(metric));
  std::ranges::sort(model.metrics, {}, [](const Metric& metric) {
    return std::tie(metric.key, metric.timestamp_ms, metric.step);
  });
  return model;
}

ModelVersion model_version_from(const Json& json) {
  ModelVersion version;
  version.name = member(json, "name").get<std::string>();
  version.version = integer_or_zero(json, "version");
  version.creation_time_ms = integer_or_zero(json, "creation_timestamp");
  version.last_updated_time_ms = integer_or_zero(json, "last_updated_timestamp");
  version.description = optional_text(json, "description");
  version.user_id = text_unless_empty(json, "user_id");
  version.current_stage = text_unless_empty(json, "current_stage").value_or(std::string(kStageNone));
  version.source = text_or_empty(json, "source");
  version.run_id = text_unless_empty(json, "run_id");
  version.status = text_unless_empty(json, "status").value_or("READY");
  version.status_message = text_unless_empty(json, "status_message");
  version.run_link = text_unless_empty(json, "run_link");
  version.tags = pairs_in<Tag>(json, "tags");
  for (const Json& alias : list_in(json, "aliases")) version.aliases.push_back(alias.get<std::string>());
  std::ranges::sort(version.aliases);
  return version;
}

RegisteredModel registered_model_from(const Json& json) {
  RegisteredModel model;
  model.name = member(json, "name").get<std::string>();
  model.creation_time_ms = integer_or_zero(json, "creation_timestamp");
  model.last_updated_time_ms = integer_or_zero(json, "last_updated_timestamp");
  model.description = optional_text(json, "description");
  model.tags = pairs_in<Tag>(json, "tags");
  for (const Json& alias : list_in(json, "aliases")) {
    model.aliases.push_back({text_or_empty(alias, "alias"), integer_or_zero(alias, "version")});
  }
  std::ranges::sort(model.aliases, {}, &Alias::alias);
  for (const Json& version : list_in(json, "latest_versions")) {
    ModelVersion& latest = model.latest_versions.emplace_back(model_version_from(version));
    // The versions inside a registered model come without their aliases.
    latest.aliases.clear();
    for (const Alias& alias : model.aliases) {
      if (alias.version == latest.version) latest.aliases.push_back(alias.alias);
    }
  }
  std::ranges::sort(model.latest_versions, {}, &ModelVersion::version);
  return model;
}

Json tags_to_json(const std::vector<Tag>& tags) {
  Json json = Json::array();
  for (const Tag& tag : tags) json.push_back({{"key", tag.key}, {"value", tag.value}});
  return json;
}

Json params_to_json(const std::vector<Param>& params) {
  Json json = Json::array();
  for (const Param& param : params) json.push_back({{"key", param.key}, {"value", param.value}});
  return json;
}

Json metrics_to_json(const std::vector<Metric>& metrics) {
  Json json = Json::array();
  for (const Metric& metric : metrics) {
    Json one = {{"key", metric.key},
                {"value", number_to_json(metric.value)},
                {"timestamp", metric.timestamp_ms},
                {"step", metric.step}};
    if (!metric.model_id.empty()) one["model_id"] = metric.model_id;
    if (!metric.dataset_name.empty()) one["dataset_name"] = metric.dataset_name;
    if (!metric.dataset_digest.empty()) one["dataset_digest"] = metric.dataset_digest;
    json.push_back(std::move(one));
  }
  return json;
}

Json inputs_to_json(const std::vector<DatasetInput>& inputs) {
  Json json = Json::array();
  for (const DatasetInput& input : inputs) {
    Json dataset = {{"name", input.dataset.name},
                    {"digest", input.dataset.digest},
                    {"source_type", input.dataset.source_type},
                    {"source", input.dataset.source}};
    if (input.dataset.schema) dataset["schema"] = *input.dataset.schema;
    if (input.dataset.profile) dataset["profile"] = *input.dataset.profile;
    json.push_back({{"tags", tags_to_json(input.tags)}, {"dataset", std::move(dataset)}});
  }
  return json;
}

std::string logged_model_status_to_json(LoggedModelStatus status) {
  for (const auto& [known, word] : kLoggedModelStatuses) {
    if (known == status) return std::string(word);
  }
  return std::string(kLoggedModelStatuses.front().second);
}

void sort_history(std::vector<Metric>& history) {
  // NaN stands as 0 in MLflow's tables.
  std::ranges::stable_sort(history, {}, [](const Metric& metric) {
    return std::tuple(metric.timestamp_ms, metric.step, std::isnan(metric.value) ? 0.0 : metric.value);
  });
}

}  // namespace tidemill::tracking::rest
