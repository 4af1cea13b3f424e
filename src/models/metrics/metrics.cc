#include "models/metrics/metrics.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "base/error.h"
#include "models/chunked_sum.h"

namespace tidemill::models {
namespace {

size_t checked_count(const std::vector<double>& actual, const std::vector<double>& predicted) {
  if (actual.empty() || actual.size() != predicted.size()) {
    throw Error(
        ErrorCode::kInvalidArgument,
        fmt::format(
            "a metric needs as many predictions as actual values, and at least one: there are {} and {}",
            predicted.size(), actual.size()));
  }
  return actual.size();
}

}  // namespace

double rmse(const std::vector<double>& actual, const std::vector<double>& predicted) {
  const size_t count = checked_count(actual, predicted);
  const double sum = chunked_sum(count, [&](size_t i) {
    const double residual = actual[i] - predicted[i];
    return residual * residual;
  });
  return std::sqrt(sum / static_cast<double>(count));
}

double mae(const std::vector<double>& actual, const std::vector<double>& predicted) {
  const size_t count = checked_count(actual, predicted);
  return chunked_sum(count, [&](size_t i) { return std::fabs(actual[i] - predicted[i]); }) /
         static_cast<double>(count);
}

double r2(const std::vector<double>& actual, const std::vector<double>& predicted) {
  const size_t count = checked_count(actual, predicted);
  if (count < 2) return std::numeric_limits<double>::quiet_NaN();
  if (std::all_of(actual.begin(), actual.end(), [&](double value) { return value == actual[0]; })) {
    return actual == predicted ? 1 : 0;  // its mean may round, so the sum of squares below need not be zero
  }
  const double mean = chunked_sum(count, [&](size_t i) { return actual[i]; }) / static_cast<double>(count);
  const double residual = chunked_sum(count, [&](size_t i) {
    const double difference = actual[i] - predicted[i];
    return difference * difference;
  });
  const double total = chunked_sum(count, [&](size_t i) { return (actual[i] - mean) * (actual[i] - mean); });
  if (total == 0) return residual == 0 ? 1 : 0;
  return 1 - residual / total;
}

}  // namespace tidemill::models
