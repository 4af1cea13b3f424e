#include "workflow/operations.h"

#include <functional>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "metadata/database_conformance.h"
#include "metadata/migrate.h"
#include "workflow/operations/read_input.h"

namespace tidemill::workflow {
namespace {

constexpr int64_t kDayMs = 86'400'000;
constexpr int64_t kNowMs = 20'780 * kDayMs + 6 * 3'600'000;  // 2026-11-23T06:00:00Z

Dag a_dag() {
  Dag dag;
  dag.id = "daily";
  dag.schedule = "@daily";
  for (const char* id : {"first", "second", "third"}) {
    Task task;
    task.id = id;
    task.retries = 1;
    if (!dag.tasks.empty()) task.upstream = {dag.tasks.back().id};
    dag.tasks.push_back(task);
  }
  dag.tasks.back().outlets = {"made"};
  return dag;
}

Dag a_follower() {
  Dag dag;
  dag.id = "follower";
  dag.schedule_assets = {"made"};
  dag.tasks.resize(1);
  dag.tasks[0].id = "only";
  return dag;
}

class OperationsTest : public testing::TestWithParam<metadata::DatabaseBackend> {
 protected:
  OperationsTest()
      : place_(GetParam().make()),
        database_(metadata::open_database(place_->uri(), "")),
        dags_({a_dag(), a_follower()}),
        clock_(kNowMs),
        operations_(prepared(*database_), dags_, clock_, {"somebody", TriggeredBy::kRestApi}) {
    for (const Dag& dag : dags_) check(dag);
  }

  static metadata::Database& prepared(metadata::Database& database) {
    metadata::migrate(database, metadata::project_migrations());
    return database;
  }

  static std::string error_of(ErrorCode code, const std::function<void()>& work) {
    try {
      work();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code) << error.message();
      return error.message();
    }
    return "no error";
  }

  Store& store() { return operations_.store(); }

  void set_states(const DagRun& run, const std::vector<std::optional<TaskState>>& states) {
    for (size_t i = 0; i < states.size(); ++i) {
      TaskInstance instance = instance_of(run, dags_[0].tasks[i].id);
      instance.state = states[i];
      instance.try_number = 1;
      store().update_task_instance(instance);
    }
  }
  TaskInstance instance_of(const DagRun& run, const std::string& task) {
    return store().find_task_instance(TaskKey{run.dag_id, run.run_id, task}).value();
  }
  DagRun end(DagRun run, RunState state) {
    run.state = state;
    run.start_ms = run.end_ms = kNowMs;
    store().update_run(run);
    return run;
  }

