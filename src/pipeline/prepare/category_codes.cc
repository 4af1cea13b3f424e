#include "pipeline/prepare/category_codes.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"

namespace tidemill::pipeline {
namespace {

constexpr size_t kFewTexts = 16;

[[noreturn]] void refuse(const PlannedFeature& feature, const std::string& why) {
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("column '{}' {}: leave it out with prepare.drop_columns, or use it in a feature",
                          feature.name, why));
}

}  // namespace

uint32_t CategoryCodes::code_of(std::string_view text) {
  const std::lock_guard lock(mutex_);
  const auto [place, is_new] =
      codes_.try_emplace(std::string(text), static_cast<uint32_t>(texts_.size() + 1));
  if (!is_new) return place->second;
  if (texts_.size() >= kMaxDistinct) {
    codes_.erase(place);
    return kTooMany;
  }
  texts_.push_back(place->first);
  return place->second;
}

void CategoryCodes::encode(const std::vector<std::string_view>& texts, uint32_t* out) {
  // Looks through the few texts of most columns, and into a table beyond that.
  std::vector<std::pair<std::string_view, uint32_t>> few;
  std::unordered_map<std::string_view, uint32_t> many;
  for (size_t i = 0; i < texts.size(); ++i) {
    const std::string_view text = texts[i];
    const auto found =
        std::find_if(few.begin(), few.end(), [&](const auto& entry) { return entry.first == text; });
    if (found != few.end()) {
      out[i] = found->second;
    } else if (few.size() < kFewTexts) {
      out[i] = few.emplace_back(text, code_of(text)).second;
    } else {
      const auto [place, is_new] = many.try_emplace(text, kNull);
      if (is_new) place->second = code_of(text);
      out[i] = place->second;
    }
  }
}

CategoryFit fit_categories(const PlannedFeature& feature, const CategoryCodes& codes,
                           std::span<const uint32_t> train_codes, double rare_share) {
  if (codes.texts().size() >= CategoryCodes::kMaxDistinct) {
    refuse(feature, fmt::format("has {} or more different texts", CategoryCodes::kMaxDistinct));
  }
  std::vector<uint64_t> counts(codes.texts().size() + 1);
  for (const uint32_t code : train_codes) ++counts[code];
  CategoryFit fit;
  fit.null_count = counts[CategoryCodes::kNull];
  if (fit.null_count == train_codes.size()) refuse(feature, "has no value on the train side");
  std::vector<std::pair<std::string, uint32_t>> kept;  // text and code
  for (uint32_t code = 1; code < counts.size(); ++code) {
    if (counts[code] == 0) continue;
    if (static_cast<double>(counts[code]) < rare_share * static_cast<double>(train_codes.size())) {
      fit.rare_count += counts[code];
    } else {
      kept.emplace_back(codes.texts()[code - 1], code);
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
  fit.index_of_code.assign(counts.size(), CategoryFit::kUnknown);
  uint64_t most = 0;
  for (uint32_t i = 0; i < kept.size(); ++i) {
    const auto& [text, code] = kept[i];
    if (counts[code] > most) {
      most = counts[code];
      fit.impute_index = i;
    }
    fit.categories.push_back(text);
    fit.counts.push_back(counts[code]);
    fit.index_of_code[code] = i;
  }
  fit.index_of_code[CategoryCodes::kNull] = static_cast<uint32_t>(fit.impute_index);
  return fit;
}

}  // namespace tidemill::pipeline
