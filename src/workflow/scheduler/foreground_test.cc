// Runs and tasks that a command works on itself, beside a scheduler that does the rest.

#include "workflow/scheduler/foreground.h"

#include <gtest/gtest.h>

#include "workflow/testing/world.h"

namespace tidemill::workflow {
namespace {

using testing::dag;
using testing::kDayMs;
using testing::kStartMs;
using testing::task;
using testing::World;

class ForegroundTest : public ::testing::Test {
 protected:
  ForegroundTest() : world_({a_dag(), follower()}) {
    world_.operations.set_pool(testing::pool("training", 1));
  }

  static Dag a_dag() {
    Dag made = dag("daily", {task("first"), task("second", {"first"}), task("third", {"second"})}, "@daily");
    made.max_active_runs = 1;
    made.tasks[1].retries = 1;
    made.tasks[1].retry_delay_s = 60;
    made.tasks[2].outlets = {"made"};
    made.tasks[2].pool = "training";
    return made;
  }
  static Dag follower() {
    Dag made = dag("follower", {task("only")});
    made.schedule_assets = {"made"};
    return made;
  }

  // What a command does; the other scheduler ticks after each task, and while this one waits.
  void work(const DagRun& run, std::optional<std::string> only_task = std::nullopt) {
    SchedulerOptions options;
    options.log_dir = "/logs";
    options.foreground = RunName{run.dag_id, run.run_id};
    options.foreground_task = only_task;
    InProcessExecutor executor(
        [this](const TaskLaunch& launch) {
          world_.tick();
          ran_ += launch.task_id + "#" + std::to_string(launch.try_number) + " ";
          const auto found = reports_.find(launch.task_id);
          if (found == reports_.end()) return TaskReport();
          const TaskReport report = found->second;
          reports_.erase(found);
          return report;
        },
        world_.clock);
    Scheduler scheduler(world_.store.database(), {a_dag(), follower()}, executor, world_.clock, options,
                        world_.callbacks, world_.liveness);
    const auto is_over = [&] {
      if (only_task) return !world_.instance(run, *only_task).job_id;
      return is_finished(world_.store.find_run(run.id)->state);
    };
    work_in_foreground(scheduler, executor, world_.clock, is_over, [&](int64_t ms) {
      world_.clock.advance_ms(ms);
      world_.tick();
    });
  }

