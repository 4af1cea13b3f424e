#include "server/airflow/documents.h"

#include <gtest/gtest.h>

#include "server/airflow/schema.h"

namespace tidemill::server::airflow {
namespace {

constexpr int64_t kNowMs = 1'795'413'600'123;  // 2026-11-23T06:00:00.123Z

// Exactly the schema's fields, each of its kind.
void expect_matches(const char* schema, const Json& document) {
  Problems problems;
  checked(schema_named(schema), document, {schema}, problems);
  EXPECT_TRUE(problems.empty()) << problems.list().dump(2);
}

workflow::Dag a_dag() {
  workflow::Dag dag;
  dag.id = "02_preparation";
  dag.schedule_assets = {"raw_data"};
  dag.tags = {"b", "a"};
  dag.default_conf = R"({"date": null})";
  dag.dagrun_timeout_ms = 90'500;
  workflow::Task first, second;
  first.id = "first";
  first.outlets = {"prepared_data"};
  first.execution_timeout_ms = 90'061'001;
  second.id = "second";
  second.upstream = {"first"};
  dag.tasks = {first, second};
  return dag;
}

workflow::DagRun a_run() {
  workflow::DagRun run;
  run.dag_id = "02_preparation";
  run.run_id = "manual__2026-11-23T06:00:00+00:00";
  run.logical_date_ms = run.start_ms = run.run_after_ms = kNowMs;
  run.end_ms = kNowMs + 1500;
  run.conf = R"({"date": "2026-11-01"})";
  return run;
}

TEST(Documents, InstantsAreUtc) {
  EXPECT_EQ(instant_document(kNowMs), "2026-11-23T06:00:00.123000Z");
  EXPECT_EQ(instant_document(0), "1970-01-01T00:00:00Z");
  EXPECT_TRUE(instant_document(std::nullopt).is_null());
}

TEST(Documents, DagsAndTheirTasks) {
  const workflow::Dag dag = a_dag();
  workflow::DagState state;
  state.is_paused = true;
  const DagFacts facts{dag, state, "/p/tidemill.toml"};
  const Json shown = dag_document(facts);
  expect_matches("DAGResponse", shown);
  EXPECT_EQ(shown.at("is_paused"), true);
  EXPECT_EQ(shown.at("timetable_summary"), "Asset");
  EXPECT_EQ(shown.at("owners"), Json::array({"tidemill"}));
  EXPECT_EQ(shown.at("tags").at(0).at("name"), "a");
  EXPECT_EQ(shown.at("relative_fileloc"), "tidemill.toml");
  const Json details = dag_details_document(facts, 2);
  expect_matches("DAGDetailsResponse", details);
  EXPECT_EQ(details.at("dag_run_timeout"), "PT90.500S");
  EXPECT_EQ(details.at("active_runs_count"), 2);
  EXPECT_EQ(details.at("asset_expression").at("all").at(0).at("asset").at("name"), "raw_data");
  EXPECT_TRUE(details.at("params").at("date").at("value").is_null());
  const Json task = task_document(dag, dag.tasks[0]);
  expect_matches("TaskResponse", task);
  EXPECT_EQ(task.at("downstream_task_ids"), Json::array({"second"}));
  EXPECT_EQ(task.at("execution_timeout"),
            Json::parse(R"({"__type": "TimeDelta", "days": 1, "seconds": 3661, "microseconds": 1000})"));
  EXPECT_TRUE(task.at("retries").is_number_float());
}

TEST(Documents, RunsAndTheirTasks) {
  const Json version = dag_version_document("02_preparation", 5);
  expect_matches("DagVersionResponse", version);
  EXPECT_EQ(version.at("id").get<std::string>().size(), 36u);
  const Json run = dag_run_document(a_run(), version);
  expect_matches("DAGRunResponse", run);
  EXPECT_EQ(run.at("duration"), 1.5);
  EXPECT_EQ(run.at("conf").at("date"), "2026-11-01");
  EXPECT_EQ(run.at("dag_versions").size(), 1u);
  workflow::TaskInstance instance;
  instance.id = workflow::new_task_instance_id(kNowMs);
  instance.task_id = "first";
  instance.start_ms = kNowMs;
  const Json shown = task_instance_document(instance, kNowMs, version);
  expect_matches("TaskInstanceResponse", shown);
  EXPECT_TRUE(shown.at("state").is_null());
  EXPECT_TRUE(shown.at("duration").is_null());
  instance.state = workflow::TaskState::kUpForRetry;
  const Json attempt = try_document(instance, version);
  expect_matches("TaskInstanceHistoryResponse", attempt);
  EXPECT_EQ(attempt.at("state"), "up_for_retry");
  expect_matches("XComResponse", xcom_document({"d", "r", "t", "k", "1", kNowMs}, a_run()));
  expect_matches("XComResponse", xcom_document({"d", "r", "t", "k", "1", kNowMs}, std::nullopt));
}

TEST(Documents, WhatElseADatabaseHolds) {
  expect_matches("VariableResponse", variable_document({"k", "v", std::nullopt}));
  workflow::Pool pool;
  pool.name = "p";
  pool.slots = -1;
  expect_matches("PoolResponse", pool_document(pool));
  EXPECT_EQ(pool_document(pool).at("open_slots"), -1);
  expect_matches("BackfillResponse", backfill_document({}));
  expect_matches("EventLogResponse", event_log_document({}, std::nullopt));
  expect_matches("JobResponse", job_document({}));
}

TEST(Documents, AssetsAndTheirEvents) {
  const std::vector<workflow::Dag> dags = {a_dag()};
  const Json raw = asset_document("raw_data", dags, {{"02_preparation", 5}}, std::nullopt);
  expect_matches("AssetResponse", raw);
  EXPECT_EQ(raw.at("scheduled_dags").size(), 1u);
  EXPECT_TRUE(raw.at("producing_tasks").empty());
  EXPECT_TRUE(raw.at("last_asset_event").is_null());
  workflow::Asset events;
  events.last_event_id = 9;
  const Json prepared = asset_document("prepared_data", dags, {}, events);
  expect_matches("AssetResponse", prepared);
  EXPECT_EQ(prepared.at("producing_tasks").at(0).at("task_id"), "first");
  EXPECT_EQ(prepared.at("last_asset_event").at("id"), 9);
  EXPECT_NE(raw.at("id"), prepared.at("id"));
  EXPECT_EQ(asset_number("raw_data"), raw.at("id"));
  workflow::AssetEvent event;
  event.asset = "raw_data";
  const Json shown = asset_event_document(event, {a_run()});
  expect_matches("AssetEventResponse", shown);
  EXPECT_EQ(shown.at("created_dagruns").at(0).at("state"), "queued");
}

}  // namespace
}  // namespace tidemill::server::airflow
