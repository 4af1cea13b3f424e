// A clock that jumps loses nothing, repeats nothing and keeps nobody waiting.

#include <gtest/gtest.h>

#include "workflow/testing/world.h"

namespace tidemill::workflow {
namespace {

using testing::dag;
using testing::kDayMs;
using testing::kHourMs;
using testing::kStartMs;
using testing::task;
using testing::World;
using Outcome = TaskReport::Outcome;

Dag with_retry(double delay_s) {
  Dag one = dag("d", {task("a")});
  one.tasks[0].retries = 1;
  one.tasks[0].retry_delay_s = delay_s;
  return one;
}

TEST(Clock, SetBackByADayDoesNotHoldUpARetry) {
  for (const bool restarts : {false, true}) {
    World world({with_retry(60)});
    world.reports["a#1"].outcome = Outcome::kFailed;
    const DagRun run = world.trigger("d");
    EXPECT_EQ(world.state(run, "a"), "up_for_retry");
    world.clock.advance_ms(-kDayMs);
    if (restarts) world.restart();
    world.tick();
    EXPECT_EQ(world.instance(run, "a").next_retry_at_ms, kStartMs - kDayMs + 60'000);
    world.advance(30'000);
    world.advance(30'000);
    EXPECT_EQ(world.states(run), "a=success -> success");
  }
}

TEST(Clock, SetBackLessThanSinceTheFailureChangesNothing) {
  World world({with_retry(3600)});
  world.reports["a#1"].outcome = Outcome::kFailed;
  const DagRun run = world.trigger("d");
  world.advance(600'000);
  world.advance(-300'000);
  EXPECT_EQ(world.instance(run, "a").next_retry_at_ms, kStartMs + kHourMs);
}

TEST(Clock, ForwardByADayAndBackLosesNoRunAndRepeatsNone) {
  for (const bool catchup : {false, true}) {
    Dag one = dag("d", {task("a")}, "@hourly");
    one.start_date_ms = kStartMs;
    one.catchup = catchup;
    World world({one});
    world.tick();
    world.advance(kDayMs);
    world.advance(-kDayMs);
    EXPECT_EQ(world.store.find_dag("d")->next_run_after_ms, kStartMs + kHourMs);
    world.restart();
    for (int hour = 0; hour < 30; ++hour) world.advance(kHourMs);
    std::multiset<int64_t> hours;
    for (const DagRun& run : world.runs("d")) hours.insert((*run.logical_date_ms - kStartMs) / kHourMs);
    EXPECT_EQ(hours.size(), 31u);
    for (int64_t hour = 0; hour <= 30; ++hour) EXPECT_EQ(hours.count(hour), 1u) << hour;
  }
}

TEST(Clock, SetBackByADayOnceStaysOnceAndContinuousGoesOn) {
  World world({dag("once", {task("a")}, "@once"), dag("always", {task("b")}, "@continuous")});
  world.held = {"b"};
  world.tick();
  world.advance(-kDayMs);
  world.advance(1000);
  EXPECT_EQ(world.runs("once").size(), 1u);
  ASSERT_EQ(world.runs("always").size(), 1u);
  world.end(world.runs("always")[0], "b", Outcome::kSuccess);
  ASSERT_EQ(world.runs("always").size(), 2u);
  EXPECT_EQ(world.runs("always")[1].state, RunState::kRunning);
}

TEST(Clock, SetBackByADayDoesNotHoldUpARunThatWasDue) {
  World world({dag("d", {task("a")})});
  const DagRun cleared = world.trigger("d");
  world.advance(1);
  world.operations.set_paused("d", true);
  const DagRun queued = world.trigger("d");
  world.clock.advance_ms(-kDayMs);
  world.operations.clear("d", cleared.run_id, {});
  world.operations.set_paused("d", false);
  world.tick();
  EXPECT_EQ(world.run_state(queued), "success");
  EXPECT_EQ(world.run_state(cleared), "success");
  EXPECT_EQ(world.instance(cleared, "a").try_number, 2);
}

TEST(Clock, NothingTakesLessThanNoTime) {
  World world({dag("d", {task("a"), task("b", {"a"})})});
  world.held = {"a"};
  const DagRun ended = world.trigger("d");
  world.advance(1);
  const DagRun marked = world.trigger("d");
  world.clock.advance_ms(-kHourMs);
  world.end(ended, "a", Outcome::kSuccess);
  world.operations.mark_run("d", marked.run_id, RunState::kSuccess);
  world.tick();
  for (const DagRun& run : world.runs("d")) {
    EXPECT_EQ(run.state, RunState::kSuccess);
    EXPECT_GE(run.end_ms.value(), run.start_ms.value());
    for (const TaskInstance& one : world.store.task_instances_of("d", run.run_id)) {
      EXPECT_GE(one.end_ms.value(), one.start_ms.value_or(0)) << one.task_id;
    }
  }
}

}  // namespace
}  // namespace tidemill::workflow
