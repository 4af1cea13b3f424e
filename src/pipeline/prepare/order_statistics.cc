#include "pipeline/prepare/order_statistics.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <iterator>

namespace tidemill::pipeline {
namespace {

constexpr int kStepBits = 16;
constexpr size_t kStepBuckets = size_t{1} << kStepBits;
constexpr size_t kSmallBucket = 4096;  // sorted rather than divided further

// Doubles in their order as unsigned integers; NaN is above everything that counts.
uint64_t order_key(double value) {
  const auto bits = std::bit_cast<uint64_t>(value);
  const uint64_t mask = static_cast<uint64_t>(-static_cast<int64_t>(bits >> 63)) | uint64_t{1} << 63;
  return bits ^ mask;
}

double value_of(uint64_t key) {
  const uint64_t mask = ((key >> 63) - 1) | uint64_t{1} << 63;
  return std::bit_cast<double>(key ^ mask);
}

}  // namespace

double interpolate(double low, double high, double t) {
  return t < 0.5 ? low + (high - low) * t : high - (high - low) * (1 - t);
}

OrderStatistics::OrderStatistics(std::span<const double> values) : values_(values) {
  if (values.size() <= kSmallBucket) {
    std::copy_if(values.begin(), values.end(), std::back_inserter(bucket_.sorted),
                 [](double value) { return value == value; });
    std::sort(bucket_.sorted.begin(), bucket_.sorted.end());
    size_ = bucket_.sorted.size();
    return;
  }
  counts_.resize(kStepBuckets);
  for (const double value : values_) {
    const bool is_number = value == value;
    counts_[order_key(value) >> (64 - kStepBits)] += is_number ? 1 : 0;
    size_ += is_number ? 1 : 0;
  }
}

OrderStatistics::Pair OrderStatistics::at(size_t rank) {
  const double first = value_at(rank);
  return {first, value_at(std::min(rank + 1, size_ - 1))};
}

double OrderStatistics::quantile(double q) {
  const double position = q * static_cast<double>(size_ - 1);
  const double whole = std::floor(position);
  const Pair pair = at(static_cast<size_t>(whole));
  return interpolate(pair.at, pair.next, position - whole);
}

double OrderStatistics::value_at(size_t rank) {
  const bool is_loaded = rank >= bucket_.first_rank && rank - bucket_.first_rank < bucket_.sorted.size();
  if (!is_loaded) load_bucket(rank);
  return bucket_.sorted[rank - bucket_.first_rank];
}

// Narrows down to the values that share their leading bits with the one of this rank, 16 bits a step, until
// they are few or all the same.
void OrderStatistics::load_bucket(size_t rank) {
  std::vector<uint32_t> counts = counts_;
  uint64_t prefix = 0;
  size_t below = 0;
  for (int bits = kStepBits;; bits += kStepBits) {
    size_t step = 0;
    while (below + counts[step] <= rank) below += counts[step++];
    prefix = prefix << kStepBits | step;
    const size_t count = counts[step];
    bucket_.first_rank = below;
    bucket_.sorted.clear();
    if (bits == 64) {
      bucket_.sorted.assign(std::min(count, kSmallBucket), value_of(prefix));
      // A long run of one value: what is remembered starts at the rank asked for, or ends with the run.
      if (count > kSmallBucket) bucket_.first_rank = std::min(rank, below + count - kSmallBucket);
      return;
    }
    const int shift = 64 - bits;
    if (count <= kSmallBucket) {
      bucket_.sorted.reserve(count);
      for (const double value : values_) {
        if (order_key(value) >> shift == prefix && value == value) bucket_.sorted.push_back(value);
      }
      std::sort(bucket_.sorted.begin(), bucket_.sorted.end());
      return;
    }
    counts.assign(kStepBuckets, 0);
    for (const double value : values_) {
      const uint64_t key = order_key(value);
      if (key >> shift == prefix && value == value) ++counts[key >> (shift - kStepBits) & (kStepBuckets - 1)];
    }
  }
}

}  // namespace tidemill::pipeline
