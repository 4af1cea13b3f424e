#include "pipeline/prepare/category_counts.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"

namespace tidemill::pipeline {
namespace {

constexpr size_t kFewTexts = 16;

// Counts of a batch. Looks through the few texts of most columns, and into a table beyond that.
std::unordered_map<std::string_view, uint64_t> count_batch(const std::vector<std::string_view>& texts) {
  std::vector<std::pair<std::string_view, uint64_t>> few;
  std::unordered_map<std::string_view, uint64_t> counts;
  for (const std::string_view text : texts) {
    const auto found =
        std::find_if(few.begin(), few.end(), [&](const auto& entry) { return entry.first == text; });
    if (found != few.end()) {
      ++found->second;
    } else if (few.size() < kFewTexts) {
      few.emplace_back(text, 1);
    } else {
      ++counts[text];
    }
  }
  counts.insert(few.begin(), few.end());
  return counts;
}

[[noreturn]] void refuse(const PlannedFeature& feature, const std::string& why) {
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("column '{}' {}: leave it out with prepare.drop_columns, or use it in a feature",
                          feature.name, why));
}

}  // namespace

void CategoryCounts::add(const std::vector<std::string_view>& texts, uint64_t null_count) {
  const auto counts = count_batch(texts);
  const std::lock_guard lock(mutex_);
  null_count_ += null_count;
  for (const auto& [text, count] : counts) {
    if (counts_.size() < kMaxDistinct || counts_.contains(std::string(text)))
      counts_[std::string(text)] += count;
  }
}

CategoryFit CategoryCounts::fit(const PlannedFeature& feature, double rare_share) const {
  CategoryFit fit;
  fit.null_count = null_count_;
  uint64_t row_count = null_count_;
  for (const auto& [text, count] : counts_) row_count += count;
  if (counts_.empty()) refuse(feature, "has no value on the train side");
  if (counts_.size() >= kMaxDistinct)
    refuse(feature, fmt::format("has {} or more different texts", kMaxDistinct));
  std::vector<std::pair<std::string, uint64_t>> kept;
  for (const auto& [text, count] : counts_) {
    if (static_cast<double>(count) < rare_share * static_cast<double>(row_count)) {
      fit.rare_count += count;
    } else {
      kept.emplace_back(text, count);
    }
  }
  if (kept.empty()) refuse(feature, "has no text as frequent as prepare.rare_categories asks");
  if (kept.size() > kMaxCategories) {
    refuse(
        feature,
        fmt::format("has {} categories, at most {} become columns; prepare.rare_categories can set a share "
                    "of the rows below which they count as unknown",
                    kept.size(), kMaxCategories));
  }
  std::sort(kept.begin(), kept.end());
  uint64_t most = 0;
  for (size_t i = 0; i < kept.size(); ++i) {
    if (kept[i].second > most) {
      most = kept[i].second;
      fit.impute_index = i;
    }
    fit.categories.push_back(kept[i].first);
    fit.counts.push_back(kept[i].second);
  }
  return fit;
}

}  // namespace tidemill::pipeline
