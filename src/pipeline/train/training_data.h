#pragma once
// A prepared dataset in memory, as learners and the evaluation need it.

#include <memory>
#include <string>
#include <vector>

#include "models/model.h"
#include "pipeline/preparation.h"

namespace tidemill::pipeline {

struct TrainingData {
  Manifest manifest;
  Preparation preparation;

  // Train side, column-major [train_row_count, feature_names.size()], as prepared.
  std::vector<std::string> feature_names;
  size_t train_row_count = 0;
  std::vector<double> features;
  std::vector<float> features_f32;
  std::vector<double> target;

  // Test side, raw rows through the saved feature SQL: row-major [test_row_count, graph inputs].
  size_t test_row_count = 0;
  std::vector<std::string> test_keys;
  std::vector<double> test_inputs;
  std::vector<double> test_target;

  models::TrainingSet training_set() const {
    return {train_row_count, feature_names.size(), features.data(), features_f32.data(), target.data()};
  }
};

// Reads the dataset prepared for `date`. Errors: kNotFound when there is none, kCorrupted, kInvalidArgument
// when a side has no rows.
TrainingData load_training_data(Date date, engine::Engine& engine, const storage::ObjectStore& store);

}  // namespace tidemill::pipeline
