// Which runs there are: by the clock, by assets, by backfills.

#include <gtest/gtest.h>

#include "base/json.h"
#include "workflow/scheduler/due_runs.h"
#include "workflow/testing/world.h"

namespace tidemill::workflow {
namespace {

using testing::dag;
using testing::kDayMs;
using testing::kHourMs;
using testing::kStartMs;
using testing::task;
using testing::World;

Dag daily(bool catchup) {
  Dag made = dag("d", {task("a")}, "@daily");
  made.start_date_ms = kStartMs - 5 * kDayMs;
  made.catchup = catchup;
  return made;
}

TEST(Schedules, WithoutCatchupTheLatestStandsForAllThatWereMissed) {
  World world({daily(false)});
  world.tick();
  ASSERT_EQ(world.runs("d").size(), 1u);
  const DagRun run = world.runs("d")[0];
  EXPECT_EQ(run.run_id, "scheduled__2026-11-01T00:00:00+00:00");
  EXPECT_EQ(run.logical_date_ms, kStartMs);
  EXPECT_EQ(run.triggered_by, TriggeredBy::kTimetable);
  EXPECT_EQ(world.store.find_dag("d")->next_run_after_ms, kStartMs + kDayMs);
  world.advance(3 * kDayMs);
  EXPECT_EQ(world.runs("d").size(), 2u);
}

TEST(Schedules, WithCatchupADagWithoutAStartBeginsWhenItWasFirstSeen) {
  Dag daily = dag("d", {task("a")}, "@daily");
  daily.catchup = true;
  DagState state;
  state.first_seen_at_ms = kStartMs + kHourMs;
  const Timetable timetable = timetable_of(daily);
  const auto next = [&] { return next_run_of(daily, timetable, state, kStartMs + 5 * kDayMs)->run_after_ms; };
  EXPECT_EQ(next(), kStartMs + kDayMs);
  state.last_interval_start_ms = state.last_interval_end_ms = kStartMs + kDayMs;
  EXPECT_EQ(next(), kStartMs + 2 * kDayMs);
}

TEST(Schedules, CatchupMakesThemAllInOrder) {
  World world({daily(true)});
  world.tick();
  ASSERT_EQ(world.runs("d").size(), 6u);
  EXPECT_EQ(world.runs("d")[0].run_id, "scheduled__2026-10-27T00:00:00+00:00");
}

TEST(Schedules, TheNextRunWakesTheScheduler) {
  Dag soon = dag("d", {task("a")}, "* * * * *");
  SchedulerOptions options;
  options.heartbeat_ms = kDayMs;
  World world({soon}, options);
  world.clock.advance_ms(30'000);
  world.tick();
  EXPECT_EQ(world.wake_at_ms, kStartMs + 60'000);
}

TEST(Schedules, ClocksThatJumpNeitherLoseNorDuplicate) {
  Dag hourly = dag("d", {task("a")}, "@hourly");
  hourly.start_date_ms = kStartMs;
  hourly.catchup = true;
  World world({hourly});
  world.tick();
  world.advance(-kHourMs);
  world.advance(kDayMs);
  world.advance(-kDayMs);
  world.restart();
  world.advance(2 * kHourMs);
  world.advance(kDayMs);
  EXPECT_EQ(world.runs("d").size(), 26u);  // 00:00 to 01:00 of the next day
  for (const DagRun& run : world.runs("d")) EXPECT_EQ(run.state, RunState::kSuccess);
}

TEST(Schedules, PausedDagsWait) {
  Dag paused = daily(false);
  paused.is_paused_upon_creation = true;
  World world({paused});
  world.tick();
  EXPECT_TRUE(world.runs("d").empty());
  EXPECT_EQ(world.store.find_dag("d")->next_run_after_ms, kStartMs);
  const DagRun run = world.trigger("d");
  EXPECT_EQ(world.states(run), "a=none -> queued");
  world.operations.set_paused("d", false);
  world.tick();
  EXPECT_EQ(world.states(run), "a=success -> success");
}

TEST(Schedules, RunsOfPausedDagsComeToTheirEnd) {
  World world({dag("d", {task("a"), task("b")})});
  world.held = {"a", "b"};
  const DagRun run = world.trigger("d");
  world.operations.set_paused("d", true);
  world.tick();
  world.end(run, "a", TaskReport::Outcome::kSuccess);
  world.end(run, "b", TaskReport::Outcome::kFailed);
  EXPECT_EQ(world.states(run), "a=success b=failed -> failed");
}

TEST(Schedules, MaxActiveRunsQueuesTheRest) {
  Dag one = dag("d", {task("a")});
  one.max_active_runs = 1;
  World world({one});
  world.held = {"a"};
  const DagRun first = world.trigger("d");
  world.clock.advance_ms(1);
  const DagRun second = world.trigger("d");
  EXPECT_EQ(world.run_state(second), "queued");
  world.end(first, "a", TaskReport::Outcome::kSuccess);
  EXPECT_EQ(world.run_state(second), "running");
}

TEST(Schedules, ARunMayWaitForItsTime) {
  World world({dag("d", {task("a")})});
  TriggerOptions later;
  later.run_after_ms = kStartMs + 2000;
  const DagRun run = world.trigger("d", later);
  EXPECT_EQ(world.run_state(run), "queued");
  EXPECT_EQ(world.wake_at_ms, kStartMs + 2000);
  world.advance(2000);
  EXPECT_EQ(world.run_state(run), "success");
}

TEST(Schedules, OneAssetStartsARunForEachEventInOrder) {
  Dag producer = dag("producer", {task("make")});
  producer.tasks[0].outlets = {"rows"};
  Dag consumer = dag("consumer", {task("use")});
  consumer.schedule_assets = {"rows"};
  consumer.max_active_runs = 1;
  World world({producer, consumer});
  world.held = {"make", "use"};
  world.reports["make"].asset_extra = R"({"date": "2026-11-01"})";
  TriggerOptions dated;
  std::vector<DagRun> sources;
  for (const int day : {3, 1}) {
    dated.logical_date_ms = kStartMs + day * kDayMs;
    sources.push_back(world.trigger("producer", dated));
  }
  for (const DagRun& source : sources) {
    world.executor->end(world.instance(source, "make").id, world.reports["make"]);
  }
  world.tick();
  const std::vector<DagRun> runs = world.runs("consumer");
  ASSERT_EQ(runs.size(), 2u);
  EXPECT_EQ(runs[0].logical_date_ms, kStartMs + 3 * kDayMs);
  EXPECT_EQ(runs[1].logical_date_ms, kStartMs + kDayMs);
  EXPECT_TRUE(runs[0].run_id.starts_with("asset_triggered__2026-11-01T00:00:00+00:00_"));
  EXPECT_EQ(runs[1].state, RunState::kQueued);
  const Json context = parse_json(world.executor->launches.back().context, "the context");
  EXPECT_EQ(context.at("triggering_asset_events").at(0).at("extra").at("date"), "2026-11-01");
  EXPECT_EQ(context.at("triggering_asset_events").at(0).at("source_run_id"), sources[0].run_id);
  EXPECT_EQ(world.store.runs_of_asset_event(1).at(0).id, runs[0].id);
}

TEST(Schedules, SeveralAssetsMustAllChange) {
  Dag consumer = dag("consumer", {task("use")});
  consumer.schedule_assets = {"left", "right"};
  World world({consumer});
  world.tick();
  world.operations.add_asset_event("left", "{}");
  world.operations.add_asset_event("left", "{}");
  world.tick();
  EXPECT_TRUE(world.runs("consumer").empty());
  world.operations.add_asset_event("right", "{}");
  world.tick();
  ASSERT_EQ(world.runs("consumer").size(), 1u);
  EXPECT_EQ(world.runs("consumer")[0].logical_date_ms, std::nullopt);
  EXPECT_EQ(world.store.asset_events_of(world.runs("consumer")[0].id).size(), 3u);
}

TEST(Schedules, AnyOfSeveralAssetsStartsARun) {
  Dag consumer = dag("consumer", {task("use")});
  consumer.schedule_assets = {"left", "right"};
  consumer.any_asset_is_enough = true;
  World world({consumer});
  world.tick();
  world.operations.add_asset_event("right", "{}");
  world.operations.add_asset_event("left", "{}");
  world.tick();
  ASSERT_EQ(world.runs("consumer").size(), 2u);
  EXPECT_EQ(world.store.asset_events_of(world.runs("consumer")[0].id).at(0).asset, "right");
}

TEST(Schedules, APausedDagDoesNotHearOfAssets) {
  Dag consumer = dag("consumer", {task("use")});
  consumer.schedule_assets = {"rows"};
  World world({consumer});
  world.tick();
  world.operations.set_paused("consumer", true);
  world.operations.add_asset_event("rows", "{}");
  world.operations.set_paused("consumer", false);
  world.tick();
  EXPECT_TRUE(world.runs("consumer").empty());
}

TEST(Schedules, BackfillsRunTheirDaysAndEnd) {
  Dag one = daily(false);
  one.max_active_runs = 2;
  World world({one});
  world.clock.advance_ms(kHourMs);
  world.held = {"a"};
  world.tick();
  BackfillOptions options;
  options.from_ms = kStartMs - 2 * kDayMs;
  options.to_ms = kStartMs;
  options.max_active_runs = 1;
  options.run_backwards = true;
  const auto made = world.operations.create_backfill("d", options);
  EXPECT_EQ(made.runs.at(0).exception_reason, "already exists");
  world.tick();
  EXPECT_EQ(world.launch_count("a"), 2);  // the scheduled one and the backfill's first
  const DagRun newest = world.store.find_run(*made.runs.at(1).dag_run_id).value();
  EXPECT_EQ(newest.state, RunState::kRunning);
  EXPECT_EQ(newest.logical_date_ms, kStartMs - kDayMs);
  world.held.clear();
  world.end(world.runs("d")[0], "a", TaskReport::Outcome::kSuccess);
  world.end(newest, "a", TaskReport::Outcome::kSuccess);
  EXPECT_TRUE(world.store.find_backfill(made.backfill.id)->completed_at_ms);
  for (const DagRun& run : world.runs("d")) EXPECT_EQ(run.state, RunState::kSuccess);
}

// The logical dates in the order in which their runs were launched.
std::vector<int64_t> launched_days(World& world) {
  std::vector<int64_t> days;
  for (const TaskLaunch& launch : world.executor->launches) {
    days.push_back(*world.store.find_run(launch.dag_id, launch.run_id)->logical_date_ms / kDayMs -
                   kStartMs / kDayMs);
  }
  return days;
}

TEST(Schedules, BackfillsComeLastInTheirOwnOrder) {
  Dag one = dag("d", {task("a")}, "@daily");
  one.start_date_ms = kStartMs;
  one.max_active_runs = 1;
  World world({one});
  world.clock.advance_ms(kHourMs);
  world.tick();
  TriggerOptions old;
  old.logical_date_ms = kStartMs - 2 * kDayMs;
  world.trigger("d", old);  // is run again by the backfill, under an id older than those of the other days
  world.held = {"a"};
  BackfillOptions options;
  options.from_ms = kStartMs - 3 * kDayMs;
  options.to_ms = kStartMs - kDayMs;
  options.run_backwards = true;
  options.reprocess_behavior = ReprocessBehavior::kCompleted;
  world.operations.create_backfill("d", options);
  world.tick();
  world.advance(kDayMs);  // a day of the schedule is due while the backfill's first day runs
  TriggerOptions by_hand;
  by_hand.logical_date_ms = kStartMs + 10 * kDayMs;
  world.trigger("d", by_hand);
  for (int i = 0; i < 5; ++i) {
    ASSERT_EQ(world.executor->running().size(), 1u);
    world.executor->end(world.executor->running().begin()->first, {});
    world.tick();
  }
  EXPECT_EQ(launched_days(world), (std::vector<int64_t>{0, -2, -1, 1, 10, -2, -3}));
  for (const DagRun& run : world.runs("d")) EXPECT_EQ(run.state, RunState::kSuccess);
}

Dag looking_at_its_past(bool catchup) {
  Dag one = dag("d", {task("a")}, "@daily");
  one.start_date_ms = kStartMs;
  one.catchup = catchup;
  one.tasks[0].depends_on_past = true;
  return one;
}

TEST(Schedules, TheFirstRunOfABackfillLooksAtNoPast) {
  World world({looking_at_its_past(false)});
  world.clock.advance_ms(kHourMs);
  TriggerOptions failing;
  failing.logical_date_ms = kStartMs - 9 * kDayMs;
  world.held = {"a"};
  world.end(world.trigger("d", failing), "a", TaskReport::Outcome::kFailed);
  world.held.clear();
  BackfillOptions options;
  options.from_ms = kStartMs - 2 * kDayMs;
  options.to_ms = kStartMs - kDayMs;
  options.reprocess_behavior = ReprocessBehavior::kFailed;
  const auto made = world.operations.create_backfill("d", options);
  world.tick();
  ASSERT_EQ(made.runs.size(), 2u);
  for (const BackfillRun& run : made.runs) {
    EXPECT_EQ(world.store.find_run(*run.dag_run_id)->state, RunState::kSuccess);
  }
}

TEST(Schedules, WithCatchupARunByHandIsNoPast) {
  for (const bool catchup : {false, true}) {
    World world({looking_at_its_past(catchup)});
    world.tick();
    world.clock.advance_ms(kHourMs);
    world.held = {"a"};
    world.end(world.trigger("d"), "a", TaskReport::Outcome::kFailed);
    world.held.clear();
    world.advance(kDayMs);
    const auto next = world.store.find_run_of("d", kStartMs + kDayMs);
    ASSERT_TRUE(next);
    EXPECT_EQ(next->state, catchup ? RunState::kSuccess : RunState::kRunning);
  }
}

TEST(Schedules, ABackfillDoesNotKeepTheScheduleFromMakingRuns) {
  Dag one = dag("d", {task("a")}, "@daily");
  one.start_date_ms = kStartMs;
  one.max_active_runs = 2;
  World world({one});
  world.held = {"a"};
  world.tick();
  BackfillOptions options;
  options.from_ms = kStartMs - 5 * kDayMs;
  options.to_ms = kStartMs - kDayMs;
  world.operations.create_backfill("d", options);
  world.tick();
  world.advance(kDayMs);
  EXPECT_TRUE(world.store.find_run_of("d", kStartMs + kDayMs));
}

TEST(Schedules, OnceAndContinuous) {
  World world({dag("once", {task("a")}, "@once"), dag("always", {task("b")}, "@continuous")});
  world.held = {"b"};
  world.tick();
  world.advance(kDayMs);
  EXPECT_EQ(world.runs("always").size(), 1u);
  if (!world.runs("always").empty()) {
    world.end(world.runs("always")[0], "b", TaskReport::Outcome::kSuccess);
  }
  EXPECT_EQ(world.runs("always").size(), 2u);
}

}  // namespace
}  // namespace tidemill::workflow
