#include "pipeline/validate/rules.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <set>

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

const engine::Column& column_of(const QualityRule& rule, const RuleContext& context) {
  const auto found = std::find_if(context.columns.begin(), context.columns.end(),
                                  [&](const engine::Column& column) { return column.name == rule.column; });
  if (found != context.columns.end()) return *found;
  std::vector<std::string> names;
  for (const engine::Column& column : context.columns) names.push_back(column.name);
  refuse(rule, fmt::format("the data has no column '{}'{}", rule.column, did_you_mean(rule.column, names)));
}

// A column as text, without a cast where it is text.
std::string text_of(const engine::Column& column) {
  const std::string name = quote_identifier(column.name);
  return column.type == "VARCHAR" ? name : fmt::format("CAST({} AS VARCHAR)", name);
}

std::string key_text(const RuleContext& context) {
  for (const engine::Column& column : context.columns) {
    if (column.name == context.roles.key) return text_of(column);
  }
  return "''";
}

CellCheck check_not_null(const QualityRule& rule, const RuleContext& context) {
  return {quote_identifier(rule.column), key_text(context), true, CellCheck::Anything{}};
}

CellCheck check_between(const QualityRule& rule, const RuleContext&) {
  return {quote_identifier(rule.column), "", false,
          CellCheck::Number([low = rule.min_value, high = rule.max_value](double value) {
            return value >= low && value <= high;
          })};
}

CellCheck check_in_set(const QualityRule& rule, const RuleContext& context) {
  if (rule.values.empty()) refuse(rule, "'values' is empty");
  const engine::Column& column = column_of(rule, context);
  if (column.type != "BIGINT" && column.type != "DOUBLE") {
    const std::set<std::string, std::less<>> known(rule.values.begin(), rule.values.end());
    return {text_of(column), "", false,
            CellCheck::Text([known](std::string_view value) { return known.contains(value); })};
  }
  std::set<double> known;
  for (const std::string& value : rule.values) {
    char* end = nullptr;
    known.insert(std::strtod(value.c_str(), &end));
    if (value.empty() || *end != '\0')
      refuse(rule, fmt::format("'{}' is no number, '{}' is", value, rule.column));
  }
  return {quote_identifier(rule.column), "", false,
          CellCheck::Number([known](double value) { return known.contains(value); })};
}

CellCheck check_matches(const QualityRule& rule, const RuleContext& context) {
  const std::string text = text_of(column_of(rule, context));
  return {fmt::format("regexp_full_match({}, {})", text, quote_literal(rule.text)), text, false,
          CellCheck::Number([](double matches) { return matches == 1; })};
}

CellCheck check_of_type(const QualityRule& rule, const RuleContext& context) {
  std::string wanted = rule.text;
  std::transform(wanted.begin(), wanted.end(), wanted.begin(),
                 [](unsigned char c) { return std::toupper(c); });
  constexpr std::string_view kTypes[] = {"BIGINT", "DOUBLE", "BOOLEAN", "DATE", "TIMESTAMP", "VARCHAR"};
  if (std::find(std::begin(kTypes), std::end(kTypes), wanted) == std::end(kTypes)) {
    const std::vector<std::string> known(std::begin(kTypes), std::end(kTypes));
    refuse(rule, fmt::format("'{}' is no type of raw data; known: {}{}", rule.text, join(known),
                             did_you_mean(wanted, known)));
  }
  return {column_of(rule, context).type == wanted ? "true" : "false", text_of(column_of(rule, context)),
          false, CellCheck::Number([](double is) { return is == 1; })};
}

// Has no cells, so it says nothing in a score.
CellCheck check_row_count(const QualityRule&, const RuleContext&) {
  return {};
}

bool row_count_fits(const RuleResult& result, const RuleContext& context) {
  const auto count = static_cast<double>(context.row_count);
  return count >= result.rule.min_value && count <= result.rule.max_value;
}

constexpr int64_t kHourMicros = 3'600'000'000;
constexpr int64_t kDayMicros = 24 * kHourMicros;

CellCheck times_between(const QualityRule& rule, int64_t begin, int64_t end) {
  return {quote_identifier(rule.column), "", false,
          CellCheck::Time([begin, end](int64_t micros) { return micros >= begin && micros < end; })};
}

CellCheck check_freshness(const QualityRule& rule, const RuleContext& context) {
  const int64_t end = context.date.plus_days(1).days_since_epoch() * kDayMicros;
  return times_between(rule, end - std::llround(rule.max_value * static_cast<double>(kHourMicros)), end);
}

CellCheck check_within_day(const QualityRule& rule, const RuleContext& context) {
  const int64_t begin = context.date.days_since_epoch() * kDayMicros;
  return times_between(rule, begin, begin + kDayMicros);
}

CellCheck check_expression(const QualityRule& rule, const RuleContext& context) {
  return {fmt::format("({})", rule.text), key_text(context), true,
          CellCheck::Number([](double is) { return is == 1; })};
}

bool outliers_are_few(const RuleResult& result, const RuleContext&) {
  return static_cast<double>(result.unexpected_count) <=
         result.rule.max_value * static_cast<double>(result.checked_count);
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
      {"not_null", D::kCompleteness, N::kAny, check_not_null, nullptr, "every cell has a value"},
      {"between", D::kValidity, N::kNumber, check_between, nullptr, "min <= value <= max"},
      {"in_set", D::kValidity, N::kAny, check_in_set, nullptr, "the value is one of 'values'"},
      {"unique", D::kUniqueness, N::kAny, nullptr, nullptr, "no two rows share a value"},
      {"matches", D::kValidity, N::kAny, check_matches, nullptr, "the whole text matches 'pattern'"},
      {"of_type", D::kValidity, N::kAny, check_of_type, nullptr, "the column has 'type'"},
      {"row_count_between", D::kCompleteness, N::kNone, check_row_count, row_count_fits,
       "min <= rows of the day <= max"},
      {"freshness", D::kTimeliness, N::kTime, check_freshness, nullptr,
       "the moment lies in the last 'max' hours (24) of the day"},
      {"within_day", D::kValidity, N::kTime, check_within_day, nullptr, "the moment lies in the rows' day"},
      {"outlier_share_below", D::kValidity, N::kNumber, nullptr, outliers_are_few,
       "at most the share 'max' (0.05) lies over 3 interquartile ranges beyond the quartiles"},
      {"expression", D::kConsistency, N::kNone, check_expression, nullptr, "'expression' is true of the row"},
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
