#include "server/pages/overview_lights.h"

#include <limits>

#include <gtest/gtest.h>

namespace tidemill::server::pages {
namespace {

constexpr int64_t kMidnight = 1'793'664'000'000;  // 2026-11-03T00:00:00Z

// All is well on the third day.
OverviewFacts well() {
  OverviewFacts facts;
  facts.now_ms = kMidnight + 3'600'000;
  facts.scheduler_is_alive = true;
  facts.due_ms = kMidnight;
  facts.due_run = workflow::RunState::kSuccess;
  facts.newest_day = Date::parse("2026-11-03");
  facts.newest_day_row_count = 1004;
  facts.quality = QualityFacts{Date::parse("2026-11-03"), 97.0, 90, true};
  facts.latest_prepared_data = facts.last_trained_data = "2026-11-03";
  facts.test_rmse = {0.1141, 0.1192, 0.1223};
  facts.newest_version = 3;
  return facts;
}

Light generation(const OverviewFacts& facts) {
  return daily_lights(facts)[0];
}
Light quality(const OverviewFacts& facts) {
  return daily_lights(facts)[1];
}
Light preparation(const OverviewFacts& facts) {
  return daily_lights(facts)[2];
}
Light training(const OverviewFacts& facts) {
  return weekly_lights(facts, "/models/m")[0];
}
Light metrics(const OverviewFacts& facts) {
  return weekly_lights(facts, "/models/m")[1];
}

TEST(OverviewLights, AreGoodWhenAllIsWell) {
  for (const std::vector<Light>& lights : {daily_lights(well()), weekly_lights(well(), "/models/m")}) {
    for (const Light& light : lights) {
      EXPECT_TRUE(light.state == LightState::kGood || light.state == LightState::kNeutral) << light.name;
    }
  }
  EXPECT_EQ(generation(well()).reason, "data of 2026-11-03 has arrived, 1,004 rows");
  EXPECT_EQ(quality(well()).link, "/data/raw_data/2026-11-03");
}

TEST(OverviewLights, MissingDataSaysWhatHoldsItUp) {
  OverviewFacts facts = well();
  facts.newest_day = Date::parse("2026-11-02");
  facts.due_run.reset();
  EXPECT_EQ(generation(facts).state, LightState::kAttention);
  EXPECT_EQ(generation(facts).reason,
            "data of 2026-11-03 is missing; the newest is of 2026-11-02, 1,004 rows");
  facts.scheduler_is_alive = false;
  EXPECT_NE(generation(facts).reason.find("no scheduler is running"), std::string::npos);
  facts.generation.is_paused = true;
  EXPECT_NE(generation(facts).reason.find("the DAG is paused"), std::string::npos);
}

TEST(OverviewLights, ARunOfTheDayIsFollowed) {
  OverviewFacts facts = well();
  facts.newest_day.reset();
  facts.due_run = workflow::RunState::kQueued;
  EXPECT_EQ(generation(facts).state, LightState::kUnderWay);
  facts.due_run = workflow::RunState::kFailed;
  EXPECT_EQ(generation(facts).state, LightState::kBad);
  EXPECT_EQ(generation(facts).reason, "the run of 2026-11-03 failed; there is no data yet");
}

TEST(OverviewLights, ANewProjectOmittedNothing) {
  OverviewFacts facts = well();
  facts.newest_day.reset();
  facts.due_run.reset();
  facts.was_known_when_due = false;
  facts.generation.next_run_ms = kMidnight + 86'400'000;
  EXPECT_EQ(generation(facts).state, LightState::kNeutral);
  EXPECT_EQ(generation(facts).reason, "first due at 2026-11-04 00:00 UTC; there is no data yet");
}

TEST(OverviewLights, WithoutAScheduleThereIsNothingDue) {
  OverviewFacts facts = well();
  facts.due_ms.reset();
  EXPECT_EQ(generation(facts).state, LightState::kNeutral);
  EXPECT_EQ(generation(facts).reason, "data comes by hand only; the newest is of 2026-11-03, 1,004 rows");
}

TEST(OverviewLights, QualityIsHeldAgainstItsThreshold) {
  OverviewFacts facts = well();
  facts.quality->score = 89.9;
  facts.quality->passed = false;
  EXPECT_EQ(quality(facts).state, LightState::kBad);
  facts.quality->score = 95;
  EXPECT_EQ(quality(facts).reason, "95.0 % on 2026-11-03, but a rule of severity error failed");
  facts.quality->threshold = 99;
  EXPECT_EQ(quality(facts).name, "Data quality score over 99 %");
  facts.quality.reset();
  EXPECT_EQ(quality(facts).state, LightState::kNeutral);
}

TEST(OverviewLights, PreparationFollowsTheNewestDay) {
  OverviewFacts facts = well();
  facts.latest_prepared_data = "2026-11-02";
  EXPECT_EQ(preparation(facts).state, LightState::kAttention);
  facts.preparation.newest_run = workflow::RunState::kRunning;
  EXPECT_EQ(preparation(facts).state, LightState::kUnderWay);
  EXPECT_EQ(preparation(facts).reason, "data of 2026-11-03 is being prepared; prepared is 2026-11-02");
  facts.preparation.newest_run = workflow::RunState::kFailed;
  facts.latest_prepared_data.reset();
  EXPECT_EQ(preparation(facts).reason,
            "data of 2026-11-03 is not prepared, the last run failed; prepared is nothing yet");
}

TEST(OverviewLights, TrainingFollowsTheVariables) {
  OverviewFacts facts = well();
  facts.last_trained_data = "2026-11-02";
  EXPECT_EQ(training(facts).state, LightState::kAttention);
  EXPECT_EQ(training(facts).reason, "prepared to 2026-11-03, trained on 2026-11-02");
  facts.last_trained_data.reset();
  facts.training.newest_run = workflow::RunState::kRunning;
  EXPECT_EQ(training(facts).state, LightState::kUnderWay);
  facts.latest_prepared_data.reset();
  EXPECT_EQ(training(facts).state, LightState::kNeutral);
}

TEST(OverviewLights, MetricsAreHeldAgainstTheVersionsBefore) {
  OverviewFacts facts = well();
  EXPECT_EQ(metrics(facts).reason, "improved: test_rmse 0.1141, 0.1207 before (median of 2, -5.5 %)");
  facts.test_rmse = {0.104, 0.1, 0.1};
  EXPECT_EQ(metrics(facts).state, LightState::kGood);
  facts.test_rmse = {0.11, 0.1, 0.1};
  EXPECT_EQ(metrics(facts).state, LightState::kAttention);
  facts.test_rmse = {0.13, 0.1, std::numeric_limits<double>::quiet_NaN(), 0.1};
  EXPECT_EQ(metrics(facts).state, LightState::kBad);
  facts.test_rmse = {0.13};
  EXPECT_EQ(metrics(facts).state, LightState::kNeutral);
}

TEST(OverviewLights, DriftIsNotClaimed) {
  const Light drift = weekly_lights(well(), "/models/m")[2];
  EXPECT_EQ(drift.state, LightState::kNeutral);
  EXPECT_NE(drift.reason.find("not set up"), std::string::npos);
}

}  // namespace
}  // namespace tidemill::server::pages
