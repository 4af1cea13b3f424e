#pragma once
// The hyperparameters of a forest, from scikit-learn's names and forms to numbers.

#include <vector>

#include "models/forest/tree.h"
#include "models/model.h"

namespace tidemill::models {

const std::vector<ParameterSpec>& forest_parameter_specs();

struct ForestParameters {
  uint32_t tree_count = 0;
  bool bootstrap = true;
  uint32_t drawn_rows = 0;  // of a tree's bootstrap sample
  GrowthLimits limits;
};

// Fractions become counts of a training set of this size, rounded as scikit-learn does.
// Errors: kInvalidArgument for max_samples without bootstrap.
ForestParameters read_forest_parameters(const Parameters& parameters, size_t row_count, size_t column_count);

// Whether `a` and `b` differ in n_estimators and max_depth only: then one forest serves both.
bool share_one_forest(const Parameters& a, const Parameters& b);

}  // namespace tidemill::models
