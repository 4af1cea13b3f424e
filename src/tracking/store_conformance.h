#pragma once
// What every tracking store has to do, as MLflow's own stores do it: the tests in conformance_*_test.cc run
// over each of kBackends. A backend is one line.

#include <fstream>
#include <functional>
#include <sstream>

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/error.h"
#include "metadata/database.h"
#include "tracking/store.h"

namespace tidemill::tracking {

struct StoreBackend {
  std::string name;
  std::function<std::unique_ptr<Store>(const std::filesystem::path& dir, const Clock& clock)> open;
};

inline std::unique_ptr<Store> open_sqlite(const std::filesystem::path& dir, const Clock& clock) {
  return open_store("sqlite:mlflow.db", dir, {.artifact_root = dir / "artifacts"}, clock);
}

// The file after `mlflow db upgrade`.
inline std::unique_ptr<Store> open_upgraded_sqlite(const std::filesystem::path& dir, const Clock& clock) {
  open_sqlite(dir, clock).reset();
  std::ostringstream script;
  script << std::ifstream("src/tracking/sql/testdata/head_3_17.sql").rdbuf();
  metadata::open_database("sqlite:mlflow.db", dir)->execute_script(script.str());
  return open_sqlite(dir, clock);
}

inline const StoreBackend kBackends[] = {
    {"sqlite", open_sqlite},
    {"sqlite_upgraded", open_upgraded_sqlite},
};

class StoreTest : public testing::TestWithParam<StoreBackend> {
 protected:
  StoreTest() : clock_(1'793'491'200'000) {
    dir_ = std::filesystem::path(testing::TempDir()) / ("tidemill_store_" + std::to_string(::getpid()));
    std::filesystem::remove_all(dir_);
    std::filesystem::create_directories(dir_);
    store_ = GetParam().open(dir_, clock_);
    experiment_id_ = store_->create_experiment("churn");
  }
  ~StoreTest() override {
    store_.reset();
    std::filesystem::remove_all(dir_);
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
  std::unique_ptr<Store> store_;
  std::string experiment_id_;
};

using Names = std::vector<std::string>;

inline std::string backend_name(const testing::TestParamInfo<StoreBackend>& backend) {
  return backend.param.name;
}

}  // namespace tidemill::tracking
