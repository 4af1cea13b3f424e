#include "pipeline/validate/rules.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace tidemill::pipeline {
namespace {

constexpr double kDefaultOutlierShare = 0.05;
constexpr double kDefaultFreshHours = 24;

[[noreturn]] void refuse(const QualityRule& rule, const std::string& fault) {
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("{}{}rule {}: {}", rule.place, rule.place.empty() ? "" : ": ", rule.rule, fault));
}

// A DOUBLE in SQL: a plain 0.1 would be a DECIMAL.
std::string literal(double value) {
  return fmt::format("CAST('{}' AS DOUBLE)", format_double(value));
}

std::string count_of(const std::string& column) {
  return fmt::format("count({})", column);
}

const engine::Column& column_of(const QualityRule& rule, const RuleContext& context) {
  const auto found = std::find_if(context.columns.begin(), context.columns.end(),
                                  [&](const engine::Column& column) { return column.name == rule.column; });
  if (found != context.columns.end()) return *found;
  std::vector<std::string> names;
  for (const engine::Column& column : context.columns) names.push_back(column.name);
  refuse(rule, fmt::format("the data has no column '{}'{}", rule.column, did_you_mean(rule.column, names)));
}

Measure measure_not_null(const QualityRule& rule, const RuleContext&) {
  return {"count(*)", quote_identifier(rule.column) + " IS NULL", ""};
}

// Outside [low, high]; an infinite end is no end.
std::string outside(const std::string& column, double low, double high) {
  std::vector<std::string> parts;
  if (std::isfinite(low)) parts.push_back(fmt::format("{} < {}", column, literal(low)));
  if (std::isfinite(high)) parts.push_back(fmt::format("{} > {}", column, literal(high)));
  return parts.empty() ? "false" : join(parts, " OR ");
}

Measure measure_between(const QualityRule& rule, const RuleContext&) {
  const std::string name = quote_identifier(rule.column);
  return {count_of(name), outside(name, rule.min_value, rule.max_value), name};
}

Measure measure_in_set(const QualityRule& rule, const RuleContext& context) {
  const std::string& type = column_of(rule, context).type;
  const std::string name = quote_identifier(rule.column);
  std::vector<std::string> values;
  for (const std::string& value : rule.values) {
    if (type == "BIGINT" || type == "DOUBLE") {
      char* end = nullptr;
      const double number = std::strtod(value.c_str(), &end);
      if (value.empty() || *end != '\0')
        refuse(rule, fmt::format("'{}' is no number, '{}' is", value, rule.column));
      values.push_back(literal(number));
    } else {
      values.push_back(quote_literal(value));
    }
  }
  if (values.empty()) refuse(rule, "'values' is empty");
  const std::string value = type == "BIGINT" || type == "DOUBLE" || type == "VARCHAR"
                                ? name
                                : fmt::format("CAST({} AS VARCHAR)", name);
  return {count_of(name), fmt::format("{} NOT IN ({})", value, join(values)), name};
}

// Counted by find_duplicates, see validate.cc.
Measure measure_unique(const QualityRule& rule, const RuleContext&) {
  const std::string name = quote_identifier(rule.column);
  return {count_of(name), "false", name};
}

Measure measure_matches(const QualityRule& rule, const RuleContext&) {
  const std::string name = quote_identifier(rule.column);
  return {count_of(name),
          fmt::format("NOT regexp_full_match(CAST({} AS VARCHAR), {})", name, quote_literal(rule.text)),
          name};
}

Measure measure_of_type(const QualityRule& rule, const RuleContext& context) {
  std::string wanted = rule.text;
  std::transform(wanted.begin(), wanted.end(), wanted.begin(),
                 [](unsigned char c) { return std::toupper(c); });
  constexpr std::string_view kTypes[] = {"BIGINT", "DOUBLE", "BOOLEAN", "DATE", "TIMESTAMP", "VARCHAR"};
  if (std::find(std::begin(kTypes), std::end(kTypes), wanted) == std::end(kTypes)) {
    const std::vector<std::string> known(std::begin(kTypes), std::end(kTypes));
    refuse(rule, fmt::format("'{}' is no type of raw data; known: {}{}", rule.text, join(known),
                             did_you_mean(wanted, known)));
  }
  return {"count(*)", column_of(rule, context).type == wanted ? "false" : "true",
          quote_identifier(rule.column)};
}

// Has no cells, so it says nothing in a score.
Measure measure_row_count(const QualityRule&, const RuleContext&) {
  return {"CAST(0 AS BIGINT)", "false", ""};
}

bool row_count_fits(const RuleResult& result, const RuleContext& context) {
  const auto count = static_cast<double>(context.row_count);
  return count >= result.rule.min_value && count <= result.rule.max_value;
}

// The moment `hours` before the end of the day.
std::string before_end_of_day(Date date, double hours) {
  return fmt::format("(TIMESTAMP '{}' - to_microseconds({}))", date.plus_days(1).to_string(),
                     std::llround(hours * 3600e6));
}

Measure measure_freshness(const QualityRule& rule, const RuleContext& context) {
  const std::string name = quote_identifier(rule.column);
  return {count_of(name),
          fmt::format("{0} < {1} OR {0} >= {2}", name, before_end_of_day(context.date, rule.max_value),
                      before_end_of_day(context.date, 0)),
          name};
}

Measure measure_within_day(const QualityRule& rule, const RuleContext& context) {
  const std::string name = quote_identifier(rule.column);
  return {count_of(name), fmt::format("CAST({} AS DATE) <> DATE '{}'", name, context.date.to_string()), name};
}

