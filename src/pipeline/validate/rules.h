#pragma once
// The table of quality rules, and what each asks of the rows.

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/validate/validate.h"

namespace tidemill::pipeline {

// What a rule is told about the day.
struct RuleContext {
  Date date;
  const TableRoles& roles;
  const std::vector<engine::Column>& columns;
  uint64_t row_count = 0;
  // Outlier bounds by column: [q1 - 3 IQR, q3 + 3 IQR], for the columns that a rule asks for.
  std::map<std::string, std::pair<double, double>> bounds;
};

// A rule as SQL over the day's rows.
struct Measure {
  std::string checked;     // aggregate: how many cells are looked at
  std::string unexpected;  // condition of a row whose cell is not as it should be; null counts as false
  std::string sample;      // value to show of such a row; "" for the row's key
};

// What kind of column a rule can look at.
enum class ColumnNeed { kNone, kAny, kNumber, kTime };

struct RuleKind {
  std::string_view name;
  Dimension dimension;
  ColumnNeed column;
  Measure (*measure)(const QualityRule& rule, const RuleContext& context);
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
