#pragma once
// For tests: a SQLite database that fails at the n-th statement, or the n-th COMMIT, from now, once.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "metadata/database.h"

namespace tidemill::workflow::testing {

class FaultyDatabase final : public metadata::Database {
 public:
  explicit FaultyDatabase(metadata::Database& inner) : inner_(inner) {}

  // Which statement fails, from 1; nullopt: none. A COMMIT that fails may have been made all the same.
  std::optional<int> fails_in;
  bool commits_before_failing = false;
  bool counts_only_commits = false;

  int64_t execute(std::string_view sql, const std::vector<metadata::Value>& parameters) override {
    maybe_fail();
    return inner_.execute(sql, parameters);
  }
  std::vector<metadata::Row> query(std::string_view sql,
                                   const std::vector<metadata::Value>& parameters) override {
    maybe_fail();
    return inner_.query(sql, parameters);
  }
  void execute_script(std::string_view sql) override { inner_.execute_script(sql); }
  bool has_table(std::string_view name) override { return inner_.has_table(name); }
  bool has_column(std::string_view table, std::string_view column) override {
    return inner_.has_column(table, column);
  }
  std::string uri() const override { return inner_.uri(); }
  metadata::Dialect dialect() const override { return inner_.dialect(); }

 private:
  void begin_write() override {
    maybe_fail();
    inner_.execute("BEGIN IMMEDIATE", {});
  }
  void begin_read() override { inner_.execute("BEGIN", {}); }
  void commit() override {
    const bool fails = fails_in == 1;
    if (!fails || commits_before_failing) inner_.execute("COMMIT", {});
    count_down();
  }
  void rollback() override { inner_.execute("ROLLBACK", {}); }

  void maybe_fail() {
    if (!counts_only_commits) count_down();
  }
  void count_down() {
    if (!fails_in || --*fails_in > 0) return;
    fails_in = std::nullopt;
    throw Error(ErrorCode::kUnavailable, "the database was made to fail");
  }

  metadata::Database& inner_;
};

}  // namespace tidemill::workflow::testing
