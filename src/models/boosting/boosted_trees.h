#pragma once
// Trains gradient-boosted trees for squared error with XGBoost's hist method.
// Source: Chen and Guestrin 2016; XGBoost 3.2, whose hist trees are the same bytes at any thread count.

#include <string>
#include <utility>
#include <vector>

#include "models/boosting/xgboost_model.h"
#include "models/model.h"

namespace tidemill::models {

// XGBoost's own names and values.
using XgboostSettings = std::vector<std::pair<std::string, std::string>>;

// Starts from the setting base_score, or the mean target when there is none. Memory: one byte for each
// feature value beside the set (two from 257 bins on); the set's columns are read where they lie. Errors:
// kInvalidArgument for no rows, no columns, a value that is not a finite float, or a setting that XGBoost
// refuses; kNotFound when the library is missing.
BoostedTrees train_boosted_trees(const TrainingSet& set, XgboostSettings settings, int64_t round_count,
                                 const FitOptions& options);

}  // namespace tidemill::models
