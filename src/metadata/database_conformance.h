#pragma once
// For tests: the databases that every test of what they share runs over. A backend is one line.

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/error.h"
#include "metadata/database.h"
#include "metadata/postgres_test_schema.h"

namespace tidemill::metadata {

// An empty database for one test, gone at the end.
class TestDatabase {
 public:
  virtual ~TestDatabase() = default;
  virtual std::string uri() const = 0;
};

class SqliteTestDatabase final : public TestDatabase {
 public:
  SqliteTestDatabase()
      : dir_(std::filesystem::path(testing::TempDir()) / fmt::format("tidemill_database_{}", getpid())) {
    std::filesystem::remove_all(dir_);
    std::filesystem::create_directories(dir_);
  }
  ~SqliteTestDatabase() override { std::filesystem::remove_all(dir_); }
  std::string uri() const override { return "sqlite:" + (dir_ / "test.db").string(); }

 private:
  std::filesystem::path dir_;
};

class PostgresTestDatabase final : public TestDatabase {
 public:
  std::string uri() const override { return schema_.uri(); }

 private:
  postgres::TestSchema schema_;
};

struct DatabaseBackend {
  std::string name;
  std::unique_ptr<TestDatabase> (*make)();
};

inline std::vector<DatabaseBackend> tested_databases() {
  std::vector<DatabaseBackend> backends = {
      {"sqlite", []() -> std::unique_ptr<TestDatabase> { return std::make_unique<SqliteTestDatabase>(); }}};
  if (!postgres::test_server().empty()) {
    backends.push_back({"postgres", []() -> std::unique_ptr<TestDatabase> {
                          return std::make_unique<PostgresTestDatabase>();
                        }});
  }
  return backends;
}

inline std::string database_name(const testing::TestParamInfo<DatabaseBackend>& backend) {
  return backend.param.name;
}

inline ErrorCode code_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_FALSE(error.message().empty());
    return error.code();
  }
  ADD_FAILURE() << "no Error";
  return ErrorCode::kInternal;
}

// With an empty database made and opened.
class EachDatabase : public testing::TestWithParam<DatabaseBackend> {
 protected:
  EachDatabase() : place_(GetParam().make()), database_(open()) {}

  std::unique_ptr<Database> open(const OpenOptions& options = {}) {
    return open_database(place_->uri(), "", options);
  }

  std::unique_ptr<TestDatabase> place_;
  std::unique_ptr<Database> database_;
};

}  // namespace tidemill::metadata
