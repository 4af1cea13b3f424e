#pragma once
// The texts of a categorical column as numbers, and what is learned from them.

#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "pipeline/prepare/feature_plan.h"

namespace tidemill::pipeline {

// Numbers each new text as it comes, from several threads: the numbers mean nothing beyond this run.
class CategoryCodes {
 public:
  static constexpr uint32_t kNull = 0;
  // Beyond this many different texts all others are kTooMany: no share of the rows could make them
  // categories.
  static constexpr size_t kMaxDistinct = 1'000'000;
  static constexpr uint32_t kTooMany = UINT32_MAX;

  // out[i] for texts[i]. Cost: a few nanoseconds a text while there are few different ones.
  void encode(const std::vector<std::string_view>& texts, uint32_t* out);

  // The text of code 1, 2, ...
  const std::vector<std::string>& texts() const { return texts_; }

 private:
  uint32_t code_of(std::string_view text);

  std::mutex mutex_;
  std::unordered_map<std::string, uint32_t> codes_;  // guarded by mutex_
  std::vector<std::string> texts_;                   // guarded by mutex_ until all threads are done
};

struct CategoryFit {
  static constexpr uint32_t kUnknown = UINT32_MAX;

  std::vector<std::string> categories;  // in byte order
  std::vector<uint64_t> counts;         // of each, on the train side
  uint64_t null_count = 0;
  uint64_t rare_count = 0;  // rows of categories that are left out as rare
  size_t impute_index = 0;  // the most frequent; the first of those that tie
  // code -> index into categories: the imputed one for null, kUnknown for rare texts and those of test rows
  // only
  std::vector<uint32_t> index_of_code;
};

inline constexpr size_t kMaxCategories = 1000;
inline constexpr size_t kMaxCategoryBytes = 1000;

// Errors: kInvalidArgument naming the column and what to do: no text at all, too many categories.
CategoryFit fit_categories(const PlannedFeature& feature, const CategoryCodes& codes,
                           std::span<const uint32_t> train_codes, double rare_share);

}  // namespace tidemill::pipeline