  std::unique_ptr<metadata::TestDatabase> place_;
  std::unique_ptr<metadata::Database> database_;
  std::vector<Dag> dags_;
  FakeClock clock_;
  Operations operations_;
};

TEST_P(OperationsTest, ATriggeredRunHasALogicalDateAndItsTasks) {
  const DagRun run = operations_.trigger("daily", {});
  EXPECT_EQ(run.run_id, "manual__2026-11-23T06:00:00+00:00");
  EXPECT_EQ(run.logical_date_ms, kNowMs);
  EXPECT_EQ(run.state, RunState::kQueued);
  EXPECT_EQ(run.triggering_user_name, "somebody");
  EXPECT_EQ(store().task_instances_of("daily", run.run_id).size(), 3U);
  EXPECT_EQ(operations_.run("daily", "2026-11-23T06:00:00Z").id, run.id);
  EXPECT_EQ(operations_.trigger("daily", {}).run_id, "manual__2026-11-23T06:00:00.001000+00:00")
      << "within the same millisecond";
  TriggerOptions of_that_date;
  of_that_date.logical_date_ms = kNowMs;
  EXPECT_EQ(error_of(ErrorCode::kAlreadyExists, [&] { operations_.trigger("daily", of_that_date); }),
            "A DAG Run already exists for DAG daily with run id manual__2026-11-23T06:00:00+00:00");
  TriggerOptions options;
  options.run_id = "mine";
  options.conf = "[1]";
  EXPECT_NE(error_of(ErrorCode::kInvalidArgument, [&] { operations_.trigger("daily", options); }).find("[1]"),
            std::string::npos);
  options.conf = "{\"a\":" + std::string(30'000, '[') + std::string(30'000, ']') + "}";
  EXPECT_EQ(error_of(ErrorCode::kInvalidArgument, [&] { operations_.trigger("daily", options); }),
            "conf is nested beyond 200 levels: use a flatter JSON object");
  EXPECT_EQ(error_of(ErrorCode::kNotFound, [&] { operations_.trigger("dayly", {}); }),
            "Dag id dayly not found in DagModel; did you mean 'daily'?");
  LogFilter filter;
  filter.dag_id = "daily";
  EXPECT_EQ(store().list_log(filter, {}).front().event, "trigger_dag_run");
}

TEST_P(OperationsTest, SecretsAreNotWrittenToTheAuditLog) {
  TriggerOptions options;
  options.conf = R"({"day":"2026-11-01","db_password":"x"})";
  EXPECT_EQ(operations_.trigger("daily", options).conf, options.conf);
  LogFilter filter;
  filter.dag_id = "daily";
  EXPECT_EQ(store().list_log(filter, {}).front().extra, R"({"day":"2026-11-01","db_password":"***"})");
}

TEST_P(OperationsTest, ARunIdIsALineOfText) {
  for (const std::string& wrong :
       {std::string(), std::string("a\nb"), std::string("\xFF"), std::string(251, 'x')}) {
    TriggerOptions options;
    options.run_id = wrong;
    EXPECT_NE(error_of(ErrorCode::kInvalidArgument, [&] { operations_.trigger("daily", options); }),
              "no error");
  }
  TriggerOptions options;
  options.run_id = std::string(250, 'x');
  EXPECT_EQ(operations_.trigger("daily", options).run_id, *options.run_id);
}

TEST_P(OperationsTest, ALogicalDateIsOfOneRun) {
  TriggerOptions options;
  options.logical_date_ms = kNowMs - kDayMs;
  options.run_id = "x1";
  operations_.trigger("daily", options);
  options.run_id = "x2";
  EXPECT_EQ(
      error_of(ErrorCode::kAlreadyExists, [&] { operations_.trigger("daily", options); }),
      "A DAG Run already exists for DAG daily with logical date 2026-11-22T06:00:00+00:00: x1; clear it to "
      "run that date again");
  EXPECT_EQ(operations_.trigger("follower", options).run_id, "x2");  // another DAG's
  // Runs of the moment may meet in a millisecond.
  for (const char* id : {"now1", "now2"}) {
    TriggerOptions now;
    now.run_id = id;
    EXPECT_EQ(operations_.trigger("daily", now).run_id, id);
  }
}

TEST_P(OperationsTest, NotesAreCountedInCharacters) {
  std::string letters;
  for (int i = 0; i < 1000; ++i) letters += "ж";
  TriggerOptions options;
  options.note = letters;
  const DagRun run = operations_.trigger("daily", options);
  const std::string refusal = "a note has at most 1000 characters, this one 1001";
  EXPECT_EQ(error_of(ErrorCode::kInvalidArgument,
                     [&] { operations_.set_note("daily", run.run_id, letters + "x"); }),
            refusal);
  const TaskKey first{"daily", run.run_id, "first"};
  operations_.set_task_note(first, letters);
  EXPECT_EQ(error_of(ErrorCode::kInvalidArgument, [&] { operations_.set_task_note(first, letters + "x"); }),
            refusal);
  EXPECT_EQ(store().find_run(run.id)->note, letters);
}

TEST_P(OperationsTest, NotesAndAnIntervalAreKept) {
  TriggerOptions options;
  options.data_interval = DataInterval{kNowMs - kDayMs, kNowMs};
  options.note = "why";
  const DagRun run = operations_.trigger("daily", options);
  EXPECT_EQ(run.data_interval_start_ms, kNowMs - kDayMs);
  EXPECT_EQ(run.data_interval_end_ms, kNowMs);
  EXPECT_EQ(store().find_run(run.id)->note, "why");
  operations_.set_note("daily", run.run_id, std::nullopt);
  EXPECT_EQ(store().find_run(run.id)->note, std::nullopt);
  const TaskKey first{"daily", run.run_id, "first"};
  operations_.set_task_note(first, "look here");
  EXPECT_EQ(store().find_task_instance(first)->note, "look here");
  error_of(ErrorCode::kNotFound, [&] { operations_.set_task_note({"daily", run.run_id, "x"}, "y"); });
}

TEST_P(OperationsTest, ClearedTasksRunAgainWithAsManyTries) {
  const DagRun run = end(operations_.trigger("daily", {}), RunState::kFailed);
  set_states(run, {TaskState::kSuccess, TaskState::kFailed, TaskState::kUpstreamFailed});
  store().set_xcom({run.dag_id, run.run_id, "second"}, "return_value", "1", kNowMs);
  ClearOptions options;
  options.task_ids = {"second"};
  options.include_downstream = true;
  options.is_dry_run = true;
  EXPECT_EQ(operations_.clear("daily", run.run_id, options).size(), 2U);
  EXPECT_EQ(instance_of(run, "second").state, TaskState::kFailed);
  options.is_dry_run = false;
  operations_.clear("daily", run.run_id, options);
  EXPECT_EQ(instance_of(run, "first").state, TaskState::kSuccess);
  EXPECT_EQ(instance_of(run, "second").state, std::nullopt);
  EXPECT_EQ(instance_of(run, "second").max_tries, 2);
  EXPECT_TRUE(store().xcoms_of(run.dag_id, run.run_id).empty());
  EXPECT_EQ(store().tries_of({run.dag_id, run.run_id, "second"}).size(), 1U);
  const DagRun again = store().find_run(run.id).value();
  EXPECT_EQ(again.state, RunState::kQueued);
  EXPECT_EQ(again.clear_number, 1);
}

TEST_P(OperationsTest, OnlyWhatFailedOrRunsIsCleared) {
  const DagRun run = operations_.trigger("daily", {});
  set_states(run, {TaskState::kSuccess, TaskState::kFailed, TaskState::kRunning});
  TaskInstance running = instance_of(run, "third");
  running.job_id = 7;
  store().update_task_instance(running);
  ClearOptions options;
  options.only_failed = true;
  EXPECT_EQ(operations_.clear("daily", run.run_id, options).size(), 1U);
  options.only_failed = false;
  options.only_running = true;
  EXPECT_EQ(operations_.clear("daily", run.run_id, options).size(), 1U);
  EXPECT_EQ(instance_of(run, "third").state, TaskState::kRestarting) << "its scheduler ends it first";
}

TEST_P(OperationsTest, TasksAndRunsAreMarked) {
  const DagRun run = operations_.trigger("daily", {});
  operations_.mark({"daily", run.run_id, "first"}, TaskState::kSuccess);
  EXPECT_EQ(instance_of(run, "first").state, TaskState::kSuccess);
  error_of(ErrorCode::kInvalidArgument, [&] {
    operations_.mark({"daily", run.run_id, "first"}, TaskState::kRunning);
  });
  operations_.mark_run("daily", run.run_id, RunState::kFailed);
  EXPECT_EQ(store().find_run(run.id)->state, RunState::kFailed);
  EXPECT_EQ(instance_of(run, "second").state, TaskState::kSkipped);
  operations_.delete_run("daily", run.run_id);
  EXPECT_FALSE(store().find_run(run.id));
  EXPECT_TRUE(store().task_instances_of("daily", run.run_id).empty());
}

TEST_P(OperationsTest, ABackfillLeavesDaysThatHaveARun) {
  TriggerOptions there;
  there.logical_date_ms = 20'778 * kDayMs;
  end(operations_.trigger("daily", there), RunState::kFailed);
  BackfillOptions options;
  options.from_ms = 20'777 * kDayMs;
  options.to_ms = 20'779 * kDayMs;
  options.is_dry_run = true;
  EXPECT_EQ(operations_.create_backfill("daily", options).runs.size(), 3U);
  options.is_dry_run = false;
  const auto made = operations_.create_backfill("daily", options);
  ASSERT_EQ(made.runs.size(), 3U);
  EXPECT_EQ(made.runs[1].exception_reason, "already exists");
  EXPECT_EQ(store().find_run(*made.runs[0].dag_run_id)->run_id, "backfill__2026-11-20T00:00:00+00:00");
  EXPECT_EQ(error_of(ErrorCode::kConflict, [&] { operations_.create_backfill("daily", options); }),
            "There is already a running backfill for dag daily");
  operations_.cancel_backfill(made.backfill.id);
  EXPECT_EQ(store().find_run(*made.runs[0].dag_run_id)->state, RunState::kFailed);
  options.reprocess_behavior = ReprocessBehavior::kFailed;
  for (const BackfillRun& run : operations_.create_backfill("daily", options).runs) {
    EXPECT_EQ(run.exception_reason, std::nullopt);
  }
  EXPECT_EQ(
      error_of(ErrorCode::kInvalidArgument, [&] { operations_.create_backfill("follower", options); }),
      "follower has a non-periodic schedule that does not support backfills: they need a cron schedule");
}

TEST_P(OperationsTest, ABackfillWithoutADayIsRefused) {
  BackfillOptions options;
  options.from_ms = 20'777 * kDayMs + 1;
  options.to_ms = 20'777 * kDayMs + 2;
  EXPECT_EQ(error_of(ErrorCode::kInvalidArgument, [&] { operations_.create_backfill("daily", options); }),
            "No runs to create for Dag daily: its schedule has no date from 2026-11-20T00:00:00.001000+00:00 "
            "to 2026-11-20T00:00:00.002000+00:00");
  options.from_ms = options.to_ms = kNowMs + kDayMs;
  EXPECT_EQ(error_of(ErrorCode::kInvalidArgument, [&] { operations_.create_backfill("daily", options); }),
            "Backfill cannot be executed for future dates.");
  EXPECT_TRUE(store().list_backfills("daily").empty());
}

TEST_P(OperationsTest, TheRunsOfACancelledBackfillCanRunAgain) {
  BackfillOptions options;
  options.from_ms = options.to_ms = 20'777 * kDayMs;
  auto made = operations_.create_backfill("daily", options);
  const int64_t id = made.runs[0].dag_run_id.value();
  const auto cancel = [&] {
    operations_.cancel_backfill(made.backfill.id);
    EXPECT_EQ(store().find_run(id)->state, RunState::kFailed);
  };
  cancel();
  options.reprocess_behavior = ReprocessBehavior::kFailed;
  made = operations_.create_backfill("daily", options);
  EXPECT_EQ(made.runs[0].dag_run_id, id);
  EXPECT_EQ(store().find_run(id)->state, RunState::kQueued);
  EXPECT_EQ(store().find_run(id)->backfill_id, made.backfill.id);
  cancel();
  const std::string run_id = store().find_run(id)->run_id;
  EXPECT_EQ(operations_.clear("daily", run_id, {}).size(), 3U) << "though none has a state";
  EXPECT_EQ(store().find_run(id)->state, RunState::kQueued);
  operations_.mark_run("daily", run_id, RunState::kFailed);
  operations_.mark_run("daily", run_id, RunState::kQueued);
  EXPECT_EQ(store().find_run(id)->state, RunState::kQueued);
}

TEST_P(OperationsTest, ATestTakesNoDayFromABackfill) {
  const int64_t day_ms = 20'777 * kDayMs;
  const DagRun test = end(operations_.begin_test("daily", day_ms, "{}"), RunState::kFailed);
  BackfillOptions options;
  options.from_ms = options.to_ms = day_ms;
  const auto made = operations_.create_backfill("daily", options);
  EXPECT_EQ(made.runs[0].exception_reason, std::nullopt);
  EXPECT_NE(made.runs[0].dag_run_id, test.id);
}

TEST_P(OperationsTest, ATestTakesNoDayFromARunByHand) {
  const int64_t day_ms = 20'777 * kDayMs;
  const DagRun test = end(operations_.begin_test("daily", day_ms, "{}"), RunState::kFailed);
  EXPECT_EQ(operations_.run("daily", "2026-11-20").id, test.id);
  TriggerOptions by_hand;
  by_hand.logical_date_ms = day_ms;
  const DagRun run = operations_.trigger("daily", by_hand);
  EXPECT_EQ(run.run_id.substr(0, test.run_id.size() + 1), test.run_id + "_");
  EXPECT_EQ(operations_.run("daily", "2026-11-20").id, run.id) << "though the test is of that date too";
  const DagRun later = end(operations_.begin_test("daily", day_ms, "{}"), RunState::kFailed);
  EXPECT_EQ(operations_.run("daily", "2026-11-20").id, run.id) << "and a newer test";
  EXPECT_FALSE(store().find_run(test.id));
  EXPECT_TRUE(store().find_run(later.id));
}

TEST_P(OperationsTest, ClearingTwiceKeepsWhatTheTryWas) {
  const DagRun run = operations_.trigger("daily", {});
  TaskInstance instance = instance_of(run, "first");
  instance.state = TaskState::kSuccess;
  instance.try_number = 1;
  instance.start_ms = instance.end_ms = kNowMs;
  store().update_task_instance(instance);
  for (int i = 0; i < 2; ++i) operations_.clear("daily", run.run_id, {});
  instance.try_number = 2;  // it begins again
  store().update_task_instance(instance);
  const std::vector<TaskInstance> tries = store().tries_of({"daily", run.run_id, "first"});
  ASSERT_EQ(tries.size(), 2U);
  EXPECT_EQ(tries[0].state, TaskState::kSuccess);
  EXPECT_EQ(tries[0].end_ms, kNowMs);
}

TEST_P(OperationsTest, PoolsAndAssets) {
  Pool pool;
  pool.name = "training";
  pool.slots = 2;
  operations_.set_pool(pool);
  EXPECT_EQ(store().list_pools().size(), 2U);
  EXPECT_EQ(error_of(ErrorCode::kInvalidArgument, [&] { operations_.delete_pool("default_pool"); }),
            "Default Pool can't be deleted");
  operations_.delete_pool("training");
  EXPECT_EQ(error_of(ErrorCode::kNotFound, [&] { operations_.delete_pool("training"); }),
            "Pool training does not exist");
  EXPECT_EQ(operations_.assets(), std::vector<std::string>{"made"});
  operations_.add_asset_event("made", R"({"date": "2026-11-01"})");
  EXPECT_EQ(store().queued_asset_events("follower").size(), 1U);
  error_of(ErrorCode::kNotFound, [&] { operations_.add_asset_event("maid", "{}"); });
}

INSTANTIATE_TEST_SUITE_P(Databases, OperationsTest, testing::ValuesIn(metadata::tested_databases()),
                         [](const auto& test) { return test.param.name; });

TEST(ReadInput, InstantsInAllTheirForms) {
  EXPECT_EQ(find_instant("2026-11-23"), 20'780 * kDayMs);
  EXPECT_EQ(find_instant("2026-11-23T06:00:00+00:00"), kNowMs);
  EXPECT_EQ(find_instant("2026-11-23T06:00Z"), kNowMs);
  EXPECT_EQ(find_instant("2026-11-23 07:00:00.250+01:00"), kNowMs + 250);
  EXPECT_EQ(find_instant("2026-11-23T06:00:00.29Z"), kNowMs + 290);
  EXPECT_EQ(find_instant("2026-11-23T06:00:00.7Z"), kNowMs + 700);
  EXPECT_EQ(find_instant("2026-11-23T06:00:00.001999999Z"), kNowMs + 1);
  EXPECT_NE(find_instant("0001-01-01"), std::nullopt);
  EXPECT_NE(find_instant("9999-12-31T23:59:59.999Z"), std::nullopt);
  for (const char* text : {"0000-12-31", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-01:00"}) {
    EXPECT_EQ(find_instant(text), std::nullopt) << text;
  }
  for (const char* text : {"", "today", "2026-11-31", "2026-11-23T", "2026-11-23T25:00",
                           "2026-11-23T06:00:00+1", "2026-11-23T06:00:00Zx", "2026-11-23T06:00:00."}) {
    EXPECT_EQ(find_instant(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace tidemill::workflow
