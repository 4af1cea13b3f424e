#pragma once
// Exact order statistics of doubles without sorting or moving them.

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <vector>

namespace tidemill::pipeline {

// The sorted order of `values`, NaN left out; the values are not owned. Infinities sort at the ends, -0 just
// before +0. Source: radix selection on the leading bits of the doubles, then std::nth_element.
class OrderStatistics {
 public:
  // Cost: one pass. Memory: 256 KiB, or the values when there are up to 4,096.
  explicit OrderStatistics(std::span<const double> values);

  size_t size() const { return size_; }  // without NaN
  double min() const { return min_; }    // size() > 0
  double max() const { return max_; }

  // Fetches the neighbourhoods of ranks that will be asked for, in one pass together. Ranks beyond the end
  // are left out. Memory: up to 1 MiB each.
  void prepare(std::initializer_list<size_t> ranks);

  // sorted[rank], rank < size(). Cost: a pass, or two with millions of values, unless it was prepared.
  double at(size_t rank);
  // How many are less than `value`; at most a pass.
  size_t count_below(double value);

  // Linear interpolation between the two nearest, as numpy.quantile's default; size() > 0, 0 <= q <= 1.
  double quantile(double q);

 private:
  // The values that share their leading bits; in no order.
  struct Bucket {
    uint64_t prefix = 0;
    int bits = 0;
    size_t first_rank = 0;
    size_t count = 0;
    std::vector<double> values;  // [count]
  };

  Bucket& bucket_of_rank(size_t rank);
  Bucket narrow(size_t rank) const;
  void collect(std::span<Bucket> buckets) const;

  std::span<const double> values_;
  std::vector<uint32_t> counts_;  // by the leading 16 bits
  std::vector<Bucket> buckets_;   // collected so far
  size_t size_ = 0;
  double min_ = 0, max_ = 0;
};

// (1 - t) * low + t * high as numpy computes it, exact at both ends.
double interpolate(double low, double high, double t);

}  // namespace tidemill::pipeline
