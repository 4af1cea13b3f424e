#include "pipeline/validate/validate.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "pipeline/duplicates.h"
#include "pipeline/validate/quartiles.h"
#include "pipeline/validate/rules.h"

namespace tidemill::pipeline {
namespace {

constexpr size_t kMaxSamples = 10;
constexpr size_t kMaxSampleCharacters = 100;

bool checks_the_same(const QualityRule& a, const QualityRule& b) {
  return a.rule == b.rule && a.column == b.column && a.min_value == b.min_value &&
         a.max_value == b.max_value && a.values == b.values && a.text == b.text;
}

class Validation {
 public:
  Validation(const ValidateOptions& options, const Manifest& manifest, std::string from_sql,
             engine::Engine& engine)
      : options_(options),
        engine_(engine),
        session_(engine.new_session()),
        from_sql_(std::move(from_sql)),
        context_{manifest.date, options.roles, manifest.columns, manifest.row_count, {}} {
    report_.date = manifest.date;
    report_.raw_manifest_hash = manifest.hash();
    report_.row_count = manifest.row_count;
    report_.score_threshold = options.score_threshold;
  }

  ValidationReport run() {
    const std::vector<QualityRule>& given = options_.rules;
    add_results(expand_rules(given.empty() ? default_rules(options_.roles) : given, context_));
    check_texts();
    find_bounds();
    measure();
    for (RuleResult& result : report_.results) finish(result);
    score();
    return report_;
  }

 private:
  void add_results(const std::vector<QualityRule>& rules) {
    for (const QualityRule& rule : rules) {
      RuleResult result;
      result.rule = rule;
      result.dimension = rule_kind(rule).dimension;
      result.counts_in_score =
          std::none_of(report_.results.begin(), report_.results.end(),
                       [&](const RuleResult& earlier) { return checks_the_same(earlier.rule, rule); });
      report_.results.push_back(std::move(result));
    }
  }

  // What users wrote in other languages, so that a mistake is told with its place.
  void check_texts() {
    for (const RuleResult& result : report_.results) {
      const QualityRule& rule = result.rule;
      try {
        if (rule.rule == "matches") {
          session_->execute(fmt::format("SELECT regexp_full_match('', {})", quote_literal(rule.text)));
        } else if (rule.rule == "expression") {
          const std::string type = engine_.check_row_expression("rule", rule.text, context_.columns).column.type;
          if (type != "BOOLEAN") {
            throw Error(ErrorCode::kInvalidArgument,
                        fmt::format("'{}' gives {}, it must give true or false", rule.text, type));
          }
        }
      } catch (const Error& error) {
        throw Error(error.code(), fmt::format("{}{}rule {}: {}", rule.place, rule.place.empty() ? "" : ": ",
                                              rule.rule, error.message()));
      }
    }
  }

  void find_bounds() {
    std::vector<std::string> columns;
    for (const RuleResult& result : report_.results) {
      const std::string& column = result.rule.column;
      if (result.rule.rule == "outlier_share_below" &&
          std::find(columns.begin(), columns.end(), column) == columns.end()) {
        columns.push_back(column);
      }
    }
    if (!columns.empty()) context_.bounds = outlier_bounds(*session_, from_sql_, columns, context_.row_count);
  }

  // One scan answers all rules: cells checked, unexpected ones, and the first of those.
  void measure() {
    std::vector<std::string> parts;
    for (RuleResult& result : report_.results) {
      const Measure measure = rule_kind(result.rule).measure(result.rule, context_);
      result.samples_are_keys = measure.sample.empty();
      const std::string sample =
          result.samples_are_keys ? quote_identifier(options_.roles.key) : measure.sample;
      parts.push_back(measure.checked);
      parts.push_back(fmt::format("count(*) FILTER ({})", measure.unexpected));
      parts.push_back(
          fmt::format("CAST(to_json(arg_min(left(CAST({} AS VARCHAR), {}), file_row_number, {}) FILTER "
                      "({})) AS VARCHAR)",
                      sample, kMaxSampleCharacters, kMaxSamples, measure.unexpected));
    }
    if (parts.empty()) return;
    const auto rows = session_->query(fmt::format("SELECT {} FROM {}", join(parts), from_sql_));
    const engine::Batch* batch = rows->next();
    for (size_t i = 0; i < report_.results.size(); ++i) {
      RuleResult& result = report_.results[i];
      result.checked_count = count_at(*batch, 3 * i);
      result.unexpected_count = count_at(*batch, 3 * i + 1);
      if (batch->is_null(3 * i + 2, 0)) continue;
      result.samples = parse_json(batch->string_at(3 * i + 2, 0), "samples").get<std::vector<std::string>>();
    }
  }

  static uint64_t count_at(const engine::Batch& batch, size_t column) {
    int64_t value = 0;
    batch.copy_int64s(column, &value, 0);
    return static_cast<uint64_t>(value);
  }

  void finish(RuleResult& result) {
    const RuleKind& kind = rule_kind(result.rule);
    if (kind.name == "unique") {
      const Duplicates duplicates = find_duplicates(*session_, from_sql_, result.rule.column, kMaxSamples);
      result.unexpected_count = duplicates.row_count;
      result.samples = duplicates.examples;
    } else if (kind.name == "outlier_share_below") {
      const auto& [low, high] = context_.bounds.at(result.rule.column);
      if (std::isfinite(low)) result.observed = {{"low", low}, {"high", high}};
    } else if (kind.name == "row_count_between") {
      result.observed = {{"row_count", static_cast<double>(context_.row_count)}};
    }
    if (kind.succeeds != nullptr) {
      result.success = kind.succeeds(result, context_);
    } else {
      const uint64_t passing = result.checked_count - result.unexpected_count;
      result.success =
          static_cast<double>(passing) >= result.rule.mostly * static_cast<double>(result.checked_count);
    }
    if (!result.success) report_.warnings.push_back(warning(result));
  }

