// What lists are filtered and ordered by, as the REST API asks for it.

#include <gtest/gtest.h>

#include "base/error.h"
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

class StoreListsTest : public metadata::EachDatabase {
 protected:
  StoreListsTest() : store_(*database_) {
    metadata::migrate(*database_, metadata::project_migrations());
    for (int day = 0; day < 3; ++day) {
      DagRun run;
      run.dag_id = "d";
      run.run_id = "run_" + std::to_string(day);
      run.logical_date_ms = run.run_after_ms = kStartMs + day * kDayMs;
      run.conf = day == 1 ? R"({"rate":"100%"})" : "{}";
      run.triggering_user_name = day == 2 ? std::optional<std::string>("Admin") : std::nullopt;
      run = create_run(store_, DagGraph(two_), run);
      run.start_ms = kStartMs;
      run.end_ms = kStartMs + int64_t{1000} * (day + 1);
      store_.update_run(run);
    }
    TaskInstance instance = store_.find_task_instance(TaskKey{"d", "run_1", "a"}).value();
    instance.state = TaskState::kSuccess;
    instance.try_number = 2;
    instance.pool = "training";
    instance.start_ms = kStartMs;
    instance.end_ms = kStartMs + 500;
    store_.update_task_instance(instance);
  }

  std::string runs(const RunFilter& filter) {
    std::string names;
    for (const DagRun& run : store_.list_runs(filter)) names += run.run_id.substr(4);
    EXPECT_EQ(store_.count_runs(filter), static_cast<int64_t>(names.size()));
    return names;
  }
  std::string tasks(const TaskFilter& filter) {
    std::string names;
    for (const TaskInstance& one : store_.list_task_instances(filter)) {
      names += one.run_id.substr(4) + one.task_id + " ";
    }
    return names;
  }

  Store store_;
  const Dag two_ = dag("d", {task("a"), task("b", {"a"})});
};

TEST_P(StoreListsTest, RunsByNamesConfAndDuration) {
  EXPECT_EQ(runs({}), "012");
  RunFilter filter;
  filter.run_id_pattern.contains = "RUN_1 | run_2";
  EXPECT_EQ(runs(filter), "12");
  filter.run_id_pattern = {"", "un"};
  EXPECT_EQ(runs(filter), "");
  filter.run_id_pattern = {"~", "run_0|run_1"};
  EXPECT_EQ(runs(filter), "01");
  filter.conf_contains = "100%";
  EXPECT_EQ(runs(filter), "1");
  filter.conf_contains = "1%0";
  EXPECT_EQ(runs(filter), "");
  filter = {};
  filter.user_pattern.contains = "admin";
  EXPECT_EQ(runs(filter), "2");
  filter = {};
  filter.duration_from_s = 2;
  filter.order_by = "-duration";
  EXPECT_EQ(runs(filter), "21");
  filter.duration_to_s = 2.5;
  EXPECT_EQ(runs(filter), "1");
  filter = {};
  filter.dag_ids = {"x", "y"};
  EXPECT_EQ(runs(filter), "");
  filter = {};
  filter.order_by = "state,-run_id";
  EXPECT_EQ(runs(filter), "210");
  filter.order_by = "state,nonsense";
  EXPECT_THROW(store_.list_runs(filter), Error);
}

TEST_P(StoreListsTest, TasksByStatesDatesAndPlaces) {
  TaskFilter filter;
  filter.states = {TaskState::kSuccess};
  EXPECT_EQ(tasks(filter), "1a ");
  filter.states.push_back(std::nullopt);
  filter.run_ids = {"run_1", "run_2"};
  filter.order_by = "-logical_date,task_id";
  EXPECT_EQ(tasks(filter), "2a 2b 1a 1b ");
  filter = {};
  filter.states = {std::nullopt};
  filter.task_ids = {"a"};
  EXPECT_EQ(tasks(filter), "0a 2a ");
  filter = {};
  filter.logical_date_from_ms = filter.run_after_from_ms = kStartMs + kDayMs;
  filter.logical_date_to_ms = filter.run_after_to_ms = kStartMs + kDayMs;
  filter.order_by = "task_id";
  EXPECT_EQ(tasks(filter), "1a 1b ");
  filter.try_numbers = {1, 2};
  filter.pool_pattern.contains = "train";
  filter.duration_to_s = 0.5;
  EXPECT_EQ(tasks(filter), "1a ");
  filter.operators = {"none"};
  EXPECT_EQ(tasks(filter), "");
}

TEST_P(StoreListsTest, XComsOfAllRuns) {
  store_.set_xcom({"d", "run_1", "a"}, "return_value", "1", 5);
  store_.set_xcom({"d", "run_0", "b"}, "return_value", "2", 4);
  XComFilter filter;
  EXPECT_EQ(store_.count_xcoms(filter), 2);
  EXPECT_EQ(store_.list_xcoms(filter).at(0).task_id, "a");
  filter.order_by = "timestamp";
  EXPECT_EQ(store_.list_xcoms(filter).at(0).run_id, "run_0");
  filter.key_pattern.contains = "RETURN";
  filter.run_id = "run_1";
  EXPECT_EQ(store_.list_xcoms(filter, {10, 0}).at(0).value, "1");
  filter.key = "other";
  EXPECT_EQ(store_.count_xcoms(filter), 0);
}

TEST_P(StoreListsTest, TheAuditLogAndAssetEventsByTimeAndName) {
  for (const char* event : {"pause", "clear", "unpause"}) {
    LogEntry entry;
    entry.event = event;
    entry.owner = "admin";
    entry.dttm_ms = 7;
    store_.log(entry);
  }
  LogFilter filter;
  filter.excluded_events = {"clear"};
  filter.event_pattern.contains = "PAUSE";
  filter.order_by = "-event";
  const std::vector<LogEntry> entries = store_.list_log(filter, {});
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].event, "unpause");
  EXPECT_EQ(store_.find_log_entry(entries[0].id)->event, "unpause");
  EXPECT_FALSE(store_.find_log_entry(99));
  filter.events = {"clear", "pause"};
  EXPECT_EQ(store_.count_log(filter), 1);

  for (int64_t at = 1; at <= 3; ++at) {
    AssetEvent event;
    event.asset = at == 2 ? "other" : "raw_data";
    event.timestamp_ms = at;
    store_.add_asset_event(event);
  }
  AssetEventFilter events;
  EXPECT_EQ(store_.list_asset_events(events, {}).at(0).timestamp_ms, 3);
  events.asset_pattern.prefix = "raw";
  events.order_by = "timestamp";
  EXPECT_EQ(store_.list_asset_events(events, {}).at(0).timestamp_ms, 1);
  events.from_ms = 2;
  EXPECT_EQ(store_.count_asset_events(events), 1);
}

INSTANTIATE_TEST_SUITE_P(Backends, StoreListsTest, ::testing::ValuesIn(metadata::tested_databases()),
                         metadata::database_name);

}  // namespace
}  // namespace tidemill::workflow