Measure measure_outliers(const QualityRule& rule, const RuleContext& context) {
  const std::string name = quote_identifier(rule.column);
  const auto& [low, high] = context.bounds.at(rule.column);
  return {count_of(name), outside(name, low, high), name};
}

bool outliers_are_few(const RuleResult& result, const RuleContext&) {
  return static_cast<double>(result.unexpected_count) <=
         result.rule.max_value * static_cast<double>(result.checked_count);
}

Measure measure_expression(const QualityRule& rule, const RuleContext&) {
  return {"count(*)", fmt::format("(({}) IS TRUE) = false", rule.text), ""};
}

bool can_look_at(ColumnNeed need, const std::string& type) {
  switch (need) {
    case ColumnNeed::kNumber:
      return type == "BIGINT" || type == "DOUBLE";
    case ColumnNeed::kTime:
      return type == "TIMESTAMP" || type == "DATE";
    case ColumnNeed::kNone:
    case ColumnNeed::kAny:
      break;
  }
  return true;
}

void fill_defaults(QualityRule& rule, const TableRoles& roles) {
  if (rule.rule == "outlier_share_below" && std::isinf(rule.max_value)) rule.max_value = kDefaultOutlierShare;
  if (rule.rule != "freshness") return;
  if (std::isinf(rule.max_value)) rule.max_value = kDefaultFreshHours;
  if (rule.column.empty()) rule.column = roles.time;
}

}  // namespace

const std::vector<RuleKind>& rule_kinds() {
  using D = Dimension;
  using N = ColumnNeed;
  static const std::vector<RuleKind> kKinds = {
      {"not_null", D::kCompleteness, N::kAny, measure_not_null, nullptr, "every cell has a value"},
      {"between", D::kValidity, N::kNumber, measure_between, nullptr, "min <= value <= max"},
      {"in_set", D::kValidity, N::kAny, measure_in_set, nullptr, "the value is one of 'values'"},
      {"unique", D::kUniqueness, N::kAny, measure_unique, nullptr, "no two rows share a value"},
      {"matches", D::kValidity, N::kAny, measure_matches, nullptr, "the whole text matches 'pattern'"},
      {"of_type", D::kValidity, N::kAny, measure_of_type, nullptr, "the column has 'type'"},
      {"row_count_between", D::kCompleteness, N::kNone, measure_row_count, row_count_fits,
       "min <= rows of the day <= max"},
      {"freshness", D::kTimeliness, N::kTime, measure_freshness, nullptr,
       "the moment lies in the last 'max' hours (24) of the day"},
      {"within_day", D::kValidity, N::kTime, measure_within_day, nullptr, "the moment lies in the rows' day"},
      {"outlier_share_below", D::kValidity, N::kNumber, measure_outliers, outliers_are_few,
       "at most the share 'max' (0.05) lies over 3 interquartile ranges beyond the quartiles"},
      {"expression", D::kConsistency, N::kNone, measure_expression, nullptr,
       "'expression' is true of the row"},
  };
  return kKinds;
}

const RuleKind& rule_kind(const QualityRule& rule) {
  for (const RuleKind& kind : rule_kinds()) {
    if (kind.name == rule.rule) return kind;
  }
  const std::vector<std::string> known = quality_rule_names();
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("{}: unknown rule '{}'; known: {}{}", rule.place, rule.rule, join(known),
                          did_you_mean(rule.rule, known)));
}

std::vector<std::string> quality_rule_names() {
  std::vector<std::string> names;
  for (const RuleKind& kind : rule_kinds()) names.emplace_back(kind.name);
  return names;
}

std::vector<QualityRule> expand_rules(const std::vector<QualityRule>& rules, const RuleContext& context) {
  std::vector<QualityRule> expanded;
  for (QualityRule rule : rules) {
    const RuleKind& kind = rule_kind(rule);
    fill_defaults(rule, context.roles);
    if (kind.column == ColumnNeed::kNone) {
      rule.column.clear();
      expanded.push_back(rule);
    } else if (rule.column == "*") {
      for (const engine::Column& column : context.columns) {
        const TableRoles& roles = context.roles;
        const bool is_attribute =
            column.name != roles.key && column.name != roles.time && column.name != roles.target;
        if (!is_attribute || !can_look_at(kind.column, column.type)) continue;
        rule.column = column.name;
        expanded.push_back(rule);
      }
    } else {
      if (rule.column.empty()) refuse(rule, "'column' is missing");
      const engine::Column& column = column_of(rule, context);
      if (!can_look_at(kind.column, column.type)) {
        refuse(rule, fmt::format("column '{}' is of type {}, the rule looks at {}", column.name, column.type,
                                 kind.column == ColumnNeed::kNumber ? "numbers" : "times"));
      }
      expanded.push_back(rule);
    }
  }
  return expanded;
}

std::string describe(const QualityRule& rule) {
  const bool has_min = std::isfinite(rule.min_value);
  const bool has_max = std::isfinite(rule.max_value);
  std::string text = rule.rule;
  if (rule.rule.ends_with("between")) {
    if (has_min && has_max) {
      text += fmt::format(" {} and {}", format_double(rule.min_value), format_double(rule.max_value));
    } else {
      text += has_min ? fmt::format(" {} and more", format_double(rule.min_value))
                      : fmt::format(" {} and less", format_double(rule.max_value));
    }
  } else if (has_max) {
    text += " " + format_double(rule.max_value);
  }
  if (!rule.values.empty()) text += fmt::format(" ({})", join(rule.values));
  if (!rule.text.empty()) text += " " + rule.text;
  return text;
}

}  // namespace tidemill::pipeline
