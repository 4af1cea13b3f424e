// What people change while the scheduler works, and what happens when it dies at any statement.

#include <gtest/gtest.h>

#include "base/error.h"
#include "workflow/testing/crashing_database.h"
#include "workflow/testing/world.h"

namespace tidemill::workflow {
namespace {

using testing::CrashingDatabase;
using testing::dag;
using testing::kStartMs;
using testing::MemoryExecutor;
using testing::task;
using testing::webhook;
using testing::World;
using Outcome = TaskReport::Outcome;

Dag chain() {
  return dag("d", {task("a"), task("b", {"a"}), task("c", {"b"})});
}

TEST(Changes, AClearedTaskThatRunsIsEndedAndRunsAgain) {
  World world({chain()});
  world.held = {"b"};
  const DagRun run = world.trigger("d");
  world.executor->ends_cancelled = false;
  world.operations.clear("d", run.run_id, {{"b"}});
  world.tick();
  EXPECT_EQ(world.state(run, "b"), "restarting");
  ASSERT_EQ(world.executor->cancelled.size(), 1u);
  world.tick();
  EXPECT_EQ(world.launch_count("b"), 1);  // not before its process is gone
  world.held.clear();
  world.executor->end_cancelled(world.executor->cancelled[0]);
  world.tick();
  EXPECT_EQ(world.states(run), "a=success b=success c=success -> success");
  EXPECT_EQ(world.instance(run, "b").try_number, 2);
  EXPECT_EQ(world.store.tries_of({"d", run.run_id, "b"}).size(), 2u);
}

TEST(Changes, AMarkedTaskThatRunsIsEndedAndStaysAsMarked) {
  World world({chain()});
  world.held = {"b"};
  const DagRun run = world.trigger("d");
  world.operations.mark({"d", run.run_id, "b"}, TaskState::kSuccess);
  world.tick();
  EXPECT_EQ(world.executor->cancelled.size(), 1u);
  EXPECT_EQ(world.states(run), "a=success b=success c=success -> success");
}

TEST(Changes, WhatWasMarkedAndClearedWaitsForItsProcess) {
  World world({chain()});
  world.held = {"a"};
  const DagRun run = world.trigger("d");
  world.executor->ends_cancelled = false;
  world.operations.mark({"d", run.run_id, "a"}, TaskState::kFailed);
  world.operations.clear("d", run.run_id, {{"a"}});
  world.tick();
  EXPECT_EQ(world.launch_count("a"), 1);
  world.executor->end_cancelled(world.executor->cancelled.at(0));
  world.tick();
  EXPECT_EQ(world.launch_count("a"), 2);
}

TEST(Changes, MarkingATaskLetsWhatFailedAfterItGoOn) {
  World world({chain()});
  world.reports["a"].outcome = Outcome::kFailed;
  const DagRun run = world.trigger("d");
  EXPECT_EQ(world.states(run), "a=failed b=upstream_failed c=upstream_failed -> failed");
  world.operations.mark({"d", run.run_id, "a"}, TaskState::kSuccess);
  world.tick();
  EXPECT_EQ(world.states(run), "a=success b=success c=success -> success");
}

TEST(Changes, ATaskWithoutAProcessWaitsWithoutATry) {
  World world({dag("d", {task("a")})});
  world.held = {"a"};
  const DagRun run = world.trigger("d");
  for (int i = 0; i < 3; ++i) {
    world.executor->lose(world.instance(run, "a").id);
    world.tick();
    EXPECT_EQ(world.state(run, "a"), "scheduled") << "not at once again";
    EXPECT_EQ(world.instance(run, "a").try_number, 0);
    EXPECT_EQ(world.wake_at_ms, world.clock.now_ms() + 1000);
    world.advance(1000);
    EXPECT_EQ(world.state(run, "a"), "running");
    EXPECT_EQ(world.instance(run, "a").try_number, 1);
  }
  LogFilter filter;
  filter.task_id = "a";
  const std::vector<LogEntry> told = world.store.list_log(filter, {});
  ASSERT_EQ(told.size(), 3U) << "anew each time that it has begun";
  EXPECT_EQ(told[0].extra, "waits: no process can be made");
}

TEST(Changes, ARunIsNotDeletedUnderItsTasks) {
  World world({chain()});
  world.held = {"a"};
  const DagRun run = world.trigger("d");
  EXPECT_THROW(world.operations.delete_run("d", run.run_id), Error);
  world.operations.mark_run("d", run.run_id, RunState::kFailed);
  EXPECT_THROW(world.operations.delete_run("d", run.run_id), Error);  // its task is being ended
  world.tick();
  world.operations.delete_run("d", run.run_id);
  world.tick();
  EXPECT_TRUE(world.runs("d").empty());
}

TEST(Changes, WithoutResetWhatIsClearedDoesNotRun) {
  World world({chain()});
  const DagRun run = world.trigger("d");
  ClearOptions options;
  options.reset_dag_runs = false;
  world.operations.clear("d", run.run_id, options);
  world.tick();
  EXPECT_EQ(world.states(run), "a=none b=none c=none -> success");
}

TEST(Changes, AClearedRunHasItsDeadlinesAgain) {
  Dag one = chain();
  one.deadlines = {{DeadlineAlert::Reference::kQueuedAt, 3000, {webhook("https://example.org/")}}};
  World world({one});
  const DagRun run = world.trigger("d");
  EXPECT_EQ(world.store.next_deadline_ms(), std::nullopt);
  world.held = {"a"};
  world.clock.advance_ms(10'000);
  world.operations.clear("d", run.run_id, {});
  world.tick();
  EXPECT_EQ(world.store.next_deadline_ms(), kStartMs + 13'000);
}

TEST(Changes, WhatHappensBetweenTheLookAndTheTransactionIsSeen) {
  const std::vector<Dag> dags = {dag("d", {task("a")})};
  auto inner = testing::memory_database();
  CrashingDatabase database(*inner);
  FakeClock clock(kStartMs);
  testing::MemoryLiveness liveness;
  testing::MemoryCallbacks callbacks;
  MemoryExecutor executor(clock, 8);
  Scheduler scheduler(database, dags, executor, clock, {}, callbacks, liveness);
  Operations operations(*inner, dags, clock, Actor());
  scheduler.tick();
  operations.trigger("d", {});
  scheduler.tick();
  ASSERT_EQ(executor.launches.size(), 1u);
  DagRun second;
  clock.advance_ms(1);
  database.before_write = [&] { second = operations.trigger("d", {}); };
  executor.end(executor.running().begin()->first, {});
  scheduler.tick();  // writes down the end of the first, and counts it
  ASSERT_GT(second.id, 0);
  scheduler.tick();
  EXPECT_EQ(executor.launches.size(), 2u);
}

// One run of a DAG with a retry, a callback and an asset that another one waits for, where the database fails
// at its n-th step (testing/crashing_database.h). False when there is no n-th.
bool run_with_fault(int step, bool dies) {
  Dag producer = chain();
  producer.tasks[1].retries = 1;
  producer.tasks[1].retry_delay_s = 0;  // the next try begins in the transaction that ends the first
  producer.tasks[2].outlets = {"rows"};
  producer.on_success = {webhook("https://example.org/")};
  Dag consumer = dag("consumer", {task("use")});
  consumer.schedule_assets = {"rows"};
  const std::vector<Dag> dags = {producer, consumer};
  auto inner = testing::memory_database();
  CrashingDatabase faulty(*inner);
  FakeClock clock(kStartMs);
  testing::MemoryLiveness liveness;
  testing::MemoryCallbacks callbacks;
  std::map<std::string, int> launches;
  std::unique_ptr<MemoryExecutor> executor;
  std::unique_ptr<Scheduler> scheduler;
  const auto start = [&] {
    if (scheduler) liveness.alive.clear();
    executor = std::make_unique<MemoryExecutor>(clock, 8);
    executor->at_once = [&](const TaskLaunch& launch) {
      ++launches[launch.task_id];
      TaskReport report;
      if (launch.task_id == "b" && launch.try_number == 1) report.outcome = Outcome::kFailed;
      return report;
    };
    scheduler =
        std::make_unique<Scheduler>(faulty, dags, *executor, clock, SchedulerOptions(), callbacks, liveness);
  };
  start();
  Store store(*inner);
  store.ensure_dag("consumer", false, kStartMs);
  const DagRun run = Operations(*inner, dags, clock, Actor()).trigger("d", {});
  faulty.arm(CrashingDatabase::Fault::kError, step);
  for (int i = 0; i < 25; ++i) {
    try {
      scheduler->wake();
      scheduler->tick();
    } catch (const Error&) {
      if (dies) start();
    }
    if (!executor->has_events()) clock.advance_ms(1000);
  }
  const bool has_failed = !faulty.is_armed();
  EXPECT_EQ(store.find_run(run.id)->state, RunState::kSuccess) << "at step " << step;
  EXPECT_EQ(store.find_task_instance(TaskKey{"d", run.run_id, "b"})->try_number, 2);
  EXPECT_EQ(store.find_task_instance(TaskKey{"d", run.run_id, "c"})->try_number, 1);
  EXPECT_EQ(store.count_asset_events({}), 1);
  RunFilter filter;
  filter.dag_id = "consumer";
  EXPECT_EQ(store.count_runs(filter), 1);
  EXPECT_GE(callbacks.calls.size(), 1u);
  EXPECT_LE(callbacks.calls.size(), 2u);
  EXPECT_TRUE(inner->query("SELECT 1 FROM task_instance WHERE job_id IS NOT NULL", {}).empty());
  if (!dies) {
    EXPECT_EQ(launches["a"] + launches["b"] + launches["c"] + launches["use"], 5) << "at step " << step;
  }
  return has_failed;
}

TEST(Changes, AFaultAtAnyStepLosesNothing) {
  for (const bool dies : {false, true}) {
    int step = 1;
    while (run_with_fault(step, dies) && !HasFailure()) ++step;
    EXPECT_GT(step, 50);
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace tidemill::workflow
