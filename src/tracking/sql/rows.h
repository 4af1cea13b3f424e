#pragma once
// Between rows of MLflow's tables and values.

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "metadata/database.h"
#include "tracking/entities.h"
#include "tracking/query.h"

namespace tidemill::tracking::sql {

// Columns that may be NULL in old rows.
inline std::string text_or_empty(const metadata::Row& row, size_t column) {
  return row.optional_text(column).value_or("");
}
inline int64_t integer_or_zero(const metadata::Row& row, size_t column) {
  return row.optional_integer(column).value_or(0);
}

// NULL for "".
inline metadata::Value text_or_null(const std::string& text) {
  return text.empty() ? metadata::Value() : metadata::Value(text);
}

// MLflow's SQL store has no infinities, and keeps NaN as 0 with a flag.
struct StoredMetricValue {
  double value;
  int64_t is_nan;
};
inline StoredMetricValue stored_metric_value(double value) {
  if (std::isnan(value)) return {0, 1};
  if (std::isinf(value)) return {std::copysign(std::numeric_limits<double>::max(), value), 0};
  return {value, 0};
}
inline double metric_value_from(double stored, bool is_nan) {
  return is_nan ? std::numeric_limits<double>::quiet_NaN() : stored;
}

// "?, ?, ?"
std::string placeholders(size_t count);
// "<expression> IN (?, ?, ?)", and what is never true for an empty list, which PostgreSQL does not know.
std::string in_list(std::string_view expression, size_t count);

// `location` of an experiment, "/" and the rest.
std::string append_path(const std::string& location, const std::string& rest);

// Errors: kInvalidArgument for what is no integer.
int64_t parse_experiment_id(const std::string& text);

}  // namespace tidemill::tracking::sql
