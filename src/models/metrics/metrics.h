#pragma once
// Regression metrics with scikit-learn's formulas. `actual` and `predicted` are [row_count], finite, in the
// same order; sums run over fixed chunks, so the value does not depend on threads. Source: sklearn.metrics
// root_mean_squared_error, mean_absolute_error, r2_score. Errors: kInvalidArgument for no rows or different
// lengths.

#include <vector>

namespace tidemill::models {

double rmse(const std::vector<double>& actual, const std::vector<double>& predicted);
double mae(const std::vector<double>& actual, const std::vector<double>& predicted);
// 1 for a perfect prediction of a constant target, 0 for another one of it; NaN for fewer than two rows.
double r2(const std::vector<double>& actual, const std::vector<double>& predicted);

}  // namespace tidemill::models
