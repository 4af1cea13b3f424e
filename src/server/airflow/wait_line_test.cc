#include "server/airflow/wait_line.h"

#include <gtest/gtest.h>

#include "metadata/migrate.h"

namespace tidemill::server::airflow {
namespace {

TEST(WaitLine, HoldsResultsOnceTheRunIsOver) {
  const auto database = metadata::open_database("sqlite::memory:", ".");
  metadata::migrate(*database, metadata::project_migrations());
  workflow::Store store(*database);
  store.set_xcom({"d", "r", "a"}, "return_value", "[1]", 1);
  workflow::DagRun run;
  run.dag_id = "d";
  run.run_id = "r";
  run.state = workflow::RunState::kRunning;
  EXPECT_EQ(wait_line(store, run, {"a"}), "{\"state\":\"running\"}\n");
  EXPECT_EQ(wait_line(run.state), "{\"state\":\"running\"}\n");
  run.state = workflow::RunState::kSuccess;
  EXPECT_EQ(wait_line(store, run, {}), "{\"state\":\"success\"}\n");
  EXPECT_EQ(wait_line(store, run, {"a", "b"}), "{\"state\":\"success\",\"results\":{\"a\":\"[1]\"}}\n");
}

}  // namespace
}  // namespace tidemill::server::airflow
