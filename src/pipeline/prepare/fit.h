#pragma once
// Everything that is learned from the train side of a window.

#include <string>
#include <utility>
#include <vector>

#include "pipeline/prepare/category_codes.h"
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

struct Fitted {
  std::vector<GroupMeans> group_means;   // as plan.comparisons()
  std::vector<ColumnFit> numeric;        // as plan.numeric()
  std::vector<CategoryFit> categorical;  // as plan.categorical()
};

// What the parts of a preparation work on.
struct PrepareContext {
  const PrepareOptions& options;
  const FeaturePlan& plan;
  const Window& window;
  engine::Session& session;
  const storage::ObjectStore& store;
};

}  // namespace tidemill::pipeline
