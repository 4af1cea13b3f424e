#pragma once
// kind = "random_forest": bagged regression trees with scikit-learn's parameters and defaults.
// Why our own: docs/adr/0002-own-random-forest.md.
// Source: Breiman 2001, Random Forests; scikit-learn RandomForestRegressor.

#include "models/model.h"

namespace tidemill::models {

const ModelKind& random_forest_kind();

}  // namespace tidemill::models
