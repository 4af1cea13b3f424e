#pragma once
// Strata of a target, so that both sides of a split get their share of every part of its range.

#include <cstddef>
#include <span>
#include <vector>

namespace tidemill::pipeline {

class Strata {
 public:
  // The distinct values where there are at most `bin_count` of them (classes), else quantile bins.
  // Source: pandas.qcut(targets, bin_count, duplicates="drop"). NaN is left out; needs at least one number.
  Strata(std::span<const double> targets, int bin_count);

  size_t count() const { return inner_edges_.size() + 1; }
  // Bins are open below and closed above, as pandas' intervals.
  size_t of(double target) const;

 private:
  std::vector<double> inner_edges_;  // ascending
};

}  // namespace tidemill::pipeline
