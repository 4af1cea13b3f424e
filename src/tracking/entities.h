#pragma once
// What the tracking store keeps, in MLflow's words. Source: mlflow/entities/ (3.17).
//
// Times are milliseconds since 1970 UTC. Ids of experiments are decimal texts ("0" is Default), of runs 32
// hex digits, of logged models "m-" and 32 hex digits.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tidemill::tracking {

enum class LifecycleStage { kActive, kDeleted };
enum class RunStatus { kRunning, kScheduled, kFinished, kFailed, kKilled };
enum class LoggedModelStatus { kUnspecified = 0, kPending = 1, kReady = 2, kFailed = 3 };

// "RUNNING", "READY", "active", ... and back; errors: kInvalidArgument with the allowed words.
std::string_view to_string(LifecycleStage stage);
std::string_view to_string(RunStatus status);
std::string_view to_string(LoggedModelStatus status);
LifecycleStage lifecycle_stage_from(std::string_view text);
RunStatus run_status_from(std::string_view text);

struct Tag {
  std::string key{};
  std::string value{};
  bool operator==(const Tag&) const = default;
};

struct Param {
  std::string key{};
  std::string value{};
  bool operator==(const Param&) const = default;
};

// NaN is kept as NaN; infinite values are kept as +-1.7976931348623157e308, as MLflow's SQL store does.
struct Metric {
  std::string key{};
  double value = 0;
  int64_t timestamp_ms = 0;
  int64_t step = 0;
  std::string model_id{};      // "": of the run alone; else also a metric of that logged model
  std::string dataset_name{};  // what it was measured on, with model_id only
  std::string dataset_digest{};
};

struct Experiment {
  std::string experiment_id;
  std::string name;
  std::string artifact_location;
  LifecycleStage lifecycle_stage = LifecycleStage::kActive;
  int64_t creation_time_ms = 0;
  int64_t last_update_time_ms = 0;
  std::vector<Tag> tags;
};

// Data a run has read. `source` and `schema` and `profile` are JSON texts, as MLflow's own datasets write
// them: source_type "local" with source {"uri": "..."}; schema {"mlflow_colspec": [...]}; profile
// {"num_rows": 1}.
struct Dataset {
  std::string name{};
  std::string digest{};  // at most 36 characters
  std::string source_type{};
  std::string source{};
  std::optional<std::string> schema{};
  std::optional<std::string> profile{};
};

struct DatasetInput {
  Dataset dataset{};
  std::vector<Tag> tags{};  // {kDatasetContext, "training"}
};

struct ModelOutput {
  std::string model_id{};
  int64_t step = 0;
};

struct RunInfo {
  std::string run_id;
  std::string run_name;
  std::string experiment_id;
  std::string user_id;
  RunStatus status = RunStatus::kRunning;
  int64_t start_time_ms = 0;
  std::optional<int64_t> end_time_ms;
  LifecycleStage lifecycle_stage = LifecycleStage::kActive;
  std::string artifact_uri;
};

// Params, metrics and tags in order of their keys; of each metric the latest value (greatest step, then
// timestamp, then value).
struct Run {
  RunInfo info;
  std::vector<Metric> metrics;
  std::vector<Param> params;
  std::vector<Tag> tags;
  std::vector<DatasetInput> dataset_inputs;
  std::vector<std::string> model_inputs;  // ids of logged models
  std::vector<ModelOutput> model_outputs;

  // nullopt when it was not logged.
  std::optional<double> metric(std::string_view key) const;
  std::optional<std::string> param(std::string_view key) const;
  std::optional<std::string> tag(std::string_view key) const;
};

struct LoggedModel {
  std::string model_id;
  std::string name;
  std::string experiment_id;
  std::string artifact_location;
  int64_t creation_timestamp_ms = 0;
  int64_t last_updated_timestamp_ms = 0;
  LoggedModelStatus status = LoggedModelStatus::kPending;
  std::optional<std::string> status_message;
  std::optional<std::string> model_type;
  std::optional<std::string> source_run_id;
  std::vector<Tag> tags;
  std::vector<Param> params;
  std::vector<Metric> metrics;

  std::optional<std::string> tag(std::string_view key) const;
};

struct ModelVersion {
  std::string name;
  int64_t version = 0;
  int64_t creation_time_ms = 0;
  int64_t last_updated_time_ms = 0;
  std::optional<std::string> description;
  std::optional<std::string> user_id;
  std::string current_stage;  // kStageNone ... kStageArchived
  std::string source;         // "models:/<model_id>" or a URI of artifacts
  std::optional<std::string> run_id;
  std::string status;  // "READY"
  std::optional<std::string> status_message;
  std::optional<std::string> run_link;
  std::string storage_location;  // where the model's files are
  std::vector<Tag> tags;
  std::vector<std::string> aliases;  // in order of their names

  std::optional<std::string> tag(std::string_view key) const;
};

struct Alias {
  std::string alias;
  int64_t version = 0;
};

struct RegisteredModel {
  std::string name;
  int64_t creation_time_ms = 0;
  int64_t last_updated_time_ms = 0;
  std::optional<std::string> description;
  std::vector<Tag> tags;
  std::vector<Alias> aliases;
  std::vector<ModelVersion> latest_versions;  // the highest version of each stage
};

// Stages of model versions. Source: mlflow/entities/model_registry/model_version_stages.py.
inline constexpr std::string_view kStageNone = "None";
inline constexpr std::string_view kStageStaging = "Staging";
inline constexpr std::string_view kStageProduction = "Production";
inline constexpr std::string_view kStageArchived = "Archived";
// "staging" -> "Staging". Errors: kInvalidArgument with the four names.
std::string canonical_stage(std::string_view stage);

// Tags that MLflow's client and UI give a meaning. Source: mlflow/utils/mlflow_tags.py.
inline constexpr std::string_view kTagRunName = "mlflow.runName";
inline constexpr std::string_view kTagUser = "mlflow.user";
inline constexpr std::string_view kTagSourceName = "mlflow.source.name";
inline constexpr std::string_view kTagSourceType = "mlflow.source.type";
inline constexpr std::string_view kTagNote = "mlflow.note.content";
inline constexpr std::string_view kTagParentRunId = "mlflow.parentRunId";
inline constexpr std::string_view kTagModelVersions = "mlflow.modelVersions";
inline constexpr std::string_view kDatasetContext = "mlflow.data.context";

// The three tags that MLflow's client puts on every run and logged model: user, source name, source type
// LOCAL.
std::vector<Tag> context_tags(const std::string& user, const std::string& source_name);

}  // namespace tidemill::tracking
