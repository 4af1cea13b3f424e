#pragma once
// Validation of a day's raw data: rules in the words of Great Expectations and dbt, a quality score, and a
// report next to the data.
//
// A rule looks at cells. Nulls are cells for not_null only, as in Great Expectations; but a row for which an
// expression is null does not pass it: what cannot be confirmed is not consistent.
//   dimension score = cells that pass / cells checked, over the rules of the dimension (each distinct rule
//   once) quality score   = 100 x mean of the dimensions that have checked cells

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "base/json_fwd.h"
#include "pipeline/dataset.h"

namespace tidemill::pipeline {

enum class Severity { kWarn, kError };
enum class Dimension { kCompleteness, kValidity, kUniqueness, kConsistency, kTimeliness };

struct QualityRule {
  std::string rule;    // a name of the table in validate/rules.cc, which says what each takes
  std::string column;  // "" for rules on the table; "*" for every attribute column that the rule can look at
  Severity severity = Severity::kWarn;
  double mostly = 1.0;  // the rule passes when at least this share of its cells does
  double min_value = -std::numeric_limits<double>::infinity();
  double max_value = std::numeric_limits<double>::infinity();
  std::vector<std::string> values;  // in_set
  std::string text;                 // regular expression, type name or SQL expression
  std::string place;                // "tidemill.toml:37", for messages
};

struct ValidateOptions {
  TableRoles roles;
  std::vector<QualityRule> rules;  // default_rules() when there are none
  double score_threshold = 90;
  bool stop_below_threshold = false;  // else warn
  int thread_count = 1;
};

struct RuleResult {
  QualityRule rule;
  Dimension dimension;
  bool success = false;
  uint64_t checked_count = 0;
  uint64_t unexpected_count = 0;
  bool counts_in_score = true;  // false for a repetition of an earlier rule, say with another severity
  std::vector<std::string>
      samples;  // up to 10, in row order: unexpected values, or the keys of unexpected rows
  bool samples_are_keys = false;
  std::vector<std::pair<std::string, double>>
      observed;  // what was measured besides, for example quartile bounds
};

struct ValidationReport {
  Date date;
  std::string raw_manifest_hash;
  uint64_t row_count = 0;
  double quality_score = 0;
  double score_threshold = 0;
  std::vector<std::pair<Dimension, double>> dimension_scores;  // in [0, 1]
  std::vector<RuleResult> results;
  std::vector<std::string> warnings;
  bool passed = false;
};

Json to_json(const ValidationReport& report);

// What is checked when the project names no rules: every attribute and the target not null, the key unique,
// the share of outliers in numeric attributes, times within their day.
std::vector<QualityRule> default_rules(const TableRoles& roles);

// Checks the day's published raw data and writes validation_report.json next to it.
// Errors: kNotFound when the day has no raw data; kQualityFailed, after the report is written, when a rule of
// severity error fails or the score is under the threshold and stop_below_threshold is set.
ValidationReport validate(const ValidateOptions& options, Date date, engine::Engine& engine,
                          storage::ObjectStore& store, Progress& progress);

// The names of the rules that exist, for messages and the project file's validation.
std::vector<std::string> quality_rule_names();

}  // namespace tidemill::pipeline
