#include "pipeline/prepare/feature_plan.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace tidemill::pipeline {
namespace {

constexpr std::array<std::string_view, 13> kNumericTypes = {
    "BOOLEAN",   "TINYINT",  "SMALLINT", "INTEGER",  "BIGINT", "HUGEINT", "UTINYINT",
    "USMALLINT", "UINTEGER", "UBIGINT",  "UHUGEINT", "FLOAT",  "DOUBLE"};

// Columns that the engine adds to every file; a column of that name would hide them.
constexpr std::array<const char*, 3> kReservedNames = {"file_index", "file_row_number", "filename"};

std::vector<std::string> names_of(const std::vector<engine::Column>& columns) {
  std::vector<std::string> names;
  for (const engine::Column& column : columns) names.push_back(column.name);
  return names;
}

const engine::Column* find(const std::vector<engine::Column>& columns, const std::string& name) {
  const auto found = std::find_if(columns.begin(), columns.end(),
                                  [&](const engine::Column& column) { return same_name(column.name, name); });
  return found == columns.end() ? nullptr : &*found;
}

[[noreturn]] void refuse(const std::string& place, const std::string& why) {
  throw Error(ErrorCode::kInvalidArgument, place.empty() ? why : place + ": " + why);
}

}  // namespace

bool same_name(const std::string& a, const std::string& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return x == y || (x < 0x80 && y < 0x80 && std::tolower(x) == std::tolower(y));
  });
}

bool is_numeric_type(const std::string& type) {
  return type.starts_with("DECIMAL") ||
         std::find(kNumericTypes.begin(), kNumericTypes.end(), type) != kNumericTypes.end();
}

bool is_text_type(const std::string& type) {
  return type == "VARCHAR" || type == "ENUM";
}

FeaturePlan::FeaturePlan(const PrepareOptions& options, const std::vector<engine::Column>& raw_columns,
                         engine::Engine& engine)
    : options_(options) {
  for (const engine::Column& column : raw_columns) {
    if (same_name(column.name, options.roles.target)) {
      target_ = column;
    } else {
      raw_.push_back(column);
    }
  }
  check_roles();
  known_ = raw_;
  check_names();
  check_drop_columns();
  add_raw_columns();
  for (const FeatureDefinition& feature : options_.features) {
    if (feature.expression.empty()) {
      add_comparison(feature);
    } else {
      add_expression(feature, engine);
    }
  }
  for (const engine::Column& column : raw_) {
    if (std::find(used_.begin(), used_.end(), column.name) != used_.end()) needed_.push_back(column);
  }
  if (numeric_.empty() && categorical_.empty()) {
    refuse("", fmt::format("there are no features: besides key, time and target the raw data has {}",
                           raw_.size() <= 2 ? "no column" : "no column of numbers, booleans or text"));
  }
}

void FeaturePlan::check_roles() const {
  if (target_.name.empty()) {
    refuse("", fmt::format("the raw data has no target column '{}'{}; it has: {}", options_.roles.target,
                           did_you_mean(options_.roles.target, names_of(raw_)), join(names_of(raw_))));
  }
  if (!is_numeric_type(target_.type)) {
    refuse("", fmt::format("the target '{}' is {}: a regression learns a number (for yes and no, 1 and 0)",
                           target_.name, target_.type));
  }
  for (const auto& [role, name] : {std::pair{"key", options_.roles.key}, {"time", options_.roles.time}}) {
    if (name.empty() && std::string(role) == "time") continue;
    if (find(raw_, name) == nullptr) {
      refuse("", fmt::format("the raw data has no {} column '{}'{}; it has: {}", role, name,
                             did_you_mean(name, names_of(raw_)), join(names_of(raw_))));
    }
  }
}

void FeaturePlan::check_names() const {
  for (const char* reserved : kReservedNames) {
    if (find(raw_, reserved) != nullptr) {
      refuse("", fmt::format("a raw column cannot be named '{}', the engine uses that name: rename it",
                             reserved));
    }
  }
  for (size_t i = 0; i < options_.features.size(); ++i) {
    const FeatureDefinition& feature = options_.features[i];
    if (find(raw_, feature.name) != nullptr || same_name(feature.name, target_.name)) {
      refuse(feature.place,
             fmt::format("feature '{}' has the name of a raw column: choose another", feature.name));
    }
    for (const char* reserved : kReservedNames) {
      if (same_name(feature.name, reserved)) {
        refuse(feature.place,
               fmt::format("feature '{}': the engine uses that name: choose another", feature.name));
      }
    }
    for (size_t j = 0; j < i; ++j) {
      if (same_name(options_.features[j].name, feature.name)) {
        refuse(feature.place, fmt::format("feature '{}' is defined twice, first at {}", feature.name,
                                          options_.features[j].place));
      }
    }
  }
}

