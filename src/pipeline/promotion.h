#pragma once
// When a new version goes to Production, and what was decided: records shared by train and promote.

#include <optional>
#include <string>

namespace tidemill::pipeline {

inline constexpr char kChampionAlias[] = "champion";      // the version in Production
inline constexpr char kChallengerAlias[] = "challenger";  // the latest version in Staging

// MLflow's MetricThreshold words (mlflow.models.MetricThreshold).
struct PromotionRule {
  std::string metric = "test_rmse";
  std::optional<double> threshold;            // absolute
  std::optional<double> min_absolute_change;  // against the current Production version
  std::optional<double> min_relative_change;
  bool greater_is_better = false;
};

struct Promotion {
  bool promoted = false;
  std::string reason;                       // for or against, with the numbers
  std::optional<int> production_version;    // compared against
  std::optional<double> production_metric;  // of that version on the same test set
};

}  // namespace tidemill::pipeline
