#include "pipeline/prepare/order_statistics.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <iterator>
#include <limits>

namespace tidemill::pipeline {
namespace {

constexpr int kStepBits = 16;
constexpr size_t kStepBuckets = size_t{1} << kStepBits;
constexpr size_t kFewValues = 4096;                 // one bucket from the start
constexpr size_t kLargestBucket = size_t{1} << 17;  // divided further beyond that

// Doubles in their order as unsigned integers.
uint64_t order_key(double value) {
  const auto bits = std::bit_cast<uint64_t>(value);
  const uint64_t mask = static_cast<uint64_t>(-static_cast<int64_t>(bits >> 63)) | uint64_t{1} << 63;
  return bits ^ mask;
}

double value_of(uint64_t key) {
  const uint64_t mask = ((key >> 63) - 1) | uint64_t{1} << 63;
  return std::bit_cast<double>(key ^ mask);
}

bool is_number(double value) {
  return value == value;
}

}  // namespace

double interpolate(double low, double high, double t) {
  return t < 0.5 ? low + (high - low) * t : high - (high - low) * (1 - t);
}

OrderStatistics::OrderStatistics(std::span<const double> values) : values_(values) {
  min_ = std::numeric_limits<double>::infinity();
  max_ = -min_;
  const bool are_few = values.size() <= kFewValues;
  if (!are_few) counts_.resize(kStepBuckets);
  for (const double value : values) {
    if (!is_number(value)) continue;
    if (!are_few) ++counts_[order_key(value) >> (64 - kStepBits)];
    ++size_;
    min_ = std::min(min_, value);
    max_ = std::max(max_, value);
  }
  if (are_few) {
    Bucket all;
    all.count = size_;
    std::copy_if(values.begin(), values.end(), std::back_inserter(all.values), is_number);
    buckets_.push_back(std::move(all));
  }
}

// The bucket of this rank, small enough to be collected, or all of one value.
OrderStatistics::Bucket OrderStatistics::narrow(size_t rank) const {
  Bucket bucket;
  std::vector<uint32_t> counts;
  while (true) {
    const std::vector<uint32_t>& step_counts = bucket.bits == 0 ? counts_ : counts;
    size_t step = 0;
    while (bucket.first_rank + step_counts[step] <= rank) bucket.first_rank += step_counts[step++];
    bucket.prefix = bucket.prefix << kStepBits | step;
    bucket.bits += kStepBits;
    bucket.count = step_counts[step];
    if (bucket.count <= kLargestBucket || bucket.bits == 64) return bucket;
    counts.assign(kStepBuckets, 0);
    const int shift = 64 - bucket.bits;
    for (const double value : values_) {
      const uint64_t key = order_key(value);
      if (key >> shift == bucket.prefix && is_number(value)) {
        ++counts[key >> (shift - kStepBits) & (kStepBuckets - 1)];
      }
    }
  }
}

void OrderStatistics::collect(std::span<Bucket> buckets) const {
  // Most values are in none of the buckets: their leading bits say so.
  constexpr uint8_t kNone = UINT8_MAX;
  std::vector<uint8_t> bucket_of(kStepBuckets, kNone);
  for (size_t b = 0; b < buckets.size(); ++b) {
    buckets[b].values.reserve(buckets[b].bits == 64 ? 0 : buckets[b].count);
    if (buckets[b].bits < 64)
      bucket_of[buckets[b].prefix >> (buckets[b].bits - kStepBits)] = static_cast<uint8_t>(b);
  }
  if (std::all_of(buckets.begin(), buckets.end(), [](const Bucket& bucket) { return bucket.bits == 64; }))
    return;
  for (const double value : values_) {
    const uint64_t key = order_key(value);
    const uint8_t b = bucket_of[key >> (64 - kStepBits)];
    if (b == kNone || !is_number(value)) continue;
    if (key >> (64 - buckets[b].bits) == buckets[b].prefix) buckets[b].values.push_back(value);
  }
}

void OrderStatistics::prepare(std::initializer_list<size_t> ranks) {
  std::vector<Bucket> wanted;
  const auto holds = [](const std::vector<Bucket>& buckets, size_t rank) {
    return std::any_of(buckets.begin(), buckets.end(), [&](const Bucket& bucket) {
      return rank >= bucket.first_rank && rank - bucket.first_rank < bucket.count;
    });
  };
  for (const size_t rank : ranks) {
    if (rank >= size_ || holds(buckets_, rank) || holds(wanted, rank)) continue;
    wanted.push_back(narrow(rank));
    // Two that share their leading 16 bits (both divided further) are collected in passes of their own.
    const auto shares = [&](const Bucket& bucket) {
      return &bucket != &wanted.back() && bucket.bits > kStepBits && wanted.back().bits > kStepBits;
    };
    if (std::any_of(wanted.begin(), wanted.end(), shares)) {
      collect(std::span(&wanted.back(), 1));
      buckets_.push_back(std::move(wanted.back()));
      wanted.pop_back();
    }
  }
  if (!wanted.empty()) collect(wanted);
  std::move(wanted.begin(), wanted.end(), std::back_inserter(buckets_));
}

OrderStatistics::Bucket& OrderStatistics::bucket_of_rank(size_t rank) {
  prepare({rank});
  return *std::find_if(buckets_.begin(), buckets_.end(), [&](const Bucket& bucket) {
    return rank >= bucket.first_rank && rank - bucket.first_rank < bucket.count;
  });
}

double OrderStatistics::at(size_t rank) {
  Bucket& bucket = bucket_of_rank(rank);
  if (bucket.bits == 64) return value_of(bucket.prefix);
  const auto place = bucket.values.begin() + static_cast<ptrdiff_t>(rank - bucket.first_rank);
  std::nth_element(bucket.values.begin(), place, bucket.values.end());
  return *place;
}

size_t OrderStatistics::count_below(double value) {
  if (size_ == 0 || value <= min_) return 0;
  return static_cast<size_t>(
      std::count_if(values_.begin(), values_.end(), [value](double other) { return other < value; }));
}

double OrderStatistics::quantile(double q) {
  const double position = q * static_cast<double>(size_ - 1);
  const auto rank = static_cast<size_t>(std::floor(position));
  return interpolate(at(rank), at(std::min(rank + 1, size_ - 1)), position - std::floor(position));
}

}  // namespace tidemill::pipeline
