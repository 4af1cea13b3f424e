#include "pipeline/validate/validate.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/id.h"
#include "base/json.h"
#include "base/text.h"
#include "pipeline/validate/quartiles.h"
#include "storage/scratch_dir.h"

namespace tidemill::pipeline {
namespace {

namespace fs = std::filesystem;

const Date kDay = Date::parse("2026-11-01");

class Silent final : public Progress {
 public:
  void step(const std::string&, double) override {}
};

class ValidateTest : public testing::Test {
 protected:
  ValidateTest() : store_(storage::open_object_store("file:store", dir_)) {
    fs::create_directories(dir_);
    engine::EngineOptions options;
    options.thread_count = 2;
    options.readable_paths = {dir_.string()};
    engine_ = engine::open_engine(options);
    options_.roles = {"id", "t", "y"};
  }
  ~ValidateTest() override { fs::remove_all(dir_); }

  // Publishes what `select` gives as the day's raw data.
  void publish(const std::string& select) {
    storage::ScratchDir scratch(*store_);
    const auto session = engine_->new_session();
    const std::string path = quote_literal((scratch.path() / kRawFile).string());
    session->execute("COPY (" + select + ") TO " + path + " (FORMAT parquet)");
    Manifest manifest;
    manifest.dataset = "raw_data";
    manifest.date = kDay;
    const auto rows = session->query("SELECT * FROM read_parquet(" + path + ")");
    manifest.columns = rows->columns();
    while (const engine::Batch* batch = rows->next()) manifest.row_count += batch->row_count();
    seal(manifest, scratch.path());
    scratch.publish(raw_prefix(kDay));
  }

  void publish_rows(const std::string& values) {
    publish("SELECT id, t::TIMESTAMP AS t, n::BIGINT AS n, x::DOUBLE AS x, s, y::DOUBLE AS y FROM (VALUES " +
            values + ") v(id, t, n, x, s, y)");
  }

  QualityRule& add(const std::string& rule, const std::string& column = "") {
    QualityRule made;
    made.rule = rule;
    made.column = column;
    made.place = "tidemill.toml:7";
    options_.rules.push_back(made);
    return options_.rules.back();
  }

  ValidationReport run() { return validate(options_, kDay, *engine_, *store_, silent_); }
  RuleResult only_result() {
    const ValidationReport report = run();
    EXPECT_EQ(report.results.size(), 1U);
    return report.results.at(0);
  }

  std::string refusal(ErrorCode code = ErrorCode::kInvalidArgument) {
    try {
      run();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code) << error.message();
      return error.message();
    }
    ADD_FAILURE() << "no error";
    return "";
  }

  Json report_json() {
    return parse_json(store_->get(raw_prefix(kDay) + "/" + kValidationReportFile).value(), "report");
  }

