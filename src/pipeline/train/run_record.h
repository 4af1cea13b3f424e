#pragma once
// One run in the tracking store: made, logged in one commit, found again after a crash.

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "pipeline/train/candidate.h"
#include "tracking/store.h"

namespace tidemill::pipeline {

inline constexpr char kTagAttempt[] = "tidemill.attempt_id";
inline constexpr char kTagModel[] = "tidemill.model";
inline constexpr char kTagDataDate[] = "tidemill.data_date";
inline constexpr char kTagDataManifest[] = "tidemill.data_manifest_hash";
inline constexpr char kTagFeatureSet[] = "tidemill.feature_set";
inline constexpr char kTagSeed[] = "tidemill.seed";
inline constexpr char kTagCpu[] = "tidemill.cpu_model";
inline constexpr char kLoggedModelName[] = "model";

// What is needed to make a run; where it goes.
struct RunContext {
  std::string experiment;
  std::string attempt_id;
  uint64_t seed = 42;
  int thread_count = 1;
  std::filesystem::path project_dir;
  tracking::Store& tracking;
  storage::ObjectStore& artifacts;
  storage::ObjectStore& objects;
  engine::Engine& engine;
  const Clock& clock;
};

// "random_forest_2026-11-03"
std::string run_name(const std::string& model, Date data_date);

std::map<std::string, double> metric_values(const TrainedModel& model);

// Fits the spec and logs everything about it as one FINISHED run with one READY logged model. If this attempt
// already has that run, it is returned as it is; one left RUNNING by a crash is done again under its own id.
// When fitting fails the run becomes FAILED and the error goes on.
TrainedModel train_and_log(const RunContext& context, const ModelSpec& spec, const TrainingData& data);

// Marks what an abandoned attempt left RUNNING as KILLED.
void kill_runs_of_attempt(tracking::Store& store, const std::string& experiment,
                          const std::string& attempt_id, int64_t now_ms);

}  // namespace tidemill::pipeline
