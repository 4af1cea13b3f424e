#include "pipeline/promote/promote.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace tidemill::pipeline {
namespace {

PromotionRule below(double threshold) {
  PromotionRule rule;
  rule.threshold = threshold;
  return rule;
}

TEST(DecidePromotion, ThresholdIsStrict) {
  EXPECT_TRUE(decide_promotion({below(0.10)}, true, "test_rmse", {{"test_rmse", 0.0999}}, {}).promoted);
  const Promotion at = decide_promotion({below(0.10)}, true, "test_rmse", {{"test_rmse", 0.10}}, {});
  EXPECT_FALSE(at.promoted);
  EXPECT_EQ(at.reason, "stays in Staging: test_rmse 0.1000 is not < 0.1");
}

TEST(DecidePromotion, MustBeatProduction) {
  const MetricValues candidate = {{"test_rmse", 0.09}};
  EXPECT_TRUE(
      decide_promotion({below(0.10)}, true, "test_rmse", candidate, MetricValues{{"test_rmse", 0.095}})
          .promoted);
  const Promotion worse =
      decide_promotion({below(0.10)}, true, "test_rmse", candidate, MetricValues{{"test_rmse", 0.08}});
  EXPECT_FALSE(worse.promoted);
  EXPECT_EQ(worse.reason,
            "stays in Staging: test_rmse 0.0900 is not better than Production's 0.0800 on the same test set");
  EXPECT_TRUE(
      decide_promotion({below(0.10)}, false, "test_rmse", candidate, MetricValues{{"test_rmse", 0.08}})
          .promoted);
}

TEST(DecidePromotion, RelativeChangeIsAgainstTheBaseline) {
  PromotionRule rule;
  rule.min_relative_change = 0.1;
  const auto decide = [&](double value) {
    return decide_promotion({rule}, true, "test_rmse", {{"test_rmse", value}},
                            MetricValues{{"test_rmse", 0.2}})
        .promoted;
  };
  EXPECT_TRUE(decide(0.18));
  EXPECT_FALSE(decide(0.181));
}

TEST(DecidePromotion, GreaterIsBetter) {
  PromotionRule rule;
  rule.metric = "test_r2";
  rule.greater_is_better = true;
  rule.threshold = 0.5;
  EXPECT_TRUE(decide_promotion({rule}, true, "test_r2", {{"test_r2", 0.6}}, MetricValues{{"test_r2", 0.55}})
                  .promoted);
  EXPECT_FALSE(decide_promotion({rule}, true, "test_r2", {{"test_r2", 0.5}}, {}).promoted);
}

TEST(DecidePromotion, NamesAnUnknownMetric) {
  PromotionRule rule = below(1);
  rule.metric = "test_rmsse";
  EXPECT_THROW(decide_promotion({rule}, true, "test_rmse", {{"test_rmse", 0.1}}, {}), Error);
}

TEST(DecidePromotion, WithoutRulesNothingIsPromoted) {
  EXPECT_FALSE(decide_promotion({}, true, "test_rmse", {{"test_rmse", 0.01}}, {}).promoted);
}

class MovingVersionsTest : public testing::Test {
 protected:
  MovingVersionsTest() {
    store_->create_registered_model("m");
    for (int version = 1; version <= 3; ++version) store_->create_model_version({"m", "s3://bucket/model"});
  }
  std::string stage_of(int version) { return store_->get_model_version("m", version).current_stage; }

  FakeClock clock_{1'793'491'200'000};
  std::unique_ptr<tracking::Store> store_ =
      tracking::open_store("sqlite::memory:", "", {.artifact_root = "/data"}, clock_);
};

TEST_F(MovingVersionsTest, ToProductionArchivesTheOneThatWasThereAndGoesBack) {
  EXPECT_EQ(move_to_stage(*store_, "m", 1, "production"), "Production");
  EXPECT_EQ(move_to_stage(*store_, "m", 2, "Production"), "Production");
  EXPECT_EQ(stage_of(1), "Archived");
  EXPECT_EQ(store_->get_model_version_by_alias("m", kChampionAlias).version, 2);
  EXPECT_EQ(rollback_production(*store_, "m"), 1);
  EXPECT_EQ(stage_of(1), "Production");
  EXPECT_EQ(stage_of(2), "Archived");
  EXPECT_EQ(store_->get_model_version_by_alias("m", kChampionAlias).version, 1);
}

TEST_F(MovingVersionsTest, ElsewhereVersionsMeet) {
  EXPECT_EQ(move_to_stage(*store_, "m", 1, "Staging"), "Staging");
  EXPECT_EQ(move_to_stage(*store_, "m", 2, "staging"), "Staging");
  EXPECT_EQ(stage_of(1), "Staging");
  EXPECT_EQ(stage_of(2), "Staging");
}

TEST_F(MovingVersionsTest, WhatIsNotThereIsSaid) {
  EXPECT_THROW(move_to_stage(*store_, "m", 1, "Live"), Error);
  EXPECT_THROW(move_to_stage(*store_, "m", 9, "Production"), Error);
  EXPECT_THROW(rollback_production(*store_, "m"), Error);
  EXPECT_EQ(stage_of(1), "None");
}

}  // namespace
}  // namespace tidemill::pipeline
