#pragma once
// Which side of the split each row of a day falls on.

#include <cstdint>
#include <span>
#include <vector>

namespace tidemill::pipeline {

enum class Side : uint8_t {
  kTrain = 0,
  kTest = 1,
  kNone = 2,  // the target is null: in raw data only
};

struct SplitRule {
  double test_fraction = 0.2;
  int stratify_bins = 10;
};

// Rows of a day in their order. `earlier` holds the sides of rows whose key an earlier day has already put on
// a side (kNone elsewhere); empty when no key returns.
struct DayRows {
  std::vector<uint64_t> key_hashes;
  std::vector<double> targets;  // NaN: null
  std::vector<Side> earlier;
};

// Returning keys keep their side. Of the other rows of stratum s (see Strata), the t(s) with the lowest hash
// go to test, ties in row order; t(s) = round(f * n(0..s)) - round(f * n(0..s-1)), where n counts those rows
// in the strata up to s: every stratum gets its share to within one row, the day round(f * n) exactly (halves
// up). A pure function of its arguments at any thread count.
std::vector<Side> decide_sides(const DayRows& rows, const SplitRule& rule, int thread_count);

// Whether two of the hashes are equal. Cost: about 40 ns a hash; memory: a copy.
bool has_duplicates(std::span<const uint64_t> hashes, int thread_count);

}  // namespace tidemill::pipeline