  World world_;
  std::map<std::string, TaskReport> reports_;  // each once
  std::string ran_;
};

TEST_F(ForegroundTest, ATestRunsItsTasksAndLeavesTheRestToTheScheduler) {
  world_.held = {"first"};
  world_.tick();  // the day's run waits for its first task
  const DagRun scheduled = world_.runs("daily").front();
  const DagRun run = world_.operations.begin_test("daily", kStartMs - kDayMs, "{}");
  EXPECT_EQ(run.run_id, "manual__2026-10-31T00:00:00+00:00");
  EXPECT_EQ(run.triggered_by, TriggeredBy::kTest);
  work(run);
  EXPECT_EQ(ran_, "first#1 second#1 third#1 ");
  EXPECT_EQ(world_.states(run), "first=success second=success third=success -> success");
  EXPECT_EQ(world_.launch_count("second"), 0) << "the scheduler took none of its tasks";
  EXPECT_EQ(world_.state(scheduled, "first"), "running") << "and went on with its own";
  world_.tick();
  EXPECT_EQ(world_.runs("follower").size(), 1U) << "what the test changed starts what waits for it";
  EXPECT_EQ(world_.run_state(world_.runs("follower").front()), "success");
}

TEST_F(ForegroundTest, ATestMindsNoPauseAndTriesAgain) {
  world_.operations.set_paused("daily", true);
  world_.tick();
  const DagRun run = world_.operations.begin_test("daily", std::nullopt, R"({"a": 1})");
  reports_["second"] = {TaskReport::Outcome::kFailed, "", "", "not yet"};
  work(run);
  EXPECT_EQ(ran_, "first#1 second#1 second#2 third#1 ");
  EXPECT_EQ(world_.run_state(run), "success");
  EXPECT_EQ(world_.clock.now_ms(), kStartMs) << "at once";
  world_.tick();
  EXPECT_EQ(world_.runs("follower").size(), 1U);
}

TEST_F(ForegroundTest, ATestWaitsForNoPool) {
  world_.operations.set_pool(testing::pool("training", 0));
  const DagRun run = world_.operations.begin_test("daily", kStartMs - kDayMs, "{}");
  work(run);
  EXPECT_EQ(world_.run_state(run), "success");
}

TEST_F(ForegroundTest, AFailedTestIsReplacedByTheNextOfItsDay) {
  const DagRun first = world_.operations.begin_test("daily", kStartMs, "{}");
  reports_["first"] = {TaskReport::Outcome::kFailedForGood, "", "", "no"};
  work(first);
  EXPECT_EQ(world_.states(first), "first=failed second=upstream_failed third=upstream_failed -> failed");
  const DagRun next = world_.operations.begin_test("daily", kStartMs, "{}");
  EXPECT_EQ(next.run_id, first.run_id);
  EXPECT_FALSE(world_.store.find_run(first.id));
}

TEST_F(ForegroundTest, ARunOfThatDayIsKept) {
  TriggerOptions options;
  options.logical_date_ms = kStartMs;
  const DagRun manual = world_.trigger("daily", options);
  const DagRun run = world_.operations.begin_test("daily", kStartMs, "{}");
  EXPECT_EQ(run.run_id.substr(0, manual.run_id.size() + 1), manual.run_id + "_");
  EXPECT_TRUE(world_.store.find_run(manual.id));
}

TEST_F(ForegroundTest, ATestTakesNoDayFromTheSchedule) {
  const DagRun test = world_.operations.begin_test("daily", kStartMs, "{}");
  reports_["first"] = {TaskReport::Outcome::kFailedForGood, "", "", "no"};
  work(test);
  world_.tick();
  const std::vector<DagRun> runs = world_.runs("daily");
  ASSERT_EQ(runs.size(), 2U);
  EXPECT_EQ(runs.back().logical_date_ms, test.logical_date_ms);
  EXPECT_EQ(runs.back().run_type, RunType::kScheduled);
  EXPECT_EQ(world_.run_state(runs.back()), "success");
}

TEST_F(ForegroundTest, ADeadTestHoldsUpNothingAndFails) {
  const DagRun dead = world_.operations.begin_test("daily", kStartMs - kDayMs, "{}");
  TaskInstance instance = world_.instance(dead, "first");
  instance.state = TaskState::kRunning;
  instance.job_id = 77;
  world_.store.update_task_instance(instance);
  world_.tick();
  EXPECT_EQ(world_.run_state(dead), "running");
  EXPECT_EQ(world_.run_state(world_.runs("daily").back()), "success") << "though max_active_runs is 1";
  world_.operations.end_dead_tests();
  EXPECT_EQ(world_.states(dead), "first=failed second=skipped third=skipped -> failed");
  world_.operations.clear("daily", dead.run_id, {});
  world_.tick();
  EXPECT_EQ(world_.run_state(dead), "success") << "cleared, it is a run like any other";
}

TEST_F(ForegroundTest, ASchedulerFailsTheTestOfADeadProcess) {
  const DagRun dead = world_.operations.begin_test("daily", kStartMs - kDayMs, "{}");
  Job job;
  job.state = "running";
  job.start_ms = kStartMs;
  TaskInstance instance = world_.instance(dead, "first");
  instance.state = TaskState::kRunning;
  instance.job_id = world_.store.add_job(job);
  world_.store.update_task_instance(instance);
  world_.liveness.alive.insert(*instance.job_id);
  world_.tick();
  EXPECT_EQ(world_.run_state(dead), "running");
  world_.liveness.alive.erase(*instance.job_id);
  world_.advance(5000);
  EXPECT_EQ(world_.states(dead), "first=failed second=skipped third=skipped -> failed");
}

TEST_F(ForegroundTest, ATaskOfAFinishedRunFailsWithTheProcessThatRanIt) {
  const DagRun run = world_.trigger("daily");
  ASSERT_EQ(world_.run_state(run), "success");
  Job job;
  job.state = "running";
  job.start_ms = kStartMs;
  TaskInstance instance = world_.instance(run, "second");
  instance.state = TaskState::kRunning;
  instance.try_number = 2;
  instance.job_id = world_.store.add_job(job);
  world_.store.update_task_instance(instance);
  world_.advance(5000);
  EXPECT_EQ(world_.states(run), "first=success second=failed third=success -> success");
  EXPECT_EQ(world_.instance(run, "second").try_number, 2);
  EXPECT_FALSE(world_.instance(run, "second").job_id);
}

TEST_F(ForegroundTest, OneTaskIsRunAndItsStateKept) {
  const DagRun run = world_.trigger("daily");
  EXPECT_EQ(world_.run_state(run), "success");
  work(run, "second");
  EXPECT_EQ(ran_, "second#2 ");
  EXPECT_EQ(world_.state(run, "second"), "success");
  EXPECT_EQ(world_.store.tries_of({"daily", run.run_id, "second"}).size(), 2U);
  reports_["third"] = {TaskReport::Outcome::kFailed, "", "", "no"};
  work(run, "third");
  EXPECT_EQ(world_.state(run, "third"), "failed");
  EXPECT_EQ(ran_, "second#2 third#2 ");
}

TEST_F(ForegroundTest, ATaskThatRunsIsNotRunTwice) {
  world_.held = {"first"};
  const DagRun run = world_.trigger("daily");
  EXPECT_THROW(work(run, "first"), Error);
  EXPECT_EQ(world_.state(run, "first"), "running");
}

}  // namespace
}  // namespace tidemill::workflow
