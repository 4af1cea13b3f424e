// What the conformance suite cannot see: the rows, other revisions of the schema, artifact roots.

#include <limits>

#include "metadata/database_conformance.h"
#include "tracking/registration.h"
#include "tracking/store.h"

namespace tidemill::tracking {
namespace {

class SqlStoreTest : public testing::TestWithParam<metadata::DatabaseBackend> {
 protected:
  SqlStoreTest() : clock_(1'793'491'200'000), place_(GetParam().make()) {}

  std::unique_ptr<Store> open(const StoreOptions& options = {.artifact_root = "/data/mlflow/"}) {
    return open_store(place_->uri(), "", options, clock_);
  }
  std::unique_ptr<metadata::Database> database() { return metadata::open_database(place_->uri(), ""); }

  FakeClock clock_;
  std::unique_ptr<metadata::TestDatabase> place_;
};

TEST_P(SqlStoreTest, WritesTheRowsThatMlflowWrites) {
  auto store = open();
  const std::string experiment = store->create_experiment("e");
  store->create_run({experiment, "r", "ann", 5, {}, "r1"});
  store->log_batch("r1", {{"m", std::numeric_limits<double>::quiet_NaN(), 7, 1}}, {}, {});
  store->create_logged_model({experiment, "model", "r1", "", {}, {}, "m-1"});
  register_logged_model(*store, "reg", "m-1");
  store.reset();

  auto db = database();
  EXPECT_EQ(db->query("SELECT version_num FROM alembic_version").front().text(0), "6953534de441");
  const auto row =
      db->query(
            "SELECT source_type, source_name, entry_point_name, status, source_version, end_time, "
            "artifact_uri FROM runs")
          .front();
  EXPECT_EQ(row.text(0), "UNKNOWN");
  EXPECT_EQ(row.text(1), "");
  EXPECT_EQ(row.text(3), "RUNNING");
  EXPECT_TRUE(row.is_null(5));
  EXPECT_EQ(row.text(6), "/data/mlflow/1/r1/artifacts");
  const auto metric = db->query("SELECT value, is_nan FROM metrics").front();
  EXPECT_EQ(metric.real(0), 0);
  EXPECT_EQ(metric.integer(1), 1);
  const auto version = db->query("SELECT source, storage_location, user_id FROM model_versions").front();
  EXPECT_EQ(version.text(0), "models:/m-1");
  EXPECT_EQ(version.text(1), "/data/mlflow/1/models/m-1/artifacts");
  EXPECT_TRUE(version.is_null(2));
}

TEST_P(SqlStoreTest, MovedProjectsAreFollowed) {
  auto store = open();
  const bool is_shared = database()->is_on_a_server();
  const auto recorded = [&](const char* root) {
    return is_shared ? std::nullopt : std::optional<std::string>(root);
  };
  EXPECT_EQ(store->recorded_artifact_root(), recorded("/data/mlflow"));
  const std::string experiment = store->create_experiment("e");
  store->create_experiment("elsewhere", {}, "/data/mlflow2/x");
  store->create_experiment("uri", {}, "file:///data/mlflow/x%20y");
  store->create_experiment("bucket", {}, "s3://b/data/mlflow/x");
  store->create_run({experiment, "r", "ann", 5, {}, "r1"});
  store->create_logged_model({experiment, "model", "r1", "", {}, {}, "m-1"});
  register_logged_model(*store, "reg", "m-1");

  EXPECT_EQ(store->relocate("/data/mlflow", "/new place/µ"), 6);
  EXPECT_EQ(store->recorded_artifact_root(), recorded("/new place/µ"));
  EXPECT_EQ(store->get_experiment("0").artifact_location, "/new place/µ/0");
  EXPECT_EQ(store->get_experiment_by_name("elsewhere")->artifact_location, "/data/mlflow2/x");
  EXPECT_EQ(store->get_experiment_by_name("uri")->artifact_location, "file:///new%20place/%C2%B5/x%20y");
  EXPECT_EQ(store->get_experiment_by_name("bucket")->artifact_location, "s3://b/data/mlflow/x");
  EXPECT_EQ(store->get_run("r1").info.artifact_uri, "/new place/µ/1/r1/artifacts");
  EXPECT_EQ(store->get_model_version("reg", 1).storage_location, "/new place/µ/1/models/m-1/artifacts");
  EXPECT_EQ(store->get_model_version("reg", 1).source, "models:/m-1");
  EXPECT_EQ(store->relocate("/data/mlflow", "/new place/µ"), 0);
}

TEST_P(SqlStoreTest, OpensWhatIsThere) {
  try {
    open({.artifact_root = "/a", .create = false});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kNotFound);
  }
  open()->create_experiment("e");
  EXPECT_TRUE(open()->get_experiment_by_name("e"));
  EXPECT_THROW(open({.artifact_root = "relative"}), Error);
  EXPECT_THROW(open_store("ftp://localhost", "", {.artifact_root = "/a"}, clock_), Error);
}

TEST_P(SqlStoreTest, RefusesWorkspaces) {
  open();
  {
    auto db = database();
    db->execute("CREATE TABLE workspaces (name VARCHAR(63) NOT NULL)");
    for (const char* table : {"experiments", "registered_models"}) {
      db->execute(std::string("ALTER TABLE ") + table +
                  " ADD COLUMN workspace VARCHAR(63) DEFAULT 'default' NOT NULL");
    }
  }
  open();
  database()->execute("INSERT INTO registered_models (name, workspace) VALUES ('m', 'team')");
  EXPECT_THROW(open(), Error);
}

TEST_P(SqlStoreTest, RefusesOlderDatabases) {
  {
    auto db = database();
    db->execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)");
    db->execute("INSERT INTO alembic_version VALUES ('3500859a5d39')");
  }
  try {
    open();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kConflict);
    EXPECT_NE(error.message().find("mlflow db upgrade"), std::string::npos);
  }
}

INSTANTIATE_TEST_SUITE_P(Backends, SqlStoreTest, testing::ValuesIn(metadata::tested_databases()),
                         metadata::database_name);

}  // namespace
}  // namespace tidemill::tracking
