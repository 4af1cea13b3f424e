#include "workflow/store.h"

#include "metadata/database_conformance.h"
#include "metadata/migrate.h"
#include "workflow/runs.h"
#include "workflow/testing/world.h"

namespace tidemill::workflow {
namespace {

using workflow::testing::dag;
using workflow::testing::kDayMs;
using workflow::testing::kStartMs;
using workflow::testing::task;

class StoreTest : public metadata::EachDatabase {
 protected:
  StoreTest() : store_(*database_) { metadata::migrate(*database_, metadata::project_migrations()); }

  DagRun add_run(const std::string& run_id, int64_t logical_date_ms, RunState state = RunState::kQueued) {
    DagRun run;
    run.dag_id = "d";
    run.run_id = run_id;
    run.state = state;
    run.logical_date_ms = logical_date_ms;
    run.run_after_ms = logical_date_ms;
    run.queued_at_ms = kStartMs;
    return create_run(store_, DagGraph(two_), run);
  }

  Store store_;
  const Dag two_ = dag("d", {task("a"), task("b", {"a"})});
};

TEST_P(StoreTest, DagsKeepWhetherTheyArePaused) {
  store_.ensure_dag("d", true, 1);
  store_.ensure_dag("d", false, 2);
  EXPECT_TRUE(store_.find_dag("d")->is_paused);
  EXPECT_EQ(store_.find_dag("d")->first_seen_at_ms, 1);
  EXPECT_EQ(store_.find_dag("d")->last_parsed_ms, 2);
  store_.set_paused("d", false);
  EXPECT_FALSE(store_.list_dags().at(0).is_paused);
  EXPECT_EQ(store_.find_dag("x"), std::nullopt);
}

TEST_P(StoreTest, RunsAreFilteredOrderedCountedAndDeleted) {
  for (int day = 0; day < 5; ++day) {
    add_run("r" + std::to_string(day), kStartMs + day * kDayMs,
            day < 2 ? RunState::kSuccess : RunState::kQueued);
  }
  RunFilter filter;
  filter.dag_id = "d";
  filter.states = {RunState::kQueued, RunState::kRunning};
  filter.run_types = {RunType::kManual};
  filter.logical_date_from_ms = kStartMs + 2 * kDayMs;
  filter.order_by = "-run_after";
  EXPECT_EQ(store_.count_runs(filter), 3);
  const auto unfinished = store_.unfinished_runs();
  EXPECT_EQ(unfinished.size(), 3u);
  EXPECT_EQ(unfinished.at({"d", "r3"}), RunState::kQueued);
  const std::vector<DagRun> page = store_.list_runs(filter, {1, 1});
  ASSERT_EQ(page.size(), 1u);
  EXPECT_EQ(page[0].run_id, "r3");
  filter.order_by = "colour";
  EXPECT_EQ(metadata::code_of([&] { store_.list_runs(filter); }), ErrorCode::kInvalidArgument);
  EXPECT_EQ(metadata::code_of([&] { add_run("r1", 0); }), ErrorCode::kAlreadyExists);
  EXPECT_EQ(store_.run_counts()["d"][RunState::kQueued], 3);
  store_.delete_run("d", "r4");
  EXPECT_EQ(store_.find_run("d", "r4"), std::nullopt);
  EXPECT_TRUE(store_.task_instances_of("d", "r4").empty());
}

TEST_P(StoreTest, TaskInstancesComeBackAsTheyWere) {
  const DagRun run = add_run("r", kStartMs, RunState::kRunning);
  TaskInstance instance = store_.find_task_instance(TaskKey{"d", "r", "a"}).value();
  EXPECT_EQ(instance.id.size(), 36u);
  EXPECT_EQ(instance.id[14], '7');
  instance.state = TaskState::kUpForRetry;
  instance.try_number = 1;
  instance.start_ms = 5;
  instance.end_ms = 6;
  instance.next_retry_at_ms = 7;
  instance.note = "why";
  store_.update_task_instance(instance);
  EXPECT_EQ(store_.find_task_instance(instance.id), instance);
  store_.keep_try(instance);
  instance.try_number = 2;
  store_.update_task_instance(instance);
  const std::vector<TaskInstance> tries = store_.tries_of({"d", "r", "a"});
  ASSERT_EQ(tries.size(), 2u);
  EXPECT_EQ(tries[0].end_ms, 6);
  TaskFilter filter;
  filter.dag_id = "d";
  filter.states = {TaskState::kUpForRetry};
  filter.order_by = "-start_date";
  EXPECT_EQ(store_.count_task_instances(filter), 1);
  EXPECT_EQ(store_.list_task_instances(filter).at(0).task_id, "a");
  EXPECT_EQ(store_.grid("d", 10).at(0).tasks.size(), 2u);
}

TEST_P(StoreTest, ATaskIsClaimedOnce) {
  store_.ensure_dag("d", false, 1);
  add_run("r", kStartMs, RunState::kRunning);
  TaskInstance instance = store_.find_task_instance(TaskKey{"d", "r", "a"}).value();
  instance.job_id = 1;
  EXPECT_FALSE(store_.claim(instance));
  instance.job_id = std::nullopt;
  instance.state = TaskState::kScheduled;
  store_.update_task_instance(instance);
  EXPECT_EQ(store_.scheduled_task_instances({}).size(), 1u);
  EXPECT_EQ(store_.find_pool("default_pool")->scheduled_slots, 1);
  instance.job_id = 1;
  EXPECT_TRUE(store_.claim(instance));
  EXPECT_FALSE(store_.claim(instance));
  EXPECT_EQ(store_.find_pool("default_pool")->queued_slots, 1);
  EXPECT_EQ(store_.find_pool("default_pool")->open_slots(), 127);
  EXPECT_EQ((store_.active_task_counts()[{"d", "r"}]), 1);
  store_.set_paused("d", true);
  EXPECT_TRUE(store_.scheduled_task_instances({}).empty());
}

TEST_P(StoreTest, XComsAndAssetEvents) {
  const DagRun run = add_run("r", kStartMs);
  store_.set_xcom({"d", "r", "a"}, "return_value", "1", 1);
  store_.set_xcom({"d", "r", "a"}, "return_value", "2", 2);
  EXPECT_EQ(store_.xcoms_named("d", "r", "return_value")["a"], "2");
  EXPECT_EQ(store_.xcoms_of("d", "r").at(0).timestamp_ms, 2);
  store_.delete_xcoms({"d", "r", "a"});
  EXPECT_TRUE(store_.xcoms_of("d", "r").empty());
  AssetEvent event;
  event.asset = "rows";
  event.timestamp_ms = 9;
  const int64_t id = store_.add_asset_event(event);
  store_.queue_asset_event("d", id);
  store_.queue_asset_event("d", id);
  ASSERT_EQ(store_.queued_asset_events("d").size(), 1u);
  store_.take_asset_events("d", run.id, {id});
  EXPECT_TRUE(store_.queued_asset_events("d").empty());
  EXPECT_EQ(store_.asset_events_of(run.id).at(0).asset, "rows");
  EXPECT_EQ(store_.runs_of_asset_event(id).at(0).run_id, "r");
  EXPECT_EQ(store_.assets_with_events().at(0).event_count, 1);
  EXPECT_EQ(store_.count_asset_events({"other", "", "", ""}), 0);
}

TEST_P(StoreTest, JobsDeadlinesCallbacksAndTheLog) {
  Job job;
  job.state = "running";
  job.hostname = "here";
  job.id = store_.add_job(job);
  const int64_t number = metadata::change_number(*database_);
  EXPECT_TRUE(store_.beat(job.id, 5));
  EXPECT_EQ(metadata::change_number(*database_), number);  // nobody is told of it
  EXPECT_EQ(store_.running_jobs().at(0).latest_heartbeat_ms, 5);
  job.state = "failed";
  EXPECT_TRUE(store_.update_job(job));
  EXPECT_EQ(metadata::change_number(*database_), number + 1);
  EXPECT_FALSE(store_.update_job(job));
  EXPECT_FALSE(store_.beat(job.id, 6));
  EXPECT_TRUE(store_.running_jobs().empty());
  EXPECT_EQ(store_.count_jobs(), 1);
  store_.add_deadline(1, 0, 100);
  store_.add_deadline(1, 1, 200);
  EXPECT_EQ(store_.take_due_deadlines(100).size(), 1u);
  EXPECT_EQ(store_.next_deadline_ms(), 200);
  store_.delete_deadlines(1);
  EXPECT_EQ(store_.next_deadline_ms(), std::nullopt);
  store_.add_callback("{}", "{}", 1, 0);
  store_.hand_over_callbacks(2);
  EXPECT_TRUE(store_.pending_callbacks(1).empty());
  EXPECT_TRUE(store_.delete_callback(store_.pending_callbacks(2).at(0).id));
  EXPECT_TRUE(store_.pending_callbacks(2).empty());
  LogEntry entry;
  entry.dttm_ms = 3;
  entry.event = "clear";
  entry.owner = "somebody";
  entry.dag_id = "d";
  store_.log(entry);
  LogFilter filter;
  filter.dag_id = "d";
  EXPECT_EQ(store_.count_log(filter), 1);
  filter.event = "pause";
  EXPECT_EQ(store_.count_log(filter), 0);
}

INSTANTIATE_TEST_SUITE_P(Backends, StoreTest, ::testing::ValuesIn(metadata::tested_databases()),
                         metadata::database_name);

}  // namespace
}  // namespace tidemill::workflow
