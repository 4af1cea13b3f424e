#include "pipeline/prepare/column_fit.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "pipeline/prepare/order_statistics.h"

namespace tidemill::pipeline {
namespace {

constexpr size_t kChunkRows = 4096;
constexpr size_t kSums = 4;  // independent additions hide their latency; their number is part of the result
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kCapFactor = 1.5;

// Calls term(value, &first, &second) for each value and adds up both parts.
template <typename Term>
std::array<double, 2> sum_of(std::span<const double> values, Term term) {
  std::array<double, 2> total = {0, 0};
  for (size_t begin = 0; begin < values.size(); begin += kChunkRows) {
    const size_t end = std::min(begin + kChunkRows, values.size());
    double first[kSums] = {}, second[kSums] = {};
    size_t i = begin;
    for (; i + kSums <= end; i += kSums) {
      for (size_t k = 0; k < kSums; ++k) {
        const auto [a, b] = term(values[i + k]);
        first[k] += a;
        second[k] += b;
      }
    }
    for (size_t k = 0; i < end; ++i, ++k) {
      const auto [a, b] = term(values[i]);
      first[k] += a;
      second[k] += b;
    }
    total[0] += (first[0] + first[1]) + (first[2] + first[3]);
    total[1] += (second[0] + second[1]) + (second[2] + second[3]);
  }
  return total;
}

struct Pair {
  double first, second;
};

// Quantiles of the column with its missing values filled in, without filling them in: `fill_count` copies of
// `fill` stand in the sorted order after the values below `fill`.
double filled_quantile(OrderStatistics& order, double fill, size_t below_fill, size_t fill_count, double q) {
  const auto value_at = [&](size_t rank) {
    if (rank >= below_fill && rank < below_fill + fill_count) return fill;
    return order.at(rank < below_fill ? rank : rank - fill_count);
  };
  const size_t count = order.size() + fill_count;
  const double position = q * static_cast<double>(count - 1);
  const auto rank = static_cast<size_t>(std::floor(position));
  return interpolate(value_at(rank), value_at(std::min(rank + 1, count - 1)),
                     position - std::floor(position));
}

double median_of(OrderStatistics& order) {
  const size_t middle = (order.size() - 1) / 2;
  return order.size() % 2 == 1 ? order.at(middle) : (order.at(middle) + order.at(middle + 1)) / 2;
}

double impute_value_of(NumericImpute impute, std::span<const double> values, OrderStatistics& order,
                       double median) {
  switch (impute) {
    case NumericImpute::kMean:
      return median + shifted_sum(values, median) / static_cast<double>(order.size());
    case NumericImpute::kZero:
      return 0;
    case NumericImpute::kMedian:
      break;
  }
  return median;
}

// scikit-learn's _is_constant_feature: a variance that rounding alone explains.
bool is_constant(double variance, double mean, double count) {
  constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
  const double rounding = count * mean * kEpsilon;
  return variance <= count * kEpsilon * variance + rounding * rounding;
}

}  // namespace

double shifted_sum(std::span<const double> values, double shift) {
  return sum_of(values, [shift](double value) { return Pair{value == value ? value - shift : 0, 0}; })[0];
}

std::optional<ColumnFit> fit_column(std::span<const double> values, const ColumnRule& rule) {
  OrderStatistics order(values);
  if (order.size() == 0) return std::nullopt;
  ColumnFit fit;
  fit.null_count = values.size() - order.size();
  fit.min = order.min();
  fit.max = order.max();
  const size_t known = order.size(), missing = fit.null_count;
  // Where the median and, most often, the quartiles of the filled column will be: one pass for all.
  order.prepare({(known - 1) / 2, known / 2, (values.size() - 1) / 4, (values.size() - 1) * 3 / 4 - missing});
  const double median = median_of(order);
  fit.impute_value = impute_value_of(rule.impute, values, order, median);

  const double fill = fit.impute_value;
  const size_t below_fill = missing == 0 ? known : order.count_below(fill);
  fit.q1 = filled_quantile(order, fill, below_fill, fit.null_count, 0.25);
  fit.q3 = filled_quantile(order, fill, below_fill, fit.null_count, 0.75);
  const double range = fit.q3 - fit.q1;
  const bool is_capped = rule.cap && range > 0;
  fit.cap_low = is_capped ? fit.q1 - kCapFactor * range : -kInfinity;
  fit.cap_high = is_capped ? fit.q3 + kCapFactor * range : kInfinity;
  if (!rule.scale) return fit;

  // Sums around the median lose no digits: it is within one standard deviation of the mean.
  const double shift = std::clamp(median, fit.cap_low, fit.cap_high);
  const auto [sum, square_sum] = sum_of(values, [&](double value) {
    const double filled = value == value ? value : fill;
    const double capped = std::max(std::min(filled, fit.cap_high), fit.cap_low);
    const double distance = capped - shift;
    return Pair{distance, distance * distance};
  });
  const auto count = static_cast<double>(values.size());
  const double offset = sum / count;
  fit.mean = shift + offset;
  const double variance = std::max(square_sum / count - offset * offset, 0.0);
  fit.scale = is_constant(variance, fit.mean, count) ? 1 : std::sqrt(variance);
  return fit;
}

}  // namespace tidemill::pipeline
