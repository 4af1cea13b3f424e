// What is forgotten, over each database.

#include "workflow/retention.h"

#include <gtest/gtest.h>

#include "metadata/database_conformance.h"
#include "workflow/testing/world.h"

namespace tidemill::workflow {
namespace {

using testing::dag;
using testing::kDayMs;
using testing::kStartMs;
using testing::task;

class RetentionTest : public metadata::EachDatabase {
 protected:
  RetentionTest() : store_((metadata::migrate(*database_, metadata::project_migrations()), *database_)) {
    store_.ensure_dag("daily", false, kStartMs);
  }

  DagRun add(const std::string& id, int64_t day, std::optional<RunState> ended) {
    DagRun run;
    run.dag_id = "daily";
    run.run_id = id;
    run.run_after_ms = run.queued_at_ms = kStartMs + day * kDayMs;
    run.state = ended.value_or(RunState::kRunning);
    run.start_ms = run.run_after_ms;
    if (ended) run.end_ms = run.run_after_ms + 1000;
    run.id = store_.add_run(run);
    TaskInstance instance;
    instance.id = "instance of " + id;
    instance.dag_id = run.dag_id;
    instance.run_id = id;
    instance.task_id = "only";
    instance.pool = kDefaultPool;
    instance.state = ended ? TaskState::kSuccess : TaskState::kRunning;
    store_.add_task_instance(instance);
    return run;
  }
  std::string names(const std::vector<DagRun>& runs) {
    std::string text;
    for (const DagRun& run : runs) text += run.run_id + " ";
    return text;
  }

  Store store_;
};

TEST_P(RetentionTest, RunsThatAreOverAndOldAreForgotten) {
  add("second", 1, RunState::kFailed);
  const DagRun first = add("first", 0, RunState::kSuccess);
  add("goes on", 2, std::nullopt);
  add("with a process", 3, RunState::kFailed);
  TaskInstance ending = store_.find_task_instance("instance of with a process").value();
  ending.job_id = 7;
  store_.update_task_instance(ending);
  add("last", 4, RunState::kSuccess);
  EXPECT_EQ(names(runs_to_forget(store_, kStartMs + 9 * kDayMs)), "first second ");
  EXPECT_EQ(names(runs_to_forget(store_, kStartMs + kDayMs)), "first ");
  EXPECT_TRUE(forget_run(store_, first));
  EXPECT_FALSE(forget_run(store_, first));
  EXPECT_FALSE(store_.find_run(first.id));
  EXPECT_FALSE(store_.find_task_instance("instance of first"));
  DagRun again = store_.find_run("daily", "second").value();
  const DagRun seen = again;
  again.state = RunState::kQueued;
  store_.update_run(again);
  EXPECT_FALSE(forget_run(store_, seen)) << "it was cleared meanwhile";
}

TEST_P(RetentionTest, ARunIsKeptInWhichATaskHasJustBegun) {
  const DagRun run = add("old", 0, RunState::kSuccess);
  add("last", 1, RunState::kSuccess);
  ASSERT_EQ(names(runs_to_forget(store_, kStartMs + 9 * kDayMs)), "old ");
  TaskInstance instance = store_.find_task_instance("instance of old").value();
  instance.job_id = 7;
  store_.update_task_instance(instance);
  EXPECT_FALSE(forget_run(store_, run));
  instance.job_id = std::nullopt;
  store_.update_task_instance(instance);
  EXPECT_TRUE(forget_run(store_, run));
}

TEST_P(RetentionTest, EventsThatAreOldAreForgottenUnlessSomebodyWaitsWithThem) {
  {
    metadata::Transaction transaction(*database_);
    for (int i = 0; i < 2500; ++i) {
      LogEntry entry;
      entry.dttm_ms = kStartMs + (i < 2400 ? 0 : kDayMs);
      entry.event = "trigger";
      entry.owner = "cli";
      store_.log(entry);
    }
    transaction.commit();
  }
  AssetEvent event;
  event.asset = "raw_data";
  event.timestamp_ms = kStartMs;
  store_.add_asset_event(event);
  store_.queue_asset_event("daily", store_.add_asset_event(event));
  const DagRun run = add("started by one", 0, RunState::kSuccess);
  store_.take_asset_events("daily", run.id, {store_.add_asset_event(event)});
  Job job;
  job.state = "running";
  job.start_ms = kStartMs;
  store_.add_job(job);
  job.id = store_.add_job(job);
  job.state = "success";
  job.end_ms = kStartMs;
  store_.update_job(job);
  for (const bool is_dry_run : {true, false}) {
    const ForgottenEvents forgotten = forget_events(*database_, kStartMs + 1, is_dry_run);
    EXPECT_EQ(forgotten.log_entries, 2400);
    EXPECT_EQ(forgotten.asset_events, 1);
    EXPECT_EQ(forgotten.jobs, 1);
  }
  EXPECT_EQ(store_.count_log({}), 100);
  EXPECT_EQ(store_.count_asset_events({}), 2);
  EXPECT_EQ(store_.count_jobs(), 1);
}

INSTANTIATE_TEST_SUITE_P(Backends, RetentionTest, ::testing::ValuesIn(metadata::tested_databases()),
                         metadata::database_name);

}  // namespace
}  // namespace tidemill::workflow
