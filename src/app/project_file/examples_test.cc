// The examples as a whole: what their files ask of the data, the data keeps, and bad data does not.

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "app/project_file/project.h"
#include "base/error.h"
#include "engine/engine.h"
#include "pipeline/ingest/synthetic.h"
#include "storage/object_store.h"

namespace tidemill::app {
namespace {

namespace fs = std::filesystem;

class ExampleData : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "tidemill-churn-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    dir_ = pattern;
    store_ = storage::open_object_store("file:data", dir_);
    engine_ = engine::open_engine({1, 0, dir_ / "spill", {dir_.string()}});
  }
  void TearDown() override {
    engine_.reset();
    fs::remove_all(dir_);
  }

  pipeline::ValidationReport checked_day(const Environment& environment, const std::string& day) {
    const Project project = load_project("examples/churn", environment);
    const Date date = Date::parse(day);
    ingest(project.ingest, date, *engine_, *store_, progress_);
    return validate(project.validate, date, *engine_, *store_, progress_);
  }

  struct Silence final : pipeline::Progress {
    void step(const std::string&, double) override {}
  } progress_;
  fs::path dir_;
  std::unique_ptr<storage::ObjectStore> store_;
  std::unique_ptr<engine::Engine> engine_;
};

TEST_F(ExampleData, OfChurnKeepsEveryRule) {
  for (const char* day : {"2026-11-01", "2026-11-02", "2026-11-03"}) {
    const pipeline::ValidationReport report = checked_day({}, day);
    EXPECT_GT(report.quality_score, 90) << day;
    for (const pipeline::RuleResult& result : report.results) {
      EXPECT_TRUE(result.success) << day << ": " << result.rule.rule << " of " << result.rule.column;
    }
  }
}

// Every feature is good SQL over the columns; none is text, which would become categories by accident.
void check_features(const Project& project, std::vector<engine::Column> columns, engine::Engine& engine) {
  std::erase_if(columns, [&](const engine::Column& column) { return column.name == project.roles.target; });
  for (const pipeline::FeatureDefinition& feature : project.prepare.features) {
    if (feature.expression.empty()) continue;
    const auto checked = engine.check_row_expression(feature.name, feature.expression, columns);
    EXPECT_NE(checked.column.type, "VARCHAR") << feature.name;
    columns.push_back(checked.column);
  }
}

TEST_F(ExampleData, OfChurnHasTheColumnsOfEveryFeature) {
  check_features(load_project("examples/churn", {}), pipeline::SyntheticCustomers::columns(), *engine_);
}

TEST_F(ExampleData, OfChurnIsCheckedWithItsSql) {
  check_sql(load_project("examples/churn", {}), *engine_);
  const auto told = [&](const std::string& feature) -> std::string {
    try {
      check_sql(load_project("examples/churn", {{"TIDEMILL__FEATURES__BAD", feature}}), *engine_);
    } catch (const Error& error) {
      return error.message();
    }
    return "";
  };
  EXPECT_EQ(told("total_spend * login_frequency"), "");
  for (const char* bad :
       {"total_spend *", "nope + 1", "(SELECT 1)", "sum(age)", "read_text('/etc/passwd')"}) {
    EXPECT_TRUE(told(bad).starts_with("environment variable TIDEMILL__FEATURES__BAD: feature 'bad': "))
        << bad << ": " << told(bad);
  }
}

TEST_F(ExampleData, OfTelcoHasTheColumnsOfEveryFeature) {
  std::vector<engine::Column> columns = {{"customer_id", "BIGINT"}, {"tenure", "BIGINT"}};
  for (const char* name : {"monthly_charges", "total_charges"}) columns.push_back({name, "DOUBLE"});
  for (const char* name : {"payment_method", "contract", "internet_service", "tech_support"}) {
    columns.push_back({name, "VARCHAR"});
  }
  check_features(load_project("examples/telco", {}), columns, *engine_);
}

TEST_F(ExampleData, OfChurnFallsBelowTheThresholdWithManyMissing) {
  const pipeline::ValidationReport report = checked_day({{"TIDEMILL__SOURCE__MISSING", "0.4"}}, "2026-11-01");
  EXPECT_LT(report.quality_score, 90);
  EXPECT_FALSE(report.passed);
}

}  // namespace
}  // namespace tidemill::app
