#include "server/pages/value_comparison.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

namespace tidemill::server::pages {
namespace {

bool ends_with_any(const std::string& key, const auto& endings) {
  return std::any_of(endings.begin(), endings.end(),
                     [&](std::string_view one) { return key.ends_with(one); });
}

template <typename Pair>
std::vector<Pair> values_of(std::map<std::string, Pair> by_key) {
  std::vector<Pair> pairs;
  for (auto& [key, pair] : by_key) {
    pair.key = key;
    pairs.push_back(std::move(pair));
  }
  return pairs;
}

}  // namespace

std::optional<double> MetricPair::difference() const {
  if (!left || !right || !std::isfinite(*left) || !std::isfinite(*right)) return std::nullopt;
  return *right - *left;
}

std::optional<double> MetricPair::relative_difference() const {
  const auto by = difference();
  if (!by || *left == 0) return std::nullopt;
  return *by / std::fabs(*left);
}

std::optional<bool> MetricPair::right_is_better() const {
  constexpr std::array<std::string_view, 4> kLower = {"rmse", "mae", "mse", "loss"};
  constexpr std::array<std::string_view, 4> kHigher = {"r2", "accuracy", "auc", "f1"};
  const auto by = difference();
  if (!by || *by == 0) return std::nullopt;
  if (ends_with_any(key, kLower)) return *by < 0;
  if (ends_with_any(key, kHigher)) return *by > 0;
  return std::nullopt;
}

std::vector<MetricPair> pair_metrics(const tracking::Run& left, const tracking::Run& right) {
  std::map<std::string, MetricPair> by_key;
  for (const tracking::Metric& metric : left.metrics) by_key[metric.key].left = metric.value;
  for (const tracking::Metric& metric : right.metrics) by_key[metric.key].right = metric.value;
  return values_of(std::move(by_key));
}

std::vector<ParamPair> pair_params(const tracking::Run& left, const tracking::Run& right) {
  std::map<std::string, ParamPair> by_key;
  for (const tracking::Param& param : left.params) by_key[param.key].left = param.value;
  for (const tracking::Param& param : right.params) by_key[param.key].right = param.value;
  return values_of(std::move(by_key));
}

}  // namespace tidemill::server::pages
