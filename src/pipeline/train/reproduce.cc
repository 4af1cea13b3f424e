#include "pipeline/train/reproduce.h"

#include <algorithm>
#include <cmath>
#include <fstream>

#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"
#include "pipeline/artifacts.h"
#include "pipeline/registered_model.h"
#include "pipeline/train/candidate.h"
#include "pipeline/train/parameters_json.h"
#include "pipeline/train/run_artifacts.h"
#include "pipeline/train/run_record.h"

namespace tidemill::pipeline {
namespace {

constexpr double kPredictionTolerance = 1e-6;

std::string recorded_tag(const tracking::Run& run, const char* key) {
  const auto value = run.tag(key);
  if (!value) {
    throw Error(
        ErrorCode::kCorrupted,
        fmt::format("run {} has no tag {}: it cannot be reproduced from its record", run.info.run_id, key));
  }
  return *value;
}

double difference_max(const std::vector<double>& a, const std::vector<double>& b) {
  double largest = 0;
  for (size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::fabs(a[i] - b[i]));
  return largest;
}

}  // namespace

std::string cpu_model() {
  std::ifstream file("/proc/cpuinfo");
  std::string line;
  while (std::getline(file, line)) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

Reproduction reproduce_version(tracking::Store& store, const storage::ObjectStore& artifacts,
                               engine::Engine& engine, const storage::ObjectStore& objects,
                               const std::string& registered_model, int version, int thread_count) {
  const tracking::ModelVersion stored = store.get_model_version(registered_model, version);
  const tracking::Run run = store.get_run(stored.run_id.value_or(""));
  const std::string prefix = artifact_prefix(artifacts, run.info.artifact_uri);
  const std::string spec_key = prefix + "/" + kModelSpecFile;
  const auto spec_text = artifacts.get(spec_key);
  if (!spec_text) throw Error(ErrorCode::kCorrupted, fmt::format("{} is missing", spec_key));
  const Json spec_json = parse_json(*spec_text, spec_key);
  ModelSpec spec;
  spec.name = spec_json.at("name").get<std::string>();
  spec.kind = spec_json.at("kind").get<std::string>();
  spec.parameters = parameters_from_json(spec_json.at("parameters"), spec_key);
  spec.place = spec_key;
  if (spec.kind == "command") {
    throw Error(ErrorCode::kNotImplemented,
                fmt::format("version {} was made by a command: run it again yourself to compare", version));
  }
  const TrainingData data = load_training_data(Date::parse(recorded_tag(run, kTagDataDate)), engine, objects);
  if (data.manifest.hash() != recorded_tag(run, kTagDataManifest)) {
    throw Error(
        ErrorCode::kCorrupted,
        fmt::format("the data prepared for {} is no longer what version {} was trained on (manifest hash {}, "
                    "recorded {})",
                    data.manifest.date.to_string(), version, data.manifest.hash(),
                    recorded_tag(run, kTagDataManifest)));
  }
  const uint64_t seed = std::stoull(recorded_tag(run, kTagSeed));
  const Candidate candidate = fit_candidate(spec, data, seed, thread_count);

  Reproduction result;
  const auto graph = artifacts.get(artifact_prefix(artifacts, stored.storage_location) + "/model.onnx");
  result.same_bytes = graph && *graph == candidate.model_onnx;
  result.same_cpu_model = recorded_tag(run, kTagCpu) == cpu_model();
  const RegisteredModel original =
      load_registered_model(fmt::format("models:/{}/{}", registered_model, version), store, artifacts);
  FeatureRows rows;
  rows.values = data.test_inputs;
  rows.row_count = data.test_row_count;
  result.prediction_difference_max = difference_max(original.predict(rows), candidate.test_predictions);
  result.reproduced = result.same_bytes ||
                      (!result.same_cpu_model && result.prediction_difference_max <= kPredictionTolerance);
  result.summary = fmt::format(
      "version {} {}: model.onnx {} bytes, predictions differ by at most {:.3g} over {} test rows, {} CPU "
      "model",
      version, result.reproduced ? "is reproduced" : "is NOT reproduced",
      result.same_bytes ? "has the same" : "has other", result.prediction_difference_max, data.test_row_count,
      result.same_cpu_model ? "the same" : "another");
  return result;
}

}  // namespace tidemill::pipeline