void FeaturePlan::check_drop_columns() const {
  std::vector<std::string> names = names_of(raw_);
  for (const FeatureDefinition& feature : options_.features) names.push_back(feature.name);
  for (const std::string& dropped : options_.drop_columns) {
    const bool is_there = std::any_of(names.begin(), names.end(),
                                      [&](const std::string& name) { return same_name(name, dropped); });
    if (!is_there) {
      refuse("", fmt::format("prepare.drop_columns: there is no column '{}'{}; columns: {}", dropped,
                             did_you_mean(dropped, names), join(names)));
    }
  }
}

void FeaturePlan::add_raw_columns() {
  for (const engine::Column& column : raw_) {
    rounds_.emplace_back(column.name, 0);
    if (same_name(column.name, options_.roles.key) || same_name(column.name, options_.roles.time)) continue;
    add({column.name, "column", column.type, true});
  }
}

void FeaturePlan::add(const PlannedFeature& feature) {
  const auto& dropped = options_.drop_columns;
  if (std::any_of(dropped.begin(), dropped.end(),
                  [&](const auto& name) { return same_name(name, feature.name); })) {
    return;
  }
  if (is_numeric_type(feature.type)) {
    numeric_.push_back(feature);
  } else if (is_text_type(feature.type)) {
    categorical_.push_back(feature);
  } else {
    return;  // a time or a nested value: for expressions only
  }
  if (feature.is_raw) used_.push_back(feature.name);
}

void FeaturePlan::use(const std::vector<std::string>& columns, const std::string& feature) {
  size_t round = 0;
  for (const std::string& column : columns) {
    if (find(raw_, column) != nullptr) used_.push_back(column);
    for (const auto& [name, needs] : rounds_) {
      if (name == column) round = std::max(round, needs);
    }
  }
  rounds_.emplace_back(feature, round);
}

void FeaturePlan::add_expression(const FeatureDefinition& feature, engine::Engine& engine) {
  try {
    const engine::RowExpression checked =
        engine.check_row_expression(feature.name, feature.expression, known_);
    use(checked.used_columns, feature.name);
    known_.push_back(checked.column);
    add({feature.name, feature.expression, checked.column.type, false});
  } catch (const Error& error) {
    std::vector<engine::Column> with_target = known_;
    with_target.push_back(target_);
    try {
      engine.check_row_expression(feature.name, feature.expression, with_target);
    } catch (const Error&) {
      refuse(feature.place, "feature " + error.message());
    }
    refuse(feature.place, fmt::format("feature '{}' uses the target '{}', which is unknown when predicting",
                                      feature.name, target_.name));
  }
}

const engine::Column& FeaturePlan::known_column(const FeatureDefinition& feature, const std::string& name,
                                                const char* part) const {
  if (same_name(name, target_.name)) {
    refuse(feature.place,
           fmt::format("feature '{}' compares with the target '{}', which is unknown when predicting",
                       feature.name, target_.name));
  }
  const engine::Column* column = find(known_, name);
  if (column == nullptr) {
    refuse(
        feature.place,
        fmt::format("feature '{}': {} = '{}' is no raw column or feature above{}; there are: {}",
                    feature.name, part, name, did_you_mean(name, names_of(known_)), join(names_of(known_))));
  }
  return *column;
}

void FeaturePlan::add_comparison(const FeatureDefinition& feature) {
  const engine::Column value = known_column(feature, feature.value, "value");
  const engine::Column group = known_column(feature, feature.group, "group");
  if (!is_numeric_type(value.type)) {
    refuse(feature.place, fmt::format("feature '{}': value = '{}' is {}, a mean needs numbers", feature.name,
                                      value.name, value.type));
  }
  if (!is_text_type(group.type) && !is_numeric_type(group.type)) {
    refuse(feature.place,
           fmt::format("feature '{}': group = '{}' is {}: use a column of text, numbers or booleans",
                       feature.name, group.name, group.type));
  }
  use({value.name, group.name}, feature.name);
  comparisons_.push_back({feature, rounds_.back().second});
  comparisons_.back().definition.value = value.name;
  comparisons_.back().definition.group = group.name;
  ++rounds_.back().second;  // whoever reads this feature comes after its means
  round_count_ = std::max(round_count_, rounds_.back().second);
  known_.push_back({feature.name, "DOUBLE"});
  add({feature.name, fmt::format("{0} / mean of {0} within {1}", value.name, group.name), "DOUBLE", false});
}

std::string FeaturePlan::sql(const std::string& source, const MeanSql& mean) const {
  std::string select = "SELECT *";
  size_t comparison = 0;
  for (const FeatureDefinition& feature : options_.features) {
    // The newline ends a comment in the expression.
    const std::string expression =
        feature.expression.empty() ? fmt::format("CAST({} AS DOUBLE) / {}",
                                                 quote_identifier(comparisons_[comparison].definition.value),
                                                 mean(comparisons_[comparison].definition))
                                   : feature.expression;
    if (feature.expression.empty()) ++comparison;
    select += fmt::format(", ({}\n) AS {}", expression, quote_identifier(feature.name));
  }
  return select + " FROM " + source;
}

}  // namespace tidemill::pipeline
