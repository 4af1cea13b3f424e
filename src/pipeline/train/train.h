#pragma once
// Stage 03: retrain when there is new data, track every model, register the best as a new version.

#include <optional>
#include <string>
#include <vector>

#include "models/model.h"
#include "pipeline/preparation.h"
#include "pipeline/promotion.h"

namespace tidemill::pipeline {

struct Tuning {
  std::vector<std::pair<std::string, std::vector<models::ParameterValue>>> grid;
  std::string search = "grid";      // or "random"
  int random_candidate_count = 10;  // n_iter of a random search
  int folds = 3;
};

// One [[models]] block.
struct ModelSpec {
  std::string name;  // "random_forest"
  std::string kind;  // a models::ModelKind or "command"
  models::Parameters parameters;
  std::optional<Tuning> tune;
  std::vector<std::string> command;  // kind = "command": program and arguments
  std::string place;                 // "tidemill.toml:61"
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

// What became of one [[models]] block.
struct TrainedModel {
  std::string name;
  std::string run_id;
  std::string model_id;   // MLflow logged model
  std::string model_uri;  // "models:/m-..."
  double test_rmse = 0, test_mae = 0, test_r2 = 0;
};

struct TrainingOutcome {
  bool trained = false;
  std::string reason;  // "no new data: ..." or why it trained
  std::string attempt_id;
  bool resumed = false;  // finished what a killed training had begun
  std::string data_date;
  std::vector<TrainedModel> models;
  std::string best_model;
  int version = 0;    // of the registered model
  std::string stage;  // where it ended: "Staging" or "Production"
  Promotion promotion;
};

}  // namespace tidemill::pipeline
