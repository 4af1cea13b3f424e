#pragma once
// Exact order statistics of doubles without sorting or moving them.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace tidemill::pipeline {

// The sorted order of `values`, NaN left out; the values are not owned. Infinities sort at the ends, -0 just
// before +0. Source: radix selection on the bits of the doubles.
class OrderStatistics {
 public:
  // Cost: one pass. Memory: 256 KiB, or the values when there are up to 4,096.
  explicit OrderStatistics(std::span<const double> values);

  size_t size() const { return size_; }  // without NaN

  // sorted[rank] and sorted[rank + 1] (or the last again), rank < size(). Cost: up to three passes, none for
  // a rank near the last one. Memory: up to 4,096 values.
  struct Pair {
    double at;
    double next;
  };
  Pair at(size_t rank);

  // Linear interpolation between the two nearest, as numpy.quantile's default; size() > 0, 0 <= q <= 1.
  double quantile(double q);

 private:
  struct Bucket {  // neighbours in the sorted order
    size_t first_rank = 0;
    std::vector<double> sorted;
  };

  double value_at(size_t rank);
  void load_bucket(size_t rank);

  std::span<const double> values_;
  std::vector<uint32_t> counts_;  // by the leading 16 bits
  size_t size_ = 0;
  Bucket bucket_;
};

// (1 - t) * low + t * high as numpy computes it, exact at both ends.
double interpolate(double low, double high, double t);

}  // namespace tidemill::pipeline
