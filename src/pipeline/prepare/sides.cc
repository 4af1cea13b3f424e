#include "pipeline/prepare/sides.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/parallel.h"
#include "pipeline/prepare/strata.h"

namespace tidemill::pipeline {
namespace {

constexpr uint32_t kNotDrawn = UINT32_MAX;

// The stratum of each row that the hash decides about, kNotDrawn for the others.
std::vector<uint32_t> strata_of(const DayRows& rows, const Strata& strata, std::vector<Side>& sides) {
  std::vector<uint32_t> out(rows.targets.size(), kNotDrawn);
  for (size_t i = 0; i < out.size(); ++i) {
    if (std::isnan(rows.targets[i])) {
      sides[i] = Side::kNone;
    } else if (!rows.earlier.empty() && rows.earlier[i] != Side::kNone) {
      sides[i] = rows.earlier[i];
    } else {
      out[i] = static_cast<uint32_t>(strata.of(rows.targets[i]));
    }
  }
  return out;
}

size_t rounded_share(double fraction, size_t count) {
  return static_cast<size_t>(std::floor(fraction * static_cast<double>(count) + 0.5));
}

void draw(const DayRows& rows, const std::vector<uint32_t>& strata, uint32_t stratum, size_t row_count,
          size_t test_count, std::vector<Side>& sides) {
  if (test_count == 0) return;
  std::vector<uint64_t> hashes;
  hashes.reserve(row_count);
  for (size_t i = 0; i < strata.size(); ++i) {
    if (strata[i] == stratum) hashes.push_back(rows.key_hashes[i]);
  }
  const auto last = hashes.begin() + static_cast<ptrdiff_t>(test_count - 1);
  std::nth_element(hashes.begin(), last, hashes.end());
  const uint64_t threshold = *last;
  const auto below = std::count_if(hashes.begin(), last, [&](uint64_t hash) { return hash < threshold; });
  size_t ties = test_count - static_cast<size_t>(below);
  for (size_t i = 0; i < strata.size(); ++i) {
    if (strata[i] != stratum || rows.key_hashes[i] > threshold) continue;
    if (rows.key_hashes[i] == threshold && ties-- == 0) continue;
    sides[i] = Side::kTest;
  }
}

}  // namespace

std::vector<Side> decide_sides(const DayRows& rows, const SplitRule& rule, int thread_count) {
  std::vector<Side> sides(rows.targets.size(), Side::kTrain);
  const Strata strata(rows.targets, rule.stratify_bins);
  const std::vector<uint32_t> stratum_of = strata_of(rows, strata, sides);
  std::vector<size_t> row_counts(strata.count());
  for (const uint32_t stratum : stratum_of) {
    if (stratum != kNotDrawn) ++row_counts[stratum];
  }
  std::vector<size_t> test_counts;
  size_t rows_so_far = 0, tests_so_far = 0;
  for (const size_t count : row_counts) {
    rows_so_far += count;
    test_counts.push_back(rounded_share(rule.test_fraction, rows_so_far) - tests_so_far);
    tests_so_far += test_counts.back();
  }
  parallel_for(strata.count(), thread_count, [&](size_t s) {
    draw(rows, stratum_of, static_cast<uint32_t>(s), row_counts[s], test_counts[s], sides);
  });
  return sides;
}

bool has_duplicates(std::span<const uint64_t> hashes, int thread_count) {
  // Equal hashes share their leading bits: small groups that fit the cache are sorted one by one.
  constexpr int kGroupBits = 11;
  const int bits = std::max(0, static_cast<int>(std::bit_width(hashes.size())) - kGroupBits);
  const auto group_of = [bits](uint64_t hash) { return bits == 0 ? 0 : hash >> (64 - bits); };
  std::vector<size_t> starts((size_t{1} << bits) + 1);
  for (const uint64_t hash : hashes) ++starts[group_of(hash) + 1];
  for (size_t g = 1; g < starts.size(); ++g) starts[g] += starts[g - 1];
  std::vector<uint64_t> grouped(hashes.size());
  std::vector<size_t> next(starts.begin(), starts.end() - 1);
  for (const uint64_t hash : hashes) grouped[next[group_of(hash)]++] = hash;

  std::vector<char> found(starts.size() - 1);
  parallel_for(found.size(), thread_count, [&](size_t g) {
    const auto begin = grouped.begin() + static_cast<ptrdiff_t>(starts[g]);
    const auto end = grouped.begin() + static_cast<ptrdiff_t>(starts[g + 1]);
    std::sort(begin, end);
    found[g] = std::adjacent_find(begin, end) != end ? 1 : 0;
  });
  return std::any_of(found.begin(), found.end(), [](char flag) { return flag != 0; });
}

}  // namespace tidemill::pipeline
