#pragma once
// Outlier bounds of numeric columns.

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/engine.h"

namespace tidemill::pipeline {

// [q1 - 3 IQR, q3 + 3 IQR] of each column's values, nulls left out; unlimited where the quartiles are equal
// (nothing can be said about a column that is one value in the main) or there are no values.
// Source: Tukey 1977, "far out" values; quartiles as numpy.quantile's default (linear interpolation).
// Memory: 8 bytes a row for as many columns at once as fit 128 MiB. The same at any thread count.
std::map<std::string, std::pair<double, double>> outlier_bounds(engine::Session& session,
                                                                const std::string& from_sql,
                                                                const std::vector<std::string>& columns,
                                                                uint64_t row_count);

// Linear interpolation between the order statistics around (n - 1) * q. Reorders `values`, which has at least
// one.
double quantile(std::vector<double>& values, double q);

}  // namespace tidemill::pipeline
