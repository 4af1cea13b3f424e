#include "pipeline/prepare/strata.h"

#include <algorithm>

#include "pipeline/prepare/order_statistics.h"

namespace tidemill::pipeline {
namespace {

// The distinct values in ascending order; stops looking when there are more than `limit`.
std::vector<double> distinct_values(std::span<const double> values, size_t limit) {
  std::vector<double> distinct;
  for (const double value : values) {
    if (value != value) continue;
    const auto place = std::lower_bound(distinct.begin(), distinct.end(), value);
    if (place != distinct.end() && *place == value) continue;
    distinct.insert(place, value);
    if (distinct.size() > limit) break;
  }
  return distinct;
}

}  // namespace

Strata::Strata(std::span<const double> targets, int bin_count) {
  const auto bins = static_cast<size_t>(std::max(bin_count, 1));
  inner_edges_ = distinct_values(targets, bins);
  if (inner_edges_.size() <= bins) {
    if (!inner_edges_.empty())
      inner_edges_.pop_back();  // a class reaches from the one below, left out, to itself
    return;
  }
  OrderStatistics order(targets);
  inner_edges_.clear();
  double last = order.min();
  for (size_t i = 1; i < bins; ++i) {
    const double edge = order.quantile(static_cast<double>(i) / static_cast<double>(bins));
    if (edge > last) inner_edges_.push_back(edge);
    last = edge;
  }
  // The top edge is the largest value: an inner edge equal to it bounds nothing.
  if (!inner_edges_.empty() && inner_edges_.back() >= order.max()) inner_edges_.pop_back();
}

size_t Strata::of(double target) const {
  return static_cast<size_t>(std::lower_bound(inner_edges_.begin(), inner_edges_.end(), target) -
                             inner_edges_.begin());
}

}  // namespace tidemill::pipeline
