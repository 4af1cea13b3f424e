#pragma once
// The table of quality rules, and what each asks of the rows.

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "pipeline/validate/validate.h"

namespace tidemill::pipeline {

// What a rule is told about the day.
struct RuleContext {
  Date date;
  const TableRoles& roles;
  const std::vector<engine::Column>& columns;
  uint64_t row_count = 0;
};

// A rule as a look at one cell of each row.
struct CellCheck {
  std::string select;               // SQL of the cell; "" for a rule that looks at no rows
  std::string sample;               // SQL of the text to show for an unexpected cell; "" for the cell itself
  bool null_is_unexpected = false;  // else a null is no cell
  // Whether a value passes. Nothing: all do. Numbers are of any numeric or boolean type, times are
  // microseconds since the epoch.
  struct Anything {};
  using Number = std::function<bool(double)>;
  using Time = std::function<bool(int64_t)>;
  using Text = std::function<bool(std::string_view)>;
  std::variant<Anything, Number, Time, Text> passes;
};

// What kind of column a rule can look at.
enum class ColumnNeed { kNone, kAny, kNumber, kTime };

struct RuleKind {
  std::string_view name;
  Dimension dimension;
  ColumnNeed column;
  CellCheck (*check)(const QualityRule& rule, const RuleContext& context);  // nullptr: counted in validate.cc
  // Decides from the counts; nullptr: at least `mostly` of the cells pass.
  bool (*succeeds)(const RuleResult& result, const RuleContext& context);
  const char* summary;  // one line for the reference
};

const std::vector<RuleKind>& rule_kinds();

// Errors: kInvalidArgument naming the place, the rule, and the nearest known one.
const RuleKind& rule_kind(const QualityRule& rule);

// The rules with "*" written out as one rule a column, and defaults of single rules filled in.
// Errors: kInvalidArgument naming the place: a column that is missing or of a kind the rule cannot look at.
std::vector<QualityRule> expand_rules(const std::vector<QualityRule>& rules, const RuleContext& context);

// "between 18 and 100": the rule without its column, for messages.
std::string describe(const QualityRule& rule);

}  // namespace tidemill::pipeline
