#pragma once
// One [[models]] block fitted on a prepared dataset and judged on its test side, before anything is logged.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "models/tuning/tuning.h"
#include "pipeline/train/train.h"
#include "pipeline/train/training_data.h"

namespace tidemill::pipeline {

struct Candidate {
  std::string name;
  std::string kind;
  models::Parameters parameters;               // as fitted, defaults included
  std::optional<models::TuningResult> tuning;  // every candidate of the grid with its fold scores
  std::string model_onnx;                      // empty for kind "command"
  std::filesystem::path model_dir;             // kind "command": the MLflow model directory it left
  std::vector<double> test_predictions;        // [test_row_count], bit for bit the graph's
  std::vector<std::pair<std::string, double>> feature_importances;  // sums to 1; empty when unknown
  double test_rmse = 0, test_mae = 0, test_r2 = 0;
};

// Fits a spec of a models::ModelKind; with `tune`, the grid's best candidate is refitted on the whole train
// side, as GridSearchCV(refit=True). Metrics are those of the ONNX graph that will be
// registered.
Candidate fit_candidate(const ModelSpec& spec, const TrainingData& data, uint64_t seed, int thread_count);

// Fills test_rmse, test_mae and test_r2 from test_predictions.
void score_candidate(Candidate& candidate, const TrainingData& data);

}  // namespace tidemill::pipeline
