#pragma once
// In place of a database that cannot be opened, for requests that may not need it.

#include <string>
#include <utility>

#include "base/error.h"
#include "metadata/database.h"

namespace tidemill::server {

// Errors: every use throws the one it was made with.
class AbsentDatabase final : public metadata::Database {
 public:
  explicit AbsentDatabase(Error error) : error_(std::move(error)) {}

  int64_t execute(std::string_view /*sql*/, const std::vector<metadata::Value>& /*parameters*/) override {
    throw error_;
  }
  std::vector<metadata::Row> query(std::string_view /*sql*/,
                                   const std::vector<metadata::Value>& /*parameters*/) override {
    throw error_;
  }
  void execute_script(std::string_view /*sql*/) override { throw error_; }
  bool has_table(std::string_view /*name*/) override { throw error_; }
  bool has_column(std::string_view /*table*/, std::string_view /*column*/) override { throw error_; }
  std::string uri() const override { throw error_; }
  metadata::Dialect dialect() const override { throw error_; }

 private:
  void begin_write() override { throw error_; }
  void begin_read() override { throw error_; }
  void commit() override { throw error_; }
  void rollback() override {}

  Error error_;
};

}  // namespace tidemill::server
