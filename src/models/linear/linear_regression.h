#pragma once
// kind = "linear_regression": ordinary least squares in double from end to end, also inside the graph.
// Source: scikit-learn LinearRegression; least_squares.h says how.

#include "models/model.h"

namespace tidemill::models {

const ModelKind& linear_regression_kind();

}  // namespace tidemill::models
