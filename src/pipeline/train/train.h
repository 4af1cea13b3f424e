#pragma once
// Stage 03: retrain when there is new data, track every model, register the best as a new version.

#include <optional>
#include <string>
#include <vector>

#include "models/model.h"
#include "pipeline/preparation.h"

namespace tidemill::pipeline {

struct Tuning {
  std::vector<std::pair<std::string, std::vector<models::ParameterValue>>> grid;
  std::string search = "grid";       // or "random"
  int random_candidate_count = 10;   // n_iter of a random search
  int folds = 3;
};

// One [[models]] block.
struct ModelSpec {
  std::string name;                  // "random_forest"
  std::string kind;                  // a models::ModelKind or "command"
  models::Parameters parameters;
  std::optional<Tuning> tune;
  std::vector<std::string> command;  // kind = "command": program and arguments
  std::string place;                 // "tidemill.toml:61"
};

// MLflow's MetricThreshold words (mlflow.models.MetricThreshold).
struct PromotionRule {
  std::string metric = "test_rmse";
  std::optional<double> threshold;            // absolute
  std::optional<double> min_absolute_change;  // against the current Production version
  std::optional<double> min_relative_change;
  bool greater_is_better = false;
};

struct TrainOptions {
  std::vector<ModelSpec> models;
  std::string metric = "test_rmse";  // picks the best model
  std::vector<PromotionRule> promotion;
  bool better_than_production = true;  // on the same test set
  uint64_t seed = 42;
  int thread_count = 1;
  bool force = false;
};

}  // namespace tidemill::pipeline
