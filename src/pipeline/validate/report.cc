// validation_report.json.

#include <array>
#include <cmath>

#include "base/json.h"
#include "pipeline/validate/validate.h"

namespace tidemill::pipeline {
namespace {

constexpr int kReportFormat = 1;

const char* name_of(Dimension dimension) {
  switch (dimension) {
    case Dimension::kCompleteness:
      return "completeness";
    case Dimension::kValidity:
      return "validity";
    case Dimension::kUniqueness:
      return "uniqueness";
    case Dimension::kConsistency:
      return "consistency";
    case Dimension::kTimeliness:
      return "timeliness";
  }
  return "";
}

// Only what the rule was given, under the names of the project file.
Json rule_to_json(const QualityRule& rule) {
  Json json = {{"rule", rule.rule}};
  if (!rule.column.empty()) json["column"] = rule.column;
  if (std::isfinite(rule.min_value)) json["min"] = rule.min_value;
  if (std::isfinite(rule.max_value)) json["max"] = rule.max_value;
  if (!rule.values.empty()) json["values"] = rule.values;
  if (rule.rule == "matches") json["pattern"] = rule.text;
  if (rule.rule == "of_type") json["type"] = rule.text;
  if (rule.rule == "expression") json["expression"] = rule.text;
  json["mostly"] = rule.mostly;
  json["severity"] = rule.severity == Severity::kError ? "error" : "warn";
  return json;
}

Json result_to_json(const RuleResult& result) {
  Json json = rule_to_json(result.rule);
  json["dimension"] = name_of(result.dimension);
  json["success"] = result.success;
  json["checked_count"] = result.checked_count;
  json["unexpected_count"] = result.unexpected_count;
  json["counts_in_score"] = result.counts_in_score;
  if (!result.observed.empty()) {
    Json observed = Json::object();
    for (const auto& [name, value] : result.observed) observed[name] = value;
    json["observed"] = std::move(observed);
  }
  json[result.samples_are_keys ? "unexpected_keys" : "unexpected_values"] = result.samples;
  return json;
}

}  // namespace

Json to_json(const ValidationReport& report) {
  Json scores = Json::object();
  for (const auto& [dimension, score] : report.dimension_scores) scores[name_of(dimension)] = score;
  Json results = Json::array();
  for (const RuleResult& result : report.results) results.push_back(result_to_json(result));
  return {{"format", kReportFormat},
          {"date", report.date.to_string()},
          {"raw_manifest_hash", report.raw_manifest_hash},
          {"row_count", report.row_count},
          {"quality_score", report.quality_score},
          {"score_threshold", report.score_threshold},
          {"passed", report.passed},
          {"dimension_scores", std::move(scores)},
          {"warnings", report.warnings},
          {"results", std::move(results)}};
}

}  // namespace tidemill::pipeline
