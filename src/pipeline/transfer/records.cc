#include "pipeline/transfer/records.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <system_error>

#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"

namespace tidemill::pipeline {
namespace {

using tracking::LoggedModelStatus;

Json number_to_json(double value) {
  return std::isnan(value) ? Json("NaN") : Json(value);
}

double number_from(const Json& json) {
  return json.is_number() ? json.get<double>() : std::numeric_limits<double>::quiet_NaN();
}

Json optional_to_json(const std::optional<std::string>& text) {
  return text ? Json(*text) : Json(nullptr);
}

std::optional<std::string> optional_from(const Json& json) {
  return json.is_null() ? std::nullopt : std::optional<std::string>(json.get<std::string>());
}

template <typename Item>
Json pairs_to_json(const std::vector<Item>& items) {
  Json json = Json::object();
  for (const Item& item : items) json[item.key] = item.value;
  return json;
}

template <typename Item>
std::vector<Item> pairs_from(const Json& json) {
  std::vector<Item> items;
  for (const auto& [key, value] : json.items()) items.push_back({key, value.template get<std::string>()});
  return items;
}

Json metrics_to_json(const std::vector<tracking::Metric>& metrics) {
  Json json = Json::array();
  for (const tracking::Metric& metric : metrics) {
    Json one = {metric.key, number_to_json(metric.value), metric.timestamp_ms, metric.step};
    if (!metric.dataset_name.empty()) one.insert(one.end(), {metric.dataset_name, metric.dataset_digest});
    json.push_back(std::move(one));
  }
  return json;
}

std::vector<tracking::Metric> metrics_from(const Json& json, const std::string& model_id) {
  std::vector<tracking::Metric> metrics;
  for (const Json& one : json) {
    tracking::Metric& metric = metrics.emplace_back();
    metric.key = one.at(0).get<std::string>();
    metric.value = number_from(one.at(1));
    metric.timestamp_ms = one.at(2).get<int64_t>();
    metric.step = one.at(3).get<int64_t>();
    metric.model_id = model_id;
    if (one.size() > 4) metric.dataset_name = one.at(4).get<std::string>();
    if (one.size() > 5) metric.dataset_digest = one.at(5).get<std::string>();
  }
  return metrics;
}

Json artifacts_to_json(const std::vector<ArtifactRecord>& artifacts) {
  Json json = Json::array();
  for (const ArtifactRecord& one : artifacts) {
    json.push_back({{"path", one.path}, {"size", one.size_bytes}, {"sha256", one.sha256}});
  }
  return json;
}

std::vector<ArtifactRecord> artifacts_from(const Json& json) {
  std::vector<ArtifactRecord> artifacts;
  for (const Json& one : json) {
    artifacts.push_back({one.at("path").get<std::string>(), one.at("size").get<uint64_t>(),
                         one.at("sha256").get<std::string>()});
  }
  return artifacts;
}

Json inputs_to_json(const std::vector<tracking::DatasetInput>& inputs) {
  Json json = Json::array();
  for (const tracking::DatasetInput& input : inputs) {
    json.push_back({{"name", input.dataset.name},
                    {"digest", input.dataset.digest},
                    {"source_type", input.dataset.source_type},
                    {"source", input.dataset.source},
                    {"schema", optional_to_json(input.dataset.schema)},
                    {"profile", optional_to_json(input.dataset.profile)},
                    {"tags", pairs_to_json(input.tags)}});
  }
  return json;
}

std::vector<tracking::DatasetInput> inputs_from(const Json& json) {
  std::vector<tracking::DatasetInput> inputs;
  for (const Json& one : json) {
    inputs.push_back({{one.at("name").get<std::string>(), one.at("digest").get<std::string>(),
                       one.at("source_type").get<std::string>(), one.at("source").get<std::string>(),
                       optional_from(one.at("schema")), optional_from(one.at("profile"))},
                      pairs_from<tracking::Tag>(one.at("tags"))});
  }
  return inputs;
}

Json to_json(const tracking::Experiment& experiment) {
  return {{"kind", "experiment"},
          {"experiment_id", experiment.experiment_id},
          {"name", experiment.name},
          {"tags", pairs_to_json(experiment.tags)}};
}

Json to_json(const RunRecord& record) {
  const tracking::Run& run = record.run;
  Json outputs = Json::array();
  for (const tracking::ModelOutput& output : run.model_outputs)
    outputs.push_back({output.model_id, output.step});
  return {{"kind", "run"},
          {"run_id", run.info.run_id},
          {"experiment_id", run.info.experiment_id},
          {"run_name", run.info.run_name},
          {"user_id", run.info.user_id},
          {"status", tracking::to_string(run.info.status)},
          {"start_time", run.info.start_time_ms},
          {"end_time", run.info.end_time_ms ? Json(*run.info.end_time_ms) : Json(nullptr)},
          {"artifact_uri", run.info.artifact_uri},
          {"params", pairs_to_json(run.params)},
          {"tags", pairs_to_json(run.tags)},
          {"metrics", metrics_to_json(record.history)},
          {"dataset_inputs", inputs_to_json(run.dataset_inputs)},
          {"model_inputs", run.model_inputs},
          {"model_outputs", outputs},
          {"artifacts", artifacts_to_json(record.artifacts)}};
}

RunRecord run_from(const Json& json) {
  RunRecord record;
  tracking::RunInfo& info = record.run.info;
  info.run_id = json.at("run_id").get<std::string>();
  info.experiment_id = json.at("experiment_id").get<std::string>();
  info.run_name = json.at("run_name").get<std::string>();
  info.user_id = json.at("user_id").get<std::string>();
  info.status = tracking::run_status_from(json.at("status").get<std::string>());
  info.start_time_ms = json.at("start_time").get<int64_t>();
  if (!json.at("end_time").is_null()) info.end_time_ms = json.at("end_time").get<int64_t>();
  info.artifact_uri = json.at("artifact_uri").get<std::string>();
  record.run.params = pairs_from<tracking::Param>(json.at("params"));
  record.run.tags = pairs_from<tracking::Tag>(json.at("tags"));
  record.history = metrics_from(json.at("metrics"), "");
  record.run.dataset_inputs = inputs_from(json.at("dataset_inputs"));
  record.run.model_inputs = json.at("model_inputs").get<std::vector<std::string>>();
  for (const Json& one : json.at("model_outputs")) {
    record.run.model_outputs.push_back({one.at(0).get<std::string>(), one.at(1).get<int64_t>()});
  }
  record.artifacts = artifacts_from(json.at("artifacts"));
  return record;
}

Json to_json(const ModelRecord& record) {
  const tracking::LoggedModel& model = record.model;
  return {{"kind", "logged_model"},
          {"model_id", model.model_id},
          {"experiment_id", model.experiment_id},
          {"name", model.name},
          {"model_type", optional_to_json(model.model_type)},
          {"status", tracking::to_string(model.status)},
          {"source_run_id", optional_to_json(model.source_run_id)},
          {"artifact_uri", model.artifact_location},
          {"params", pairs_to_json(model.params)},
          {"tags", pairs_to_json(model.tags)},
          {"metrics", metrics_to_json(model.metrics)},
          {"artifacts", artifacts_to_json(record.artifacts)}};
}

ModelRecord model_from(const Json& json) {
  ModelRecord record;
  tracking::LoggedModel& model = record.model;
  model.model_id = json.at("model_id").get<std::string>();
  model.experiment_id = json.at("experiment_id").get<std::string>();
  model.name = json.at("name").get<std::string>();
  model.model_type = optional_from(json.at("model_type"));
  const std::string status = json.at("status").get<std::string>();
  for (const auto known : {LoggedModelStatus::kUnspecified, LoggedModelStatus::kPending,
                           LoggedModelStatus::kReady, LoggedModelStatus::kFailed}) {
    if (tracking::to_string(known) == status) model.status = known;
  }
  model.source_run_id = optional_from(json.at("source_run_id"));
  model.artifact_location = json.at("artifact_uri").get<std::string>();
  model.params = pairs_from<tracking::Param>(json.at("params"));
  model.tags = pairs_from<tracking::Tag>(json.at("tags"));
  model.metrics = metrics_from(json.at("metrics"), model.model_id);
  record.artifacts = artifacts_from(json.at("artifacts"));
  return record;
}

Json to_json(const tracking::RegisteredModel& model) {
  Json aliases = Json::object();
  for (const tracking::Alias& alias : model.aliases) aliases[alias.alias] = alias.version;
  return {{"kind", "registered_model"},
          {"name", model.name},
          {"description", optional_to_json(model.description)},
          {"tags", pairs_to_json(model.tags)},
          {"aliases", aliases}};
}

tracking::RegisteredModel registered_model_from(const Json& json) {
  tracking::RegisteredModel model;
  model.name = json.at("name").get<std::string>();
  model.description = optional_from(json.at("description"));
  model.tags = pairs_from<tracking::Tag>(json.at("tags"));
  for (const auto& [alias, version] : json.at("aliases").items()) {
    model.aliases.push_back({alias, version.get<int64_t>()});
  }
  return model;
}

Json to_json(const tracking::ModelVersion& version) {
  return {{"kind", "model_version"},
          {"name", version.name},
          {"version", version.version},
          {"stage", version.current_stage},
          {"description", optional_to_json(version.description)},
          {"source", version.source},
          {"run_id", optional_to_json(version.run_id)},
          {"run_link", optional_to_json(version.run_link)},
          {"tags", pairs_to_json(version.tags)}};
}

tracking::ModelVersion version_from(const Json& json) {
  tracking::ModelVersion version;
  version.name = json.at("name").get<std::string>();
  version.version = json.at("version").get<int64_t>();
  version.current_stage = json.at("stage").get<std::string>();
  version.description = optional_from(json.at("description"));
  version.source = json.at("source").get<std::string>();
  version.run_id = optional_from(json.at("run_id"));
  version.run_link = optional_from(json.at("run_link"));
  version.tags = pairs_from<tracking::Tag>(json.at("tags"));
  return version;
}

void take(const Json& json, TrackingRecords& records) {
  const std::string kind = json.at("kind").get<std::string>();
  if (kind == "experiment") {
    tracking::Experiment experiment;
    experiment.experiment_id = json.at("experiment_id").get<std::string>();
    experiment.name = json.at("name").get<std::string>();
    experiment.tags = pairs_from<tracking::Tag>(json.at("tags"));
    records.experiments.push_back(std::move(experiment));
  } else if (kind == "run") {
    records.runs.push_back(run_from(json));
  } else if (kind == "logged_model") {
    records.models.push_back(model_from(json));
  } else if (kind == "registered_model") {
    records.registered_models.push_back(registered_model_from(json));
  } else if (kind == "model_version") {
    records.versions.push_back(version_from(json));
  }
}

}  // namespace

std::string format_records(const TrackingRecords& records, const std::string& from) {
  std::string text;
  const auto add = [&text](const Json& json) {
    text += json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  };
  add({{"kind", "header"}, {"format", kExportFormat}, {"from", from}});
  for (const auto& one : records.experiments) add(to_json(one));
  for (const auto& one : records.runs) add(to_json(one));
  for (const auto& one : records.models) add(to_json(one));
  for (const auto& one : records.registered_models) add(to_json(one));
  for (const auto& one : records.versions) add(to_json(one));
  add({{"kind", "end"}});
  return text;
}

TrackingRecords parse_records(std::string_view text, const std::string& place) {
  TrackingRecords records;
  size_t number = 0;
  bool ended = false;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string where = fmt::format("{}:{}", place, ++number);
    const Json json = parse_json(text.substr(0, end), where);
    text.remove_prefix(std::min(end + 1, text.size()));
    try {
      if (number == 1 && json.at("format").get<std::string>() != kExportFormat) {
        throw Error(ErrorCode::kNotImplemented,
                    fmt::format("{} is of the format {}; this program reads {}", place,
                                json.at("format").get<std::string>(), kExportFormat));
      }
      ended = json.at("kind") == "end";
      take(json, records);
    } catch (const nlohmann::json::exception& error) {
      throw Error(ErrorCode::kCorrupted, fmt::format("{}: {}", where, error.what()));
    }
  }
  if (!ended) throw Error(ErrorCode::kCorrupted, fmt::format("{} ends before its last line", place));
  return records;
}

void write_file(const std::filesystem::path& path, std::string_view bytes) {
  std::error_code failure;
  std::filesystem::create_directories(path.parent_path(), failure);
  if (failure) throw_system_error(failure.value(), "create folder", path.parent_path().string());
  std::ofstream file(path, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file) throw_system_error(errno, "write", path.string());
}

}  // namespace tidemill::pipeline
