#include "models/forest/forest_parameters.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "models/parameter_rules.h"

namespace tidemill::models {
namespace {

bool is_one_of(const ParameterValue& value, std::initializer_list<const char*> names) {
  const auto* text = std::get_if<std::string>(&value);
  return text != nullptr && std::ranges::find(names, *text) != names.end();
}

bool is_fraction(const ParameterValue& value) {
  return std::holds_alternative<double>(value) && is_positive_fraction(value);
}

// Python's int(): an integer stands for a count, a float for a share of `whole`.
uint32_t count_or_floor(const ParameterValue& value, size_t whole) {
  if (const auto* count = std::get_if<int64_t>(&value)) return static_cast<uint32_t>(*count);
  return static_cast<uint32_t>(
      std::max(1.0, std::floor(std::get<double>(value) * static_cast<double>(whole))));
}
uint32_t count_or_ceiling(const ParameterValue& value, size_t whole) {
  if (const auto* count = std::get_if<int64_t>(&value)) return static_cast<uint32_t>(*count);
  return static_cast<uint32_t>(std::ceil(std::get<double>(value) * static_cast<double>(whole)));
}

uint32_t feature_count(const ParameterValue& value, size_t column_count) {
  const auto columns = static_cast<double>(column_count);
  if (is_none(value)) return static_cast<uint32_t>(column_count);
  if (is_one_of(value, {"sqrt"})) return static_cast<uint32_t>(std::max(1.0, std::sqrt(columns)));
  if (is_one_of(value, {"log2"})) return static_cast<uint32_t>(std::max(1.0, std::log2(columns)));
  return std::min(count_or_floor(value, column_count), static_cast<uint32_t>(column_count));
}

}  // namespace

const std::vector<ParameterSpec>& forest_parameter_specs() {
  static const std::vector<ParameterSpec> specs{
      {"n_estimators", int64_t{100}, "integer >= 1", is_integer_from<1>},
      {"criterion", std::string("squared_error"), "squared_error",
       [](const ParameterValue& v) { return is_one_of(v, {"squared_error"}); }},
      {"max_depth", std::monostate(), "integer >= 1 or None", is_integer_from_or_none<1>},
      {"min_samples_split", int64_t{2}, "integer >= 2 or a fraction of the rows in (0, 1]",
       [](const ParameterValue& v) { return is_integer_from<2>(v) || is_fraction(v); }},
      {"min_samples_leaf", int64_t{1}, "integer >= 1 or a fraction of the rows in (0, 1)",
       [](const ParameterValue& v) { return is_integer_from<1>(v) || (is_fraction(v) && as_number(v) < 1); }},
      {"max_features", 1.0, "integer >= 1, a fraction of the columns in (0, 1], sqrt, log2 or None",
       [](const ParameterValue& v) {
         return is_integer_from_or_none<1>(v) || is_fraction(v) || is_one_of(v, {"sqrt", "log2"});
       }},
      {"min_impurity_decrease", 0.0, "number >= 0", is_not_negative},
      {"bootstrap", true, "true or false", is_boolean},
      {"max_samples", std::monostate(), "integer >= 1, a fraction of the rows in (0, 1] or None",
       [](const ParameterValue& v) { return is_integer_from_or_none<1>(v) || is_fraction(v); }},
  };
  return specs;
}

ForestParameters read_forest_parameters(const Parameters& parameters, size_t row_count, size_t column_count) {
  ForestParameters out;
  out.tree_count = static_cast<uint32_t>(std::get<int64_t>(parameters.at("n_estimators")));
  out.bootstrap = std::get<bool>(parameters.at("bootstrap"));
  const ParameterValue& max_samples = parameters.at("max_samples");
  if (!out.bootstrap && !is_none(max_samples)) {
    throw Error(ErrorCode::kInvalidArgument,
                "random_forest: max_samples = " + format_parameter(max_samples) +
                    " says how many rows to draw, but bootstrap = false draws none; leave one of them out");
  }
  out.drawn_rows =
      is_none(max_samples) ? static_cast<uint32_t>(row_count) : count_or_floor(max_samples, row_count);
  const ParameterValue& max_depth = parameters.at("max_depth");
  if (!is_none(max_depth)) out.limits.max_depth = static_cast<uint32_t>(std::get<int64_t>(max_depth));
  out.limits.min_samples_split =
      std::max(2U, count_or_ceiling(parameters.at("min_samples_split"), row_count));
  out.limits.min_samples_leaf = std::max(1U, count_or_ceiling(parameters.at("min_samples_leaf"), row_count));
  out.limits.max_features = feature_count(parameters.at("max_features"), column_count);
  out.limits.min_impurity_decrease = as_number(parameters.at("min_impurity_decrease"));
  return out;
}

bool share_one_forest(const Parameters& a, const Parameters& b) {
  return std::ranges::all_of(a, [&](const auto& entry) {
    return entry.first == "n_estimators" || entry.first == "max_depth" || entry.second == b.at(entry.first);
  });
}

}  // namespace tidemill::models
