#include "pipeline/prepare/steps.h"

#include <algorithm>

#include "base/json.h"
#include "pipeline/prepare/prepare_fixture.h"

namespace tidemill::pipeline {
namespace {

TEST_F(PrepareTest, StepsSayWhatPrepareWillDo) {
  write_day(1, customers_sql(1, 400));
  write_day(2, customers_sql(2, 300));
  NoProgress progress;
  const FeatureReport features = engineer_features(options_, day(2), *engine_, *store_);
  EXPECT_EQ(features.date, day(2));
  EXPECT_EQ(features.row_count, 300U);
  const auto named = [&](const std::string& name) {
    return *std::find_if(features.features.begin(), features.features.end(),
                         [&](const FeatureSummary& feature) { return feature.name == name; });
  };
  EXPECT_EQ(named("hour").null_count, 0U);
  EXPECT_EQ(named("hour").min, "0");
  EXPECT_GT(named("age").null_count, 0U);
  EXPECT_EQ(named("loud").max, "PRO");
  EXPECT_EQ(named("versus").null_count, 300U) << "the means are learned later";

  const SplitReport split = split_data(options_, day(2), *engine_, *store_, progress);
  EXPECT_EQ(split.day_count, 2U);
  const auto before = everything();
  const Preparation learned = learn_preparation(options_, day(2), *engine_, *store_, progress);
  EXPECT_EQ(everything(), before) << "learning writes nothing";

  const PrepareResult whole = run(2);
  EXPECT_EQ(split.train_row_count, whole.train_row_count);
  EXPECT_EQ(split.test_row_count, whole.test_row_count);
  EXPECT_EQ(split.null_target_row_count, whole.null_target_row_count);
  EXPECT_EQ(to_json(learned).dump(), to_json(whole.preparation).dump());
}

TEST_F(PrepareTest, EngineerFeaturesNamesTheOneThatFails) {
  write_day(1, customers_sql(1, 50));
  options_.features.push_back({"year", "CAST(segment AS INTEGER)", "", "", "t.toml:9"});
  const std::string failing = error_of([&] { engineer_features(options_, day(1), *engine_, *store_); });
  EXPECT_NE(failing.find("t.toml:9: feature 'year' cannot be computed: "), std::string::npos) << failing;
  EXPECT_NE(error_of([&] { engineer_features(options_, Date::parse("2026-10-01"), *engine_, *store_); },
                     ErrorCode::kNotFound)
                .find("no raw data up to 2026-10-01"),
            std::string::npos);
}

}  // namespace
}  // namespace tidemill::pipeline
