#include <cmath>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "pipeline/promote/promote.h"

namespace tidemill::pipeline {
namespace {

double value_of(const MetricValues& values, const std::string& metric) {
  const auto found = values.find(metric);
  if (found == values.end()) {
    std::vector<std::string> names;
    for (const auto& [name, value] : values) names.push_back(name);
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("the promotion rule's metric '{}' was not computed{}; there are: {}", metric,
                            did_you_mean(metric, names), join(names)));
  }
  return found->second;
}

// Why `rule` does not hold; empty when it does.
std::string objection(const PromotionRule& rule, const MetricValues& candidate,
                      const std::optional<MetricValues>& production) {
  const double value = value_of(candidate, rule.metric);
  const double sign = rule.greater_is_better ? 1 : -1;
  if (!std::isfinite(value)) return fmt::format("{} is {}", rule.metric, format_double(value));
  if (rule.threshold && sign * (value - *rule.threshold) <= 0) {
    return fmt::format("{} {:.4f} is not {} {}", rule.metric, value, rule.greater_is_better ? ">" : "<",
                       format_double(*rule.threshold));
  }
  if (!production) return "";
  const double baseline = value_of(*production, rule.metric);
  const double gain = sign * (value - baseline);
  if (rule.min_absolute_change && gain < *rule.min_absolute_change) {
    return fmt::format("{} {:.4f} is not better than Production's {:.4f} by {}", rule.metric, value, baseline,
                       format_double(*rule.min_absolute_change));
  }
  if (rule.min_relative_change) {
    // As MLflow: against a baseline of 0 any improvement counts.
    const double needed = baseline == 0 ? 1e-10 : *rule.min_relative_change * std::fabs(baseline);
    if (gain < needed) {
      return fmt::format("{} {:.4f} is not better than Production's {:.4f} by {} %", rule.metric, value,
                         baseline, format_double(*rule.min_relative_change * 100));
    }
  }
  return "";
}

}  // namespace

Promotion decide_promotion(const std::vector<PromotionRule>& rules, bool better_than_production,
                           const std::string& metric, const MetricValues& candidate,
                           const std::optional<MetricValues>& production) {
  Promotion decision;
  if (rules.empty()) {
    decision.reason = "stays in Staging: the project file has no promotion rule";
    return decision;
  }
  std::vector<std::string> objections, arguments;
  const bool greater_is_better = metric == "test_r2";
  for (const PromotionRule& rule : rules) {
    const std::string against = objection(rule, candidate, production);
    if (!against.empty()) {
      objections.push_back(against);
    } else if (rule.threshold) {
      arguments.push_back(fmt::format("{} {:.4f} {} {}", rule.metric, value_of(candidate, rule.metric),
                                      rule.greater_is_better ? ">" : "<", format_double(*rule.threshold)));
    }
  }
  if (production) decision.production_metric = value_of(*production, metric);
  if (better_than_production && production) {
    const double value = value_of(candidate, metric), baseline = *decision.production_metric;
    const bool better = greater_is_better ? value > baseline : value < baseline;
    const std::string comparison =
        fmt::format("{} {:.4f} is {}better than Production's {:.4f} on the same test set", metric, value,
                    better ? "" : "not ", baseline);
    (better ? arguments : objections).push_back(comparison);
  } else if (!production) {
    arguments.push_back("nothing was in Production");
  }
  decision.promoted = objections.empty();
  decision.reason = decision.promoted ? "promoted to Production: " + join(arguments, "; ")
                                      : "stays in Staging: " + join(objections, "; ");
  return decision;
}

}  // namespace tidemill::pipeline
