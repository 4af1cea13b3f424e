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
constexpr size_t kMaxSampleBytes = 100;
constexpr int64_t kDayMicros = 86'400'000'000;

bool checks_the_same(const QualityRule& a, const QualityRule& b) {
  return a.rule == b.rule && a.column == b.column && a.min_value == b.min_value &&
         a.max_value == b.max_value && a.values == b.values && a.text == b.text;
}

// At most kMaxSampleBytes, cut where a character begins.
std::string shorten(std::string_view text) {
  if (text.size() <= kMaxSampleBytes) return std::string(text);
  size_t end = kMaxSampleBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return std::string(text.substr(0, end)) + "...";
}

// 2026-11-01 10:00:00, with microseconds where there are any.
std::string format_micros(int64_t micros) {
  int64_t days = micros / kDayMicros;
  if (micros % kDayMicros < 0) --days;
  const int64_t rest = micros - days * kDayMicros;
  const int64_t seconds = rest / 1'000'000;
  std::string text =
      fmt::format("{} {:02}:{:02}:{:02}", Date::from_days(static_cast<int32_t>(days)).to_string(),
                  seconds / 3600, seconds / 60 % 60, seconds % 60);
  if (rest % 1'000'000 != 0) text += fmt::format(".{:06}", rest % 1'000'000);
  return text;
}

class Validation {
 public:
  Validation(const ValidateOptions& options, const Manifest& manifest, std::string from_sql,
             engine::Engine& engine)
      : options_(options),
        engine_(engine),
        session_(engine.new_session()),
        from_sql_(std::move(from_sql)),
        context_{manifest.date, options.roles, manifest.columns, manifest.row_count} {
    report_.date = manifest.date;
    report_.raw_manifest_hash = manifest.hash();
    report_.row_count = manifest.row_count;
    report_.score_threshold = options.score_threshold;
  }

  ValidationReport run() {
    const std::vector<QualityRule>& given = options_.rules;
    add_results(expand_rules(given.empty() ? default_rules(options_.roles) : given, context_));
    check_texts();
    check_cells();
    check_outliers();
    check_duplicates();
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
          const std::string type =
              engine_.check_row_expression("rule", rule.text, context_.columns).column.type;
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

  // A check with the places of its columns in the scan.
  struct PlacedCheck {
    RuleResult* result;
    CellCheck check;
    size_t cell;
    size_t sample;
  };

  // One scan for all rules that look at cells.
  void check_cells() {
    std::vector<std::string> selects;
    const auto place = [&selects](const std::string& sql) {
      const auto found = std::find(selects.begin(), selects.end(), sql);
      const auto at = static_cast<size_t>(found - selects.begin());
      if (found == selects.end()) selects.push_back(sql);
      return at;
    };
    std::vector<PlacedCheck> checks;
    for (RuleResult& result : report_.results) {
      const RuleKind& kind = rule_kind(result.rule);
      if (kind.check == nullptr) continue;
      CellCheck check = kind.check(result.rule, context_);
      if (check.select.empty()) continue;
      result.samples_are_keys = check.null_is_unexpected;
      const size_t cell = place(check.select);
      const size_t sample = check.sample.empty() ? cell : place(check.sample);
      checks.push_back({&result, std::move(check), cell, sample});
    }
    if (selects.empty()) return;
    const auto rows = session_->query(fmt::format("SELECT {} FROM {}", join(selects), from_sql_));
    while (const engine::Batch* batch = rows->next()) {
      for (const PlacedCheck& check : checks) look(*batch, check, rows->columns());
    }
  }

  void look(const engine::Batch& batch, const PlacedCheck& placed,
            const std::vector<engine::Column>& columns) {
    const CellCheck& check = placed.check;
    const size_t count = batch.row_count();
    numbers_.resize(count);
    times_.resize(count);
    if (std::holds_alternative<CellCheck::Number>(check.passes))
      batch.copy_doubles(placed.cell, numbers_.data());
    if (std::holds_alternative<CellCheck::Time>(check.passes))
      batch.copy_int64s(placed.cell, times_.data(), 0);
    RuleResult& result = *placed.result;
    for (size_t i = 0; i < count; ++i) {
      const bool is_null = batch.is_null(placed.cell, i);
      if (is_null && !check.null_is_unexpected) continue;
      ++result.checked_count;
      if (!is_null && passes(batch, placed, i)) continue;
      ++result.unexpected_count;
      if (result.samples.size() < kMaxSamples) {
        result.samples.push_back(sample_text(batch, placed.sample, columns[placed.sample].type, i));
      }
    }
  }

  bool passes(const engine::Batch& batch, const PlacedCheck& placed, size_t i) const {
    const auto& rule = placed.check.passes;
    if (const auto* number = std::get_if<CellCheck::Number>(&rule)) return (*number)(numbers_[i]);
    if (const auto* time = std::get_if<CellCheck::Time>(&rule)) return (*time)(times_[i]);
    if (const auto* text = std::get_if<CellCheck::Text>(&rule))
      return (*text)(batch.string_at(placed.cell, i));
    return true;
  }

  // A cell as text; numbers_ and times_ hold it when it is no text.
  std::string sample_text(const engine::Batch& batch, size_t column, const std::string& type,
                          size_t i) const {
    if (type == "VARCHAR") return shorten(batch.string_at(column, i));
    if (type == "DATE") return Date::from_days(static_cast<int32_t>(times_[i] / kDayMicros)).to_string();
    if (type == "TIMESTAMP") return format_micros(times_[i]);
    return format_double(numbers_[i]);
  }

  void check_outliers() {
    std::vector<size_t> rules;
    std::vector<std::string> columns;
    for (size_t r = 0; r < report_.results.size(); ++r) {
      if (report_.results[r].rule.rule != "outlier_share_below") continue;
      rules.push_back(r);
      columns.push_back(report_.results[r].rule.column);
    }
    if (columns.empty()) return;
    std::vector<Outliers> found =
        find_outliers(*session_, from_sql_, columns, context_.row_count, kMaxSamples);
    for (size_t i = 0; i < rules.size(); ++i) {
      RuleResult& result = report_.results[rules[i]];
      result.checked_count = found[i].value_count;
      result.unexpected_count = found[i].outlier_count;
      if (std::isfinite(found[i].low)) result.observed = {{"low", found[i].low}, {"high", found[i].high}};
      for (const double value : found[i].samples) result.samples.push_back(format_double(value));
    }
  }

  void check_duplicates() {
    for (RuleResult& result : report_.results) {
      if (result.rule.rule != "unique") continue;
      const Duplicates found = find_duplicates(*session_, from_sql_, result.rule.column, kMaxSamples);
      result.checked_count = found.value_count;
      result.unexpected_count = found.row_count;
      result.samples = found.examples;
    }
  }

  void finish(RuleResult& result) {
    const RuleKind& kind = rule_kind(result.rule);
    if (kind.name == "row_count_between") {
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
  std::vector<double> numbers_;  // of the batch and column looked at
  std::vector<int64_t> times_;
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
  ValidationReport report = Validation(options, *manifest, from_sql, engine).run();
  const std::string text = format_json(to_json(report));
  const std::string key = prefix + "/" + kValidationReportFile;
  if (store.get(key) != text) store.put(key, text);
  progress.step(fmt::format("quality score {:.1f}", report.quality_score), 1);
  stop_if_refused(options, report);
  return report;
}

}  // namespace tidemill::pipeline
