#pragma once
// Stage 02: raw days become a train and a test set. Everything learned from data (medians, modes, caps,
// means, categories, group averages) is learned on the train side only, saved in preparation.json and
// applied unchanged to the test side and to every scoring request.

#include <optional>
#include <string>
#include <vector>

#include "pipeline/dataset.h"
#include "pipeline/preparation.h"

namespace tidemill::pipeline {

enum class NumericImpute { kMedian, kMean, kZero };
enum class Scaling { kStandard, kNone };

struct PrepareOptions {
  TableRoles roles;
  std::vector<FeatureDefinition> features;
  std::vector<std::string> drop_columns;  // raw columns that are no features
  std::optional<int> window_days;         // last N days; all when absent
  double test_fraction = 0.2;
  int stratify_bins = 10;  // quantile bins of a continuous target, as pandas.qcut(duplicates="drop")
  NumericImpute impute = NumericImpute::kMedian;
  bool cap_outliers = true;  // IQR x 1.5
  std::vector<std::string> uncapped_columns;
  Scaling scale = Scaling::kStandard;
  double rare_category_share = 0;  // categories below this share of the train side count as unknown
  int thread_count = 1;
  uint64_t memory_budget_bytes = uint64_t{256} << 20;
  bool force = false;
};

struct PrepareResult {
  Manifest manifest;
  Preparation preparation;
  uint64_t train_row_count = 0;
  uint64_t test_row_count = 0;
  uint64_t null_target_row_count = 0;
  bool already_there = false;
};

// Prepares the window that ends with `date` (raw days <= date) and publishes it under prepared_prefix(date).
// A finished day whose raw data and settings are unchanged is left alone (unless options.force).
// Errors: kNotFound without raw data; kInvalidArgument naming the feature, column or day.
PrepareResult prepare(const PrepareOptions& options, Date date, engine::Engine& engine,
                      storage::ObjectStore& store, Progress& progress);

}  // namespace tidemill::pipeline