  fs::path dir_ = fs::temp_directory_path() / ("tidemill-test-" + new_id());
  std::unique_ptr<storage::ObjectStore> store_;
  std::unique_ptr<engine::Engine> engine_;
  ValidateOptions options_;
  Silent silent_;
};

constexpr char kFourRows[] =
    "('a', '2026-11-01 10:00:00', 1, 1.5, 'red', 0.5), ('b', '2026-11-01 23:59:59.999999', 20, NULL, 'blue', "
    "NULL), "
    "('c', '2026-10-31 23:00:00', NULL, -3, NULL, 1.5), ('c', '2026-11-02', 4, 2, 'rot', 0)";

TEST(Quantile, InterpolatesAsNumpy) {
  std::vector<double> values = {7, 1, 3, 10};
  EXPECT_DOUBLE_EQ(quantile(values, 0.25), 2.5);
  EXPECT_DOUBLE_EQ(quantile(values, 0.75), 7.75);
  EXPECT_DOUBLE_EQ(quantile(values, 0), 1);
  EXPECT_DOUBLE_EQ(quantile(values, 1), 10);
  values = {5};
  EXPECT_EQ(quantile(values, 0.75), 5);
}

TEST_F(ValidateTest, NotNullCountsCells) {
  publish_rows(kFourRows);
  add("not_null", "x");
  const RuleResult result = only_result();
  EXPECT_EQ(result.checked_count, 4U);
  EXPECT_EQ(result.unexpected_count, 1U);
  EXPECT_FALSE(result.success);
  EXPECT_TRUE(result.samples_are_keys);
  EXPECT_EQ(result.samples, std::vector<std::string>{"b"});
  options_.rules[0].mostly = 0.75;
  EXPECT_TRUE(only_result().success);
}

TEST_F(ValidateTest, BetweenLeavesNullsOut) {
  publish_rows(kFourRows);
  QualityRule& rule = add("between", "n");
  rule.min_value = 1;
  rule.max_value = 4;
  RuleResult result = only_result();
  EXPECT_EQ(result.checked_count, 3U);
  EXPECT_EQ(result.unexpected_count, 1U);
  EXPECT_EQ(result.samples, std::vector<std::string>{"20"});
  rule.max_value = std::numeric_limits<double>::infinity();
  EXPECT_TRUE(only_result().success);
  rule.column = "s";
  EXPECT_EQ(refusal(),
            "tidemill.toml:7: rule between: column 's' is of type VARCHAR, the rule looks at numbers");
}

TEST_F(ValidateTest, InSetComparesTextsAndNumbers) {
  publish_rows(kFourRows);
  QualityRule& rule = add("in_set", "s");
  rule.values = {"red", "blue", "it's"};
  EXPECT_EQ(only_result().samples, std::vector<std::string>{"rot"});
  rule.column = "y";
  rule.values = {"0", "0.5"};
  EXPECT_EQ(only_result().samples, std::vector<std::string>{"1.5"});
  rule.values = {"0", "half"};
  EXPECT_EQ(refusal(), "tidemill.toml:7: rule in_set: 'half' is no number, 'y' is");
}

TEST_F(ValidateTest, UniqueCountsAllThatShare) {
  publish_rows(kFourRows);
  add("unique", "id");
  const RuleResult result = only_result();
  EXPECT_EQ(result.checked_count, 4U);
  EXPECT_EQ(result.unexpected_count, 2U);
  EXPECT_EQ(result.samples, std::vector<std::string>{"c"});
}

TEST_F(ValidateTest, MatchesTheWholeText) {
  publish_rows(kFourRows);
  QualityRule& rule = add("matches", "s");
  rule.text = "r.*d|blue";
  EXPECT_EQ(only_result().samples, std::vector<std::string>{"rot"});
  rule.text = "re(d";
  EXPECT_NE(refusal().find("tidemill.toml:7: rule matches: "), std::string::npos);
}

TEST_F(ValidateTest, OfTypeLooksAtTheColumn) {
  publish_rows(kFourRows);
  QualityRule& rule = add("of_type", "n");
  rule.text = "bigint";
  EXPECT_TRUE(only_result().success);
  rule.text = "DOUBLE";
  EXPECT_EQ(only_result().unexpected_count, 4U);
  rule.text = "DOUBEL";
  EXPECT_NE(refusal().find("did you mean 'DOUBLE'?"), std::string::npos);
}

TEST_F(ValidateTest, RowCountHasNoCellsAndNoScore) {
  publish_rows(kFourRows);
  QualityRule& rule = add("row_count_between");
  rule.min_value = 5;
  const ValidationReport report = run();
  EXPECT_FALSE(report.results[0].success);
  EXPECT_EQ(report.results[0].checked_count, 0U);
  EXPECT_TRUE(report.dimension_scores.empty());
  EXPECT_EQ(report.quality_score, 100);
  EXPECT_EQ(report.warnings, std::vector<std::string>{"rows: not row_count_between 5 and more: 4"});
  rule.min_value = 4;
  EXPECT_TRUE(only_result().success);
}

TEST_F(ValidateTest, TimesAreHeldToTheDay) {
  publish_rows(kFourRows);
  add("within_day", "t");
  EXPECT_EQ(only_result().samples, (std::vector<std::string>{"2026-10-31 23:00:00", "2026-11-02 00:00:00"}));
  options_.rules.clear();
  QualityRule& rule = add("freshness");  // the project's time
  EXPECT_EQ(only_result().unexpected_count, 2U);
  EXPECT_EQ(only_result().rule.max_value, 24);
  rule.max_value = 25;
  EXPECT_EQ(only_result().samples, std::vector<std::string>{"2026-11-02 00:00:00"});
}

TEST_F(ValidateTest, OutliersLieFarBeyondTheQuartiles) {
  publish(
      "SELECT 'k' || i AS id, TIMESTAMP '2026-11-01' AS t, i % 100 AS n, CASE WHEN i < 30 THEN 1e4 ELSE i % "
      "7 END::DOUBLE "
      "AS x, (i = 0)::BIGINT AS flag, 'a' AS s, 0.5 AS y FROM range(1000) r(i)");
  QualityRule& rule = add("outlier_share_below", "*");
  ValidationReport report = run();
  ASSERT_EQ(report.results.size(), 3U);  // n, x, flag
  EXPECT_EQ(report.results[0].unexpected_count, 0U);
  EXPECT_EQ(report.results[1].unexpected_count, 30U);
  EXPECT_EQ(report.results[1].samples[0], "10000");
  EXPECT_TRUE(report.results[1].success);
  EXPECT_EQ(report.results[2].unexpected_count, 0U)
      << "a column that is one value in the main has no outliers";
  rule.max_value = 0.029;
  EXPECT_FALSE(run().results[1].success);
}

TEST_F(ValidateTest, AnExpressionMustBeTrue) {
  publish_rows(kFourRows);
  QualityRule& rule = add("expression");
  rule.text = "n > x";
  const RuleResult result = only_result();
  EXPECT_EQ(result.checked_count, 4U);
  EXPECT_EQ(result.unexpected_count, 3U) << "1 > 1.5 is false, two rows cannot be told";
  EXPECT_EQ(result.samples, (std::vector<std::string>{"a", "b", "c"}));
  rule.text = "n + x";
  EXPECT_NE(refusal().find("it must give true or false"), std::string::npos);
  rule.text = "n > (SELECT 1)";
  EXPECT_NE(refusal().find("tidemill.toml:7: rule expression: "), std::string::npos);
}

TEST_F(ValidateTest, MistakesAreToldWithTheirPlace) {
  publish_rows(kFourRows);
  add("not_null", "nn");
  EXPECT_EQ(refusal(), "tidemill.toml:7: rule not_null: the data has no column 'nn'; did you mean 'n'?");
  options_.rules.clear();
  add("not_nul", "n");
  EXPECT_NE(refusal().find("unknown rule 'not_nul'"), std::string::npos);
  options_.rules.clear();
  add("unique");
  EXPECT_EQ(refusal(), "tidemill.toml:7: rule unique: 'column' is missing");
  EXPECT_FALSE(store_->get(raw_prefix(kDay) + "/" + kValidationReportFile));
}

TEST_F(ValidateTest, ScoresTheMeanOfTheDimensionsThatApply) {
  publish_rows(kFourRows);
  add("not_null", "*");               // n, x, s: 3 of 12 cells missing
  add("not_null", "x").mostly = 0.1;  // again: not counted twice
  add("unique", "id");                // 2 of 4
  QualityRule& rule = add("between", "y");
  rule.min_value = 0;
  rule.max_value = 1;  // 1 of 3
  const ValidationReport report = run();
  ASSERT_EQ(report.dimension_scores.size(), 3U);
  EXPECT_EQ(report.dimension_scores[0], (std::pair{Dimension::kCompleteness, 9.0 / 12}));
  EXPECT_EQ(report.dimension_scores[1], (std::pair{Dimension::kValidity, 2.0 / 3}));
  EXPECT_EQ(report.dimension_scores[2], (std::pair{Dimension::kUniqueness, 0.5}));
  EXPECT_NEAR(report.quality_score, 100 * (0.75 + 2.0 / 3 + 0.5) / 3, 1e-12);
  EXPECT_FALSE(report.passed);
  const Json json = report_json();
  EXPECT_EQ(json.at("quality_score").get<double>(), report.quality_score);
  EXPECT_EQ(json.at("dimension_scores").at("completeness").get<double>(), 0.75);
  EXPECT_EQ(json.at("results").size(), 6U);
  EXPECT_EQ(json.at("raw_manifest_hash"), read_manifest(*store_, raw_prefix(kDay))->hash());
}

TEST_F(ValidateTest, RefusesAfterTheReportIsWritten) {
  publish_rows(kFourRows);
  add("unique", "id").severity = Severity::kError;
  EXPECT_EQ(refusal(ErrorCode::kQualityFailed),
            "the data of 2026-11-01 is refused: unique of id (tidemill.toml:7): 2 of 4 do not pass; see "
            "raw_data/year=2026/month=11/day=01/validation_report.json");
  EXPECT_FALSE(report_json().at("passed").get<bool>());
  options_.rules[0].severity = Severity::kWarn;
  EXPECT_FALSE(run().passed);
  options_.stop_below_threshold = true;
  EXPECT_NE(refusal(ErrorCode::kQualityFailed).find("quality score 50.0 is under the threshold of 90"),
            std::string::npos);
}

TEST_F(ValidateTest, ChecksDefaultsWhenNoRuleIsGiven) {
  publish_rows(
      "('a', '2026-11-01 10:00:00', 1, 1.5, 'red', 0.5), ('b', '2026-11-01 11:00:00', 2, 2.5, 'blue', 1)");
  const ValidationReport report = run();
  EXPECT_TRUE(report.passed);
  EXPECT_EQ(report.quality_score, 100);
  EXPECT_EQ(report.dimension_scores.size(), 3U);
  EXPECT_TRUE(report.warnings.empty());
  options_.roles.time = "";
  EXPECT_TRUE(run().passed);
}

TEST_F(ValidateTest, WithoutRawDataSaysWhatToDo) {
  EXPECT_NE(refusal(ErrorCode::kNotFound).find("tidemill generate --date 2026-11-01"), std::string::npos);
}

TEST_F(ValidateTest, EveryRuleHasAName) {
  const std::vector<std::string> names = quality_rule_names();
  EXPECT_EQ(names.size(), 11U);
  for (const QualityRule& rule : default_rules(options_.roles)) {
    EXPECT_NE(std::find(names.begin(), names.end(), rule.rule), names.end());
  }
}

}  // namespace
}  // namespace tidemill::pipeline
