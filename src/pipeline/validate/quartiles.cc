#include "pipeline/validate/quartiles.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include <fmt/format.h>

#include "base/text.h"

namespace tidemill::pipeline {
namespace {

constexpr uint64_t kMaxBytes = uint64_t{128} << 20;
constexpr double kReach = 3;  // interquartile ranges

// `values` in row order, NaN for null.
Outliers outliers_of(const std::vector<double>& values, size_t sample_limit) {
  std::vector<double> present;
  present.reserve(values.size());
  std::copy_if(values.begin(), values.end(), std::back_inserter(present),
               [](double v) { return !std::isnan(v); });
  Outliers found;
  found.value_count = present.size();
  if (present.empty()) return found;
  const double q1 = quantile(present, 0.25);
  const double q3 = quantile(present, 0.75);
  if (q1 == q3) return found;
  found.low = q1 - kReach * (q3 - q1);
  found.high = q3 + kReach * (q3 - q1);
  for (const double value : values) {
    if (!(value < found.low || value > found.high)) continue;
    ++found.outlier_count;
    if (found.samples.size() < sample_limit) found.samples.push_back(value);
  }
  return found;
}

}  // namespace

double quantile(std::vector<double>& values, double q) {
  const double position = static_cast<double>(values.size() - 1) * q;
  const auto below = static_cast<ptrdiff_t>(position);
  const double part = position - static_cast<double>(below);
  std::nth_element(values.begin(), values.begin() + below, values.end());
  const double low = values[static_cast<size_t>(below)];
  if (part == 0) return low;
  const double high = *std::min_element(values.begin() + below + 1, values.end());
  // As numpy's _lerp: from the nearer end.
  return part < 0.5 ? low + (high - low) * part : high - (high - low) * (1 - part);
}

std::vector<Outliers> find_outliers(engine::Session& session, const std::string& from_sql,
                                    const std::vector<std::string>& columns, uint64_t row_count,
                                    size_t sample_limit) {
  std::vector<Outliers> found;
  const auto at_once =
      static_cast<size_t>(std::max<uint64_t>(1, kMaxBytes / (8 * std::max<uint64_t>(1, row_count))));
  for (size_t begin = 0; begin < columns.size(); begin += at_once) {
    const size_t count = std::min(at_once, columns.size() - begin);
    std::vector<std::string> names;
    for (size_t i = 0; i < count; ++i) names.push_back(quote_identifier(columns[begin + i]));
    std::vector<std::vector<double>> values(count);
    for (std::vector<double>& column : values) column.reserve(row_count);
    const auto rows = session.query(fmt::format("SELECT {} FROM {}", join(names), from_sql));
    while (const engine::Batch* batch = rows->next()) {
      for (size_t i = 0; i < count; ++i) {
        const size_t done = values[i].size();
        values[i].resize(done + batch->row_count());
        batch->copy_doubles(i, values[i].data() + done);
      }
    }
    for (const std::vector<double>& column : values) found.push_back(outliers_of(column, sample_limit));
  }
  return found;
}

}  // namespace tidemill::pipeline
