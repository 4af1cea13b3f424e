#pragma once
// Values of two sides beside each other. Pure.

#include <optional>
#include <string>
#include <vector>

#include "tracking/entities.h"

namespace tidemill::server::pages {

struct MetricPair {
  std::string key;
  std::optional<double> left{}, right{};

  // Of what both have.
  std::optional<double> difference() const;           // right - left
  std::optional<double> relative_difference() const;  // of |left|; nullopt where that is 0
  // Whether the right one is better; nullopt when they are equal, one is missing, or nobody knows which way
  // is better: errors (…rmse, …mae, …mse, …loss) are better lower, …r2, …accuracy, …auc, …f1 higher.
  std::optional<bool> right_is_better() const;
};

struct ParamPair {
  std::string key;
  std::optional<std::string> left{}, right{};

  bool differs() const { return left != right; }
};

// By key, each key once.
std::vector<MetricPair> pair_metrics(const tracking::Run& left, const tracking::Run& right);
std::vector<ParamPair> pair_params(const tracking::Run& left, const tracking::Run& right);

}  // namespace tidemill::server::pages
