#pragma once
// Outliers of numeric columns.

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "engine/engine.h"

namespace tidemill::pipeline {

struct Outliers {
  // [q1 - 3 IQR, q3 + 3 IQR]; unlimited where the quartiles are equal (nothing can be said about a column
  // that is one value in the main) or there are no values.
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  uint64_t value_count = 0;  // nulls are none
  uint64_t outlier_count = 0;
  std::vector<double> samples;  // the first outliers in row order
};

// One per column. Source: Tukey 1977, "far out" values; quartiles as numpy.quantile's default.
// Memory: 8 bytes a row for as many columns at once as fit 128 MiB, and for one more. The same at any thread
// count.
std::vector<Outliers> find_outliers(engine::Session& session, const std::string& from_sql,
                                    const std::vector<std::string>& columns, uint64_t row_count,
                                    size_t sample_limit);

// Linear interpolation between the order statistics around (n - 1) * q. Reorders `values`, which has at least
// one.
double quantile(std::vector<double>& values, double q);

}  // namespace tidemill::pipeline
