#pragma once
// Reads the trees out of a model that XGBoost saved.
// Source: XGBoost's doc/model.schema, as UBJSON, in which a float is its own four bytes.

#include <string_view>
#include <vector>

#include "models/onnx/tree_ensemble.h"

namespace tidemill::models {

struct BoostedTrees {
  onnx::TreeEnsemble trees;   // kLess, kSum, base_value = base_score; thresholds and leaves to the bit
  std::vector<double> gains;  // [column_count] sum of the loss reductions of the column's splits, >= 0
};

// Errors: kCorrupted when it is not a model of trees with numeric splits.
BoostedTrees read_xgboost_model(std::string_view ubjson);

}  // namespace tidemill::models
