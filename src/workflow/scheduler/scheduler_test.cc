#include "workflow/scheduler/scheduler.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "workflow/testing/world.h"

namespace tidemill::workflow {
namespace {

using testing::dag;
using testing::kDayMs;
using testing::kHourMs;
using testing::kStartMs;
using testing::task;
using testing::webhook;
using testing::World;
using Outcome = TaskReport::Outcome;

Dag chain() {
  return dag("d", {task("a"), task("b", {"a"}), task("c", {"b"})});
}

TEST(Scheduler, DependentsRunOneAfterTheOther) {
  World world({chain()});
  const DagRun run = world.trigger("d");
  EXPECT_EQ(world.states(run), "a=success b=success c=success -> success");
  EXPECT_EQ(world.instance(run, "b").try_number, 1);
}

TEST(Scheduler, AnEndedTasksDependentIsLaunchedInTheSameTick) {
  World world({chain()});
  world.held = {"a", "b"};
  const DagRun run = world.trigger("d");
  world.executor->end(world.instance(run, "a").id, {});
  world.scheduler->tick();
  EXPECT_EQ(world.launch_count("b"), 1);
}

TEST(Scheduler, ContextTellsTheTaskWhatItNeeds) {
  Dag berlin = dag("d", {task("a"), task("b", {"a"})});
  berlin.time_zone = "Europe/Berlin";
  World world({berlin});
  world.reports["a"].return_value = R"({"rows": 3})";
  TriggerOptions options;
  options.conf = R"({"force": true})";
  options.logical_date_ms = kStartMs - 1000;  // in Berlin it is the next day already
  world.trigger("d", options);
  const TaskLaunch& launch = world.executor->launches.at(1);
  const Json context = parse_json(launch.context, "the context");
  EXPECT_EQ(context.at("ds"), "2026-11-01");
  EXPECT_EQ(context.at("logical_date"), "2026-10-31T23:59:59+00:00");
  EXPECT_EQ(context.at("upstream").at("a").at("rows"), 3);
  EXPECT_EQ(context.at("conf").at("force"), true);
  EXPECT_EQ(context.at("run_type"), "manual");
  EXPECT_EQ(launch.log_file,
            "/logs/dag_id=d/run_id=manual__2026-10-31T23:59:59+00:00/task_id=b/attempt=1.log");
}

TEST(Scheduler, FailedTasksAreTriedAgainAfterTheDelay) {
  Dag one = dag("d", {task("a")});
  one.tasks[0].retries = 1;
  one.tasks[0].retry_delay_s = 60;
  World world({one});
  world.reports["a#1"].outcome = Outcome::kFailed;
  const DagRun run = world.trigger("d");
  EXPECT_EQ(world.state(run, "a"), "up_for_retry");
  EXPECT_EQ(world.instance(run, "a").next_retry_at_ms, kStartMs + 60'000);
  world.advance(59'999);
  EXPECT_EQ(world.launch_count("a"), 1);
  EXPECT_EQ(world.wake_at_ms, kStartMs + 60'000);
  world.advance(1);
  EXPECT_EQ(world.states(run), "a=success -> success");
  EXPECT_EQ(world.instance(run, "a").try_number, 2);
  ASSERT_EQ(world.store.tries_of({"d", run.run_id, "a"}).size(), 2u);
}

TEST(Scheduler, FailedForGoodIsNotTriedAgain) {
  Dag one = dag("d", {task("a"), task("b", {"a"})});
  one.tasks[0].retries = 5;
  World world({one});
  world.reports["a"].outcome = Outcome::kFailedForGood;
  EXPECT_EQ(world.states(world.trigger("d")), "a=failed b=upstream_failed -> failed");
}

TEST(Scheduler, AProcessThatDiesIsAFailedTry) {
  World world({dag("d", {task("a")})});
  world.held = {"a"};
  const DagRun run = world.trigger("d");
  world.executor->die(world.instance(run, "a").id);
  world.tick();
  EXPECT_EQ(world.states(run), "a=failed -> failed");
  EXPECT_EQ(world.store.list_log({}, {}).front().extra, "its process was killed by signal 9");
}

TEST(Scheduler, ShortCircuitsSkipAllThatFollowsWhateverItsRules) {
  Dag one = dag("d", {task("a"), task("b", {"a"}), task("c", {"b"}, TriggerRule::kAllDone), task("other")});
  World world({one});
  world.reports["a"].outcome = Outcome::kShortCircuit;
  const DagRun run = world.trigger("d");
  EXPECT_EQ(world.states(run), "a=success b=skipped c=skipped other=success -> success");
  ClearOptions clear;  // without the one that decided: skipped again
  clear.task_ids = {"b"};
  world.operations.clear("d", run.run_id, clear);
  world.tick();
  EXPECT_EQ(world.state(run, "b"), "skipped");
  world.reports.clear();
  clear.task_ids = {"a"};
  clear.include_downstream = true;
  world.operations.clear("d", run.run_id, clear);
  world.tick();
  EXPECT_EQ(world.states(run), "a=success b=success c=success other=success -> success");
}

TEST(Scheduler, ShortCircuitsMayLeaveRulesFurtherDownAlone) {
  Dag one = dag("d", {task("a"), task("b", {"a"}), task("c", {"b"}, TriggerRule::kAllDone)});
  one.tasks[0].ignore_downstream_trigger_rules = false;
  World world({one});
  world.reports["a"].outcome = Outcome::kShortCircuit;
  EXPECT_EQ(world.states(world.trigger("d")), "a=success b=skipped c=success -> success");
}

TEST(Scheduler, PoolsBoundWhatRunsAndTheHeaviestGoesFirst) {
  Dag one = dag("d", {task("light"), task("heavy"), task("wide"), task("next", {"heavy"})});
  for (Task& each : one.tasks) each.pool = "gpu";
  one.tasks[2].pool_slots = 3;
  World world({one});
  world.operations.set_pool(testing::pool("gpu", 2));
  world.held = {"light", "heavy", "wide", "next"};
  const DagRun run = world.trigger("d");
  EXPECT_EQ(world.executor->launches.at(0).task_id, "heavy");
  EXPECT_EQ(world.executor->launches.size(), 2u);
  EXPECT_EQ(world.store.find_pool("gpu")->open_slots(), 0);
  EXPECT_EQ(world.store.find_pool("gpu")->scheduled_slots, 3);
  world.operations.set_pool(testing::pool("gpu", -1));
  world.tick();
  EXPECT_EQ(world.launch_count("wide"), 1);
}

TEST(Scheduler, LimitsOfParallelismAndOfARun) {
  Dag one = dag("d", {task("a"), task("b"), task("c"), task("e")});
  one.max_active_tasks = 3;
  SchedulerOptions options;
  options.parallelism = 4;
  World world({one}, options);
  world.held = {"a", "b", "c", "e"};
  world.trigger("d");
  EXPECT_EQ(world.executor->running().size(), 3u);
  world.clock.advance_ms(1);
  world.trigger("d");
  EXPECT_EQ(world.executor->running().size(), 4u);
}

TEST(Scheduler, ALaunchThatFailsIsNoTry) {
  World world({dag("d", {task("a")})});
  world.tick();
  world.executor->failing_launches = 1;
  const DagRun run = world.trigger("d");
  EXPECT_EQ(world.launch_count("a"), 0);
  world.advance(1000);
  EXPECT_EQ(world.states(run), "a=success -> success");
  EXPECT_EQ(world.instance(run, "a").try_number, 1);
}

TEST(Scheduler, RunsThatTakeTooLongFailAndTheirTasksAreEnded) {
  Dag one = dag("d", {task("a"), task("b", {"a"})});
  one.dagrun_timeout_ms = 5000;
  World world({one});
  world.held = {"a"};
  const DagRun run = world.trigger("d");
  EXPECT_EQ(world.wake_at_ms, kStartMs + 5000);
  world.advance(5000);
  EXPECT_EQ(world.states(run), "a=skipped b=skipped -> failed");
  EXPECT_EQ(world.executor->cancelled.size(), 1u);
  EXPECT_TRUE(world.store.task_instances_of_job(world.scheduler->job_id()).empty());
}

TEST(Scheduler, DeadlinesThatAreMissedAreToldOnce) {
  Dag one = dag("d", {task("a")});
  one.deadlines = {{DeadlineAlert::Reference::kQueuedAt, 3000, {webhook("https://example.org/late")}}};
  World world({one});
  world.held = {"a"};
  const DagRun run = world.trigger("d");
  EXPECT_EQ(world.wake_at_ms, kStartMs + 3000);
  world.advance(3000);
  world.advance(3000);
  ASSERT_EQ(world.callbacks.calls.size(), 1u);
  EXPECT_EQ(parse_json(world.callbacks.calls[0].document, "")["event"], "on_deadline");
  EXPECT_EQ(world.callbacks.calls[0].target.url, "https://example.org/late");
  world.end(run, "a", Outcome::kSuccess);
}

TEST(Scheduler, DeadlinesCountFromWhatTheySay) {
  Dag one = dag("d", {task("a")});
  one.max_active_runs = 1;
  for (const auto reference : {DeadlineAlert::Reference::kRunAfter, DeadlineAlert::Reference::kStartDate}) {
    one.deadlines.push_back({reference, 3000, {webhook(std::string(name_of(reference)))}});
  }
  World world({one});
  world.held = {"a"};
  const DagRun first = world.trigger("d");
  TriggerOptions given;
  given.run_id = "second";
  const DagRun second = world.trigger("d", given);  // waits for the first
  world.clock.advance_ms(2000);
  world.end(first, "a", Outcome::kSuccess);
  const auto told = [&] {
    std::vector<std::string> urls;
    for (const CallbackCall& call : world.callbacks.calls) urls.push_back(call.target.url);
    return urls;
  };
  world.advance(1000);
  EXPECT_EQ(told(), std::vector<std::string>({"run_after"}));
  world.advance(1999);
  EXPECT_EQ(told().size(), 1u);
  world.advance(1);
  EXPECT_EQ(told(), std::vector<std::string>({"run_after", "start_date"}));
  EXPECT_EQ(parse_json(world.callbacks.calls[1].document, "")["error"],
            "it is not over 3 s after its start_date");
  world.end(second, "a", Outcome::kSuccess);
}

TEST(Scheduler, CallbacksThatWereGivenUpStandInTheEventLog) {
  Dag one = dag("d", {task("a")});
  Callback& callback = one.tasks[0].on_success.emplace_back();
  callback.name = "on_call";
  callback.url_variable = "PAGER_URL";
  callback.retries = 7;
  World world({one});
  world.callbacks.error = "nobody is there";
  const DagRun run = world.trigger("d");
  ASSERT_EQ(world.callbacks.calls.size(), 1u);
  EXPECT_EQ(world.callbacks.calls[0].target.url_variable, "PAGER_URL");
  EXPECT_EQ(world.callbacks.calls[0].target.retries, 7);
  world.tick();
  LogFilter filter;
  filter.event = "callback_failed";
  const std::vector<LogEntry> entries = world.store.list_log(filter, {});
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].run_id, run.run_id);
  EXPECT_EQ(entries[0].task_id, "a");
  EXPECT_EQ(entries[0].extra, "on_call (on_success): nobody is there");
}

TEST(Scheduler, CallbacksComeAgainAfterAnOrderlyEndToo) {
  Dag one = dag("d", {task("a")});
  one.on_success = {webhook("https://example.org/")};
  World world({one});
  world.callbacks.finishes = false;
  world.trigger("d");
  EXPECT_EQ(world.callbacks.calls.size(), 1u);
  world.scheduler->shut_down();
  world.callbacks.finishes = true;
  world.restart();
  world.tick();
  EXPECT_EQ(world.callbacks.calls.size(), 2u);
  world.tick();
  EXPECT_TRUE(world.store.pending_callbacks(world.scheduler->job_id()).empty());
}

TEST(Scheduler, CallbacksComeAgainWhenTheSchedulerDiedBeforeTheyWereMade) {
  Dag one = dag("d", {task("a")});
  one.tasks[0].on_failure.emplace_back().command = {"mail", "someone"};
  one.on_failure = {webhook("https://example.org/")};
  World world({one});
  world.callbacks.finishes = false;
  world.reports["a"] = {Outcome::kFailed, "", "", "out of paper"};
  world.trigger("d");
  ASSERT_EQ(world.callbacks.calls.size(), 2u);
  EXPECT_EQ(parse_json(world.callbacks.calls[0].document, "")["error"], "out of paper");
  world.callbacks.finishes = true;
  world.restart();
  world.tick();
  EXPECT_EQ(world.callbacks.calls.size(), 4u);
  world.tick();
  EXPECT_EQ(world.callbacks.calls.size(), 4u);
  EXPECT_TRUE(world.store.pending_callbacks(world.scheduler->job_id()).empty());
}

TEST(Scheduler, TasksOfADeadSchedulerRunAgainWithoutATry) {
  World world({chain()});
  world.held = {"b"};
  const DagRun run = world.trigger("d");
  EXPECT_EQ(world.state(run, "b"), "running");
  world.held.clear();
  world.restart();
  world.tick();
  EXPECT_EQ(world.states(run), "a=success b=success c=success -> success");
  EXPECT_EQ(world.instance(run, "b").try_number, 1);
  EXPECT_EQ(world.launch_count("a"), 0);
}

TEST(Scheduler, ShutDownGivesTasksBackWithoutATry) {
  World world({chain()});
  world.held = {"b"};
  const DagRun run = world.trigger("d");
  world.scheduler->shut_down();
  EXPECT_EQ(world.state(run, "b"), "scheduled");
  EXPECT_EQ(world.instance(run, "b").try_number, 0);
  EXPECT_EQ(world.store.list_jobs({}).at(0).state, "success");
}

TEST(Scheduler, OneThatWasTakenForDeadStops) {
  World world({chain()});
  world.held = {"a"};
  const DagRun run = world.trigger("d");
  Job job = world.store.running_jobs().at(0);
  job.state = "failed";
  world.store.update_job(job);
  world.clock.advance_ms(10'000);
  EXPECT_THROW(world.scheduler->tick(), Error);
  EXPECT_EQ(world.executor->cancelled.size(), 1u);
  EXPECT_THROW(world.scheduler->tick(), Error);
}

TEST(Scheduler, IdleTicksTouchNothing) {
  World world({chain()});
  world.tick();
  const int64_t wake_ms = world.scheduler->tick();
  EXPECT_EQ(wake_ms, kStartMs + 5000);
}

TEST(Scheduler, DependsOnPastWaitsForTheRunBefore) {
  Dag one = dag("d", {task("a")});
  one.tasks[0].depends_on_past = true;
  World world({one});
  world.reports["a"].outcome = Outcome::kFailed;
  const DagRun first = world.trigger("d");
  world.clock.advance_ms(1000);
  world.reports.clear();
  const DagRun second = world.trigger("d");
  EXPECT_EQ(world.states(second), "a=none -> running");
  world.operations.clear("d", first.run_id, {});
  world.tick();
  EXPECT_EQ(world.states(first), "a=success -> success");
  EXPECT_EQ(world.states(second), "a=success -> success");
}

TEST(Scheduler, WaitForDownstreamAlsoWaitsForWhatFollowed) {
  Dag one = dag("d", {task("a"), task("b", {"a"})});
  one.tasks[0].wait_for_downstream = true;
  World world({one});
  world.held = {"b"};
  const DagRun first = world.trigger("d");
  world.clock.advance_ms(1000);
  const DagRun second = world.trigger("d");
  EXPECT_EQ(world.states(second), "a=none b=none -> running");
  world.end(first, "b", Outcome::kSuccess);
  EXPECT_EQ(world.state(second, "a"), "success");
}

TEST(Scheduler, TasksThatTheDagLostOrGotSinceTheRunBegan) {
  auto database = testing::memory_database();
  World world({chain()});
  world.held = {"a"};
  const DagRun run = world.trigger("d");
  Dag changed = dag("d", {task("a"), task("new", {"a"})});
  testing::MemoryExecutor executor(world.clock, 10);
  executor.at_once = [](const TaskLaunch&) { return TaskReport(); };
  NoCallbacks callbacks;
  world.liveness.alive.clear();
  Scheduler next(world.store.database(), {changed}, executor, world.clock, {}, callbacks, world.liveness);
  for (int i = 0; i < 5; ++i) next.tick();
  EXPECT_EQ(world.states(run), "a=success b=removed c=removed new=success -> success");
}

TEST(Scheduler, ATaskWithoutAPoolWaitsAndTheLogSaysWhy) {
  Dag one = dag("d", {task("a")});
  one.tasks[0].pool = "gpu";
  World world({one});
  const DagRun run = world.trigger("d");
  world.advance(kHourMs);
  EXPECT_EQ(world.states(run), "a=scheduled -> running");
  LogFilter filter;
  filter.task_id = "a";
  const std::vector<LogEntry> entries = world.store.list_log(filter, {});
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].extra, "waits for ever: there is no pool 'gpu'");
  world.operations.set_pool(testing::pool("gpu", 1));
  world.tick();
  EXPECT_EQ(world.states(run), "a=success -> success");
}

// Whatever their ids are, which are random.
TEST(Scheduler, TasksOfOneWeightStartByTheirNames) {
  std::vector<Task> tasks;
  for (const char* id : {"d", "b", "a", "c", "e"}) tasks.push_back(task(id));
  World world({dag("d", tasks)});
  world.trigger("d");
  std::string order;
  for (const TaskLaunch& launch : world.executor->launches) order += launch.task_id;
  EXPECT_EQ(order, "abcde");
}

}  // namespace
}  // namespace tidemill::workflow