  std::string warning(const RuleResult& result) const {
    const std::string subject = result.rule.column.empty() ? "rows" : result.rule.column;
    if (result.checked_count == 0) {
      return fmt::format("{}: not {}: {}", subject, describe(result.rule), context_.row_count);
    }
    std::vector<std::string> shown = result.samples;
    shown.resize(std::min<size_t>(shown.size(), 3));
    return fmt::format(
        "{}: {}: {} of {} do not pass ({:.2g} %){}{}", subject, describe(result.rule),
        result.unexpected_count, result.checked_count,
        100 * static_cast<double>(result.unexpected_count) / static_cast<double>(result.checked_count),
        shown.empty()             ? ""
        : result.samples_are_keys ? ", for example in "
                                  : ", for example ",
        join(shown));
  }

  void score() {
    constexpr std::array kDimensions = {Dimension::kCompleteness, Dimension::kValidity,
                                        Dimension::kUniqueness, Dimension::kConsistency,
                                        Dimension::kTimeliness};
    double sum = 0;
    for (const Dimension dimension : kDimensions) {
      uint64_t checked = 0, unexpected = 0;
      for (const RuleResult& result : report_.results) {
        if (result.dimension != dimension || !result.counts_in_score) continue;
        checked += result.checked_count;
        unexpected += result.unexpected_count;
      }
      if (checked == 0) continue;
      report_.dimension_scores.emplace_back(
          dimension, static_cast<double>(checked - unexpected) / static_cast<double>(checked));
      sum += report_.dimension_scores.back().second;
    }
    const auto applying = static_cast<double>(report_.dimension_scores.size());
    report_.quality_score = applying == 0 ? 100 : 100 * sum / applying;
    const bool is_low = report_.quality_score < options_.score_threshold;
    if (is_low) {
      report_.warnings.push_back(fmt::format("quality score {:.1f} is under the threshold of {}",
                                             report_.quality_score, format_double(options_.score_threshold)));
    }
    const bool is_refused = std::any_of(
        report_.results.begin(), report_.results.end(),
        [](const RuleResult& result) { return !result.success && result.rule.severity == Severity::kError; });
    report_.passed = !is_low && !is_refused;
  }

  const ValidateOptions& options_;
  engine::Engine& engine_;
  std::unique_ptr<engine::Session> session_;
  std::string from_sql_;
  RuleContext context_;
  ValidationReport report_;
};

// Throws kQualityFailed when the day must not go on.
void stop_if_refused(const ValidateOptions& options, const ValidationReport& report) {
  std::vector<std::string> reasons;
  for (const RuleResult& result : report.results) {
    if (result.success || result.rule.severity != Severity::kError) continue;
    const std::string place = result.rule.place.empty() ? "" : fmt::format(" ({})", result.rule.place);
    reasons.push_back(fmt::format("{}{}: {} of {} do not pass", describe(result.rule),
                                  (result.rule.column.empty() ? "" : " of " + result.rule.column) + place,
                                  result.unexpected_count, result.checked_count));
  }
  if (options.stop_below_threshold && report.quality_score < options.score_threshold) {
    reasons.push_back(fmt::format("quality score {:.1f} is under the threshold of {}", report.quality_score,
                                  format_double(options.score_threshold)));
  }
  if (reasons.empty()) return;
  throw Error(ErrorCode::kQualityFailed,
              fmt::format("the data of {} is refused: {}; see {}/{}", report.date.to_string(),
                          join(reasons, "; "), raw_prefix(report.date), kValidationReportFile));
}

}  // namespace

std::vector<QualityRule> default_rules(const TableRoles& roles) {
  constexpr double kMostlyPresent = 0.9;
  const auto rule = [](const std::string& name, const std::string& column) {
    QualityRule made;
    made.rule = name;
    made.column = column;
    return made;
  };
  std::vector<QualityRule> rules = {rule("not_null", "*"), rule("not_null", roles.target),
                                    rule("unique", roles.key), rule("outlier_share_below", "*")};
  rules[0].mostly = rules[1].mostly = kMostlyPresent;
  rules[2].severity = Severity::kError;
  if (!roles.time.empty()) rules.push_back(rule("within_day", roles.time));
  return rules;
}

ValidationReport validate(const ValidateOptions& options, Date date, engine::Engine& engine,
                          storage::ObjectStore& store, Progress& progress) {
  const std::string prefix = raw_prefix(date);
  const std::optional<Manifest> manifest = read_manifest(store, prefix);
  if (!manifest) {
    throw Error(ErrorCode::kNotFound,
                fmt::format("there is no raw data for {}: run `tidemill generate --date {}` first",
                            date.to_string(), date.to_string()));
  }
  progress.step("checking rules", 0);
  const std::string from_sql =
      fmt::format("read_parquet({}, file_row_number = true, hive_partitioning = false)",
                  quote_literal(store.engine_uri(prefix + "/" + kRawFile)));
  const ValidationReport report = Validation(options, *manifest, from_sql, engine).run();
  const std::string text = format_json(to_json(report));
  const std::string key = prefix + "/" + kValidationReportFile;
  if (store.get(key) != text) store.put(key, text);
  progress.step(fmt::format("quality score {:.1f}", report.quality_score), 1);
  stop_if_refused(options, report);
  return report;
}

}  // namespace tidemill::pipeline
