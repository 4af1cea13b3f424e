#pragma once
// How often each text of a column appears; filled from several threads.

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "pipeline/prepare/fit.h"

namespace tidemill::pipeline {

class CategoryCounts {
 public:
  // Beyond this many different texts counting stops: no share of the rows could make them categories.
  static constexpr size_t kMaxDistinct = 1'000'000;
  static constexpr size_t kMaxCategories = 1000;
  static constexpr size_t kMaxBytes = 1000;

  void add(const std::vector<std::string_view>& texts, uint64_t null_count);

  // Errors: kInvalidArgument naming the column and what to do: no text at all, too many categories.
  CategoryFit fit(const PlannedFeature& feature, double rare_share) const;

 private:
  std::mutex mutex_;
  std::unordered_map<std::string, uint64_t> counts_;  // guarded by mutex_ while threads add
  uint64_t null_count_ = 0;
};

}  // namespace tidemill::pipeline
