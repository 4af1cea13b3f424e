#include <fmt/format.h>

#include "app/project_file/blocks.h"
#include "app/project_file/reader.h"

namespace tidemill::app {

pipeline::QualityRule read_quality_rule(const Value& block, Problems& problems, EffectiveSection& effective) {
  pipeline::QualityRule rule;
  rule.place = block.place.text();
  read_settings("quality", block, quality_settings(), rule, problems, effective);
  const bool has_min = block.find("min") != nullptr;
  const bool has_max = block.find("max") != nullptr;
  if ((rule.rule == "between" || rule.rule == "row_count_between") && !has_min && !has_max) {
    problems.add(block.place, fmt::format("quality rule \"{}\" needs 'min', 'max' or both", rule.rule));
  }
  if (has_min && has_max && rule.min_value > rule.max_value) {
    problems.add(block.place, fmt::format("quality rule \"{}\": min {} is above max {}", rule.rule,
                                          rule.min_value, rule.max_value));
  }
  if (has_max && rule.rule == "freshness" && rule.max_value <= 0) {
    problems.add(block.find("max")->value.place, fmt::format("quality.max: expected hours above 0, got {}",
                                                             describe(block.find("max")->value)));
  }
  if (has_max && rule.rule == "outlier_share_below" && (rule.max_value < 0 || rule.max_value > 1)) {
    problems.add(block.find("max")->value.place,
                 fmt::format("quality.max: expected a share between 0 and 1, got {}",
                             describe(block.find("max")->value)));
  }
  return rule;
}

pipeline::PromotionRule read_promotion_rule(const Value& block, Problems& problems,
                                            EffectiveSection& effective) {
  pipeline::PromotionRule rule;
  read_settings("promote.rules", block, promotion_settings(), rule, problems, effective);
  if (block.find("threshold") == nullptr && block.find("min_absolute_change") == nullptr &&
      block.find("min_relative_change") == nullptr) {
    problems.add(block.place,
                 "a promotion rule needs 'threshold', 'min_absolute_change' or 'min_relative_change'");
  }
  return rule;
}

}  // namespace tidemill::app
