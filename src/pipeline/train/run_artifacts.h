#pragma once
// The files a run leaves: plots, predictions, fold scores, the data it saw, and the MLflow model directory.

#include <filesystem>

#include "pipeline/train/candidate.h"

namespace tidemill::pipeline {

inline constexpr char kModelSpecFile[] = "model_spec.json";

// model_spec.json (name, kind, parameters as fitted), predictions.csv (key, actual, prediction; doubles that
// read back bit for bit), plots/*.svg, cv_results.csv (scikit-learn's cv_results_ column names),
// feature_importances.json, data_manifest.json, features.sql.
void write_run_artifacts(const std::filesystem::path& dir, const Candidate& candidate,
                         const TrainingData& data);

struct ModelIdentity {
  std::string run_id;
  std::string model_id;
  int64_t created_ms = 0;  // MLmodel's utc_time_created
};

// The MLflow model directory: what a command left behind, or model.onnx with the loader for raw rows.
void write_model_dir(const std::filesystem::path& dir, const Candidate& candidate, const TrainingData& data,
                     const ModelIdentity& identity, engine::Engine& engine,
                     const storage::ObjectStore& objects);

}  // namespace tidemill::pipeline
