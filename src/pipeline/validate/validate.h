#pragma once
// Validation of a day's raw data: rules in the words of Great Expectations and dbt, a quality score, and a
// report next to the data.

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
  std::string rule;    // "not_null", "between", "in_set", "unique", "matches", "of_type", "row_count_between",
                       // "freshness", "outlier_share_below", "expression" (see validate/rules.cc)
  std::string column;  // "" for rules on the table; "*" for every attribute column
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
  std::vector<QualityRule> rules;
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
  std::vector<std::string> samples;  // up to 10 unexpected values, in row order
};

struct ValidationReport {
  Date date;
  std::string raw_manifest_hash;
  uint64_t row_count = 0;
  double quality_score = 0;  // 100 x mean over the dimensions that apply of passing / checked cells
  std::vector<std::pair<Dimension, double>> dimension_scores;  // in [0, 1]
  std::vector<RuleResult> results;
  std::vector<std::string> warnings;
  bool passed = false;
};

Json to_json(const ValidationReport& report);

// Checks the day's published raw data and writes validation_report.json next to it.
// Errors: kNotFound when the day has no raw data; kQualityFailed, after the report is written, when a rule of
// severity error fails or the score is under the threshold and stop_below_threshold is set.
ValidationReport validate(const ValidateOptions& options, Date date, engine::Engine& engine,
                          storage::ObjectStore& store, Progress& progress);

// The names of the rules that exist, for messages and the project file's validation.
std::vector<std::string> quality_rule_names();

}  // namespace tidemill::pipeline
