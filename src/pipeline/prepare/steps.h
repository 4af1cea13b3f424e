#pragma once
// The parts of a preparation as tasks of their own, for the DAG 02_data_preparation_pipeline: each does its
// part for real and stops the run where its part is wrong. prepare() does all of them in one pass over the
// data.

#include <string>
#include <vector>

#include "pipeline/prepare/prepare.h"

namespace tidemill::pipeline {

// One feature on the rows of the newest day.
struct FeatureSummary {
  std::string name;
  std::string source;  // "column", the SQL expression, or "value / mean of value within group"
  std::string type;
  uint64_t null_count{};
  std::string min{}, max{};  // as text; "" when every value is null
};

struct FeatureReport {
  Date date;  // of the newest raw day
  uint64_t row_count = 0;
  std::vector<FeatureSummary> features;
};

// Checks the definitions against the raw columns and computes every feature that needs the row alone.
// Comparisons with a group need what is learned later and are only checked. Writes nothing.
// Errors: those of prepare(), naming the feature that fails.
FeatureReport engineer_features(const PrepareOptions& options, Date date, engine::Engine& engine,
                                storage::ObjectStore& store);

struct SplitReport {
  uint64_t day_count = 0;
  uint64_t train_row_count = 0;
  uint64_t test_row_count = 0;
  uint64_t null_target_row_count = 0;
};

// Publishes the split of every day that has none yet; counts the sides of the window.
SplitReport split_data(const PrepareOptions& options, Date date, engine::Engine& engine,
                       storage::ObjectStore& store, Progress& progress);

// What prepare() will learn from the train side: medians, modes, caps, means, categories. Writes nothing.
Preparation learn_preparation(const PrepareOptions& options, Date date, engine::Engine& engine,
                              storage::ObjectStore& store, Progress& progress);

}  // namespace tidemill::pipeline
