#pragma once
// Everything that is learned from the train side of a window.

#include <string>
#include <utility>
#include <vector>

#include "pipeline/prepare/column_fit.h"
#include "pipeline/prepare/feature_plan.h"
#include "pipeline/prepare/window.h"

namespace tidemill::pipeline {

// The means of a comparison's value within its groups, by the group's text in byte order. Groups without a
// value, and groups whose mean is zero, are not there: nothing can be compared with them.
struct GroupMeans {
  std::string feature;
  std::vector<std::pair<std::string, double>> means;
};

struct CategoryFit {
  std::vector<std::string> categories;  // in byte order
  std::vector<uint64_t> counts;         // of each, on the train side
  uint64_t null_count = 0;
  uint64_t rare_count = 0;  // rows of categories that are left out as rare
  size_t impute_index = 0;  // the most frequent; the first of those that tie
};

struct Fitted {
  std::vector<GroupMeans> group_means;   // as plan.comparisons()
  std::vector<ColumnFit> numeric;        // as plan.numeric()
  std::vector<CategoryFit> categorical;  // as plan.categorical()
  // The feature query over the window, in this session's engine: file_index, file_row_number, key, target,
  // the raw columns that features need, and every feature.
  std::string features_sql;
};

struct FitContext {
  const PrepareOptions& options;
  const FeaturePlan& plan;
  const Window& window;
  engine::Session& session;
  const storage::ObjectStore& store;
};

// Reads the train rows once for each round of group means and once for each group of columns that fits the
// memory budget. The result does not depend on threads or on the budget. Errors: kInvalidArgument naming the
// column: no value on the train side, infinite or NaN values, a category longer than 1,000 bytes or more than
// 1,000 categories.
Fitted fit(const FitContext& context, Progress& progress);

}  // namespace tidemill::pipeline
