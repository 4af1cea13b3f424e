#pragma once
// What every tracking store has to do, as MLflow's own stores do it: the tests in conformance_*_test.cc run
// over each of tested_stores(). A backend is one line; an MLflow server is one when TIDEMILL_TEST_MLFLOW
// names it. A server is shared with other tests: names that must be new come from unique().

#include <cstdlib>
#include <fstream>
#include <functional>
#include <memory>
#include <sstream>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/error.h"
#include "base/id.h"
#include "metadata/database_conformance.h"
#include "metadata/dialect_lines.h"
#include "tracking/store.h"

namespace tidemill::tracking {

struct StoreBackend {
  std::string name;
  // In the folder `dir`, or in `database`, which make_database made.
  std::function<std::unique_ptr<Store>(const std::filesystem::path& dir, const std::string& database,
                                       const Clock& clock)>
      open;
  std::unique_ptr<metadata::TestDatabase> (*make_database)() = nullptr;
  // Gives its own ids and times, has no transactions, and was not empty.
  bool is_server = false;
};

inline std::unique_ptr<Store> open_sql(const std::filesystem::path& dir, const std::string& database,
                                       const Clock& clock) {
  return open_store(database, dir, {.artifact_root = dir / "artifacts"}, clock);
}

// The database after `mlflow db upgrade`.
inline std::unique_ptr<Store> open_upgraded_sql(const std::filesystem::path& dir,
                                                const std::string& database_uri, const Clock& clock) {
  open_sql(dir, database_uri, clock).reset();
  std::ostringstream script;
  script << std::ifstream("src/tracking/sql/testdata/head_3_17.sql").rdbuf();
  const auto database = metadata::open_database(database_uri, dir);
  database->execute_script(metadata::lines_for(database->dialect(), script.str()));
  return open_sql(dir, database_uri, clock);
}

inline std::unique_ptr<Store> open_server(const std::filesystem::path& dir, const std::string& /*database*/,
                                          const Clock& clock) {
  return open_store(std::getenv("TIDEMILL_TEST_MLFLOW"), dir, {}, clock);
}

inline std::vector<StoreBackend> embedded_stores() {
  std::vector<StoreBackend> backends;
  for (const metadata::DatabaseBackend& database : metadata::tested_databases()) {
    backends.push_back({database.name, open_sql, database.make});
    backends.push_back({database.name + "_upgraded", open_upgraded_sql, database.make});
  }
  return backends;
}

inline std::vector<StoreBackend> tested_stores() {
  std::vector<StoreBackend> backends = embedded_stores();
  const char* uri = std::getenv("TIDEMILL_TEST_MLFLOW");
  if (uri != nullptr && *uri != '\0') backends.push_back({"rest", open_server, nullptr, /*is_server=*/true});
  return backends;
}

class StoreTest : public testing::TestWithParam<StoreBackend> {
 protected:
  StoreTest() : clock_(1'793'491'200'000) {
    dir_ = std::filesystem::path(testing::TempDir()) / ("tidemill_store_" + std::to_string(::getpid()));
    std::filesystem::remove_all(dir_);
    std::filesystem::create_directories(dir_);
    if (GetParam().make_database != nullptr) database_ = GetParam().make_database();
    store_ = GetParam().open(dir_, database_ ? database_->uri() : "", clock_);
    experiment_id_ = store_->create_experiment(experiment_);
  }
  ~StoreTest() override {
    store_.reset();
    std::filesystem::remove_all(dir_);
  }

  // The same name in one test, another in each.
  std::string unique(const std::string& name) const { return name + suffix_; }
  // What the clock says, where the store has no other.
  void expect_now(int64_t time_ms) const {
    EXPECT_TRUE(GetParam().is_server || time_ms == clock_.now_ms()) << time_ms;
  }

  RunInfo make_run(const std::string& name, std::vector<Tag> tags = {}) {
    clock_.advance_ms(1);
    return store_->create_run({experiment_id_, name, "ann", clock_.now_ms(), std::move(tags)});
  }
  LoggedModel make_model(const std::string& run_id = "") {
    clock_.advance_ms(1);
    return store_->create_logged_model({experiment_id_, "model", run_id, ""});
  }
  static ErrorCode code_of(const std::function<void()>& action) {
    try {
      action();
    } catch (const Error& error) {
      return error.code();
    }
    ADD_FAILURE() << "no Error";
    return ErrorCode::kInternal;
  }
  std::vector<std::string> found(std::vector<Condition> conditions, std::vector<OrderBy> order_by = {}) {
    std::vector<std::string> names;
    RunQuery query;
    query.experiment_ids = {experiment_id_};
    query.conditions = std::move(conditions);
    query.order_by = std::move(order_by);
    for (const tracking::Run& run : store_->search_runs(query).items) names.push_back(run.info.run_name);
    return names;
  }

  FakeClock clock_;
  std::filesystem::path dir_;
  std::unique_ptr<metadata::TestDatabase> database_;
  std::unique_ptr<Store> store_;
  std::string suffix_ = "-" + new_id().substr(0, 12);
  std::string experiment_ = "churn" + suffix_;
  std::string experiment_id_;
};

// What only a store of our own promises: given ids, transactions.
class EmbeddedStoreTest : public StoreTest {};

using Names = std::vector<std::string>;

inline std::string backend_name(const testing::TestParamInfo<StoreBackend>& backend) {
  return backend.param.name;
}

}  // namespace tidemill::tracking
