#pragma once
// For tests: a schema of their own on the server that TIDEMILL_TEST_POSTGRES names. Where the variable is not
// set, PostgreSQL is not among the tested databases.

#include <cstdlib>
#include <memory>
#include <string>

#include <fmt/format.h>
#include <unistd.h>

#include "metadata/database.h"

namespace tidemill::metadata::postgres {

inline std::string test_server() {
  const char* uri = std::getenv("TIDEMILL_TEST_POSTGRES");
  return uri == nullptr ? "" : uri;
}

// Made empty, dropped at the end.
class TestSchema {
 public:
  TestSchema() : server_(open_database(test_server(), "")) {
    static int count = 0;
    name_ = fmt::format("tidemill_{}_{}", getpid(), ++count);
    server_->execute_script(fmt::format("DROP SCHEMA IF EXISTS {0} CASCADE; CREATE SCHEMA {0}", name_));
  }
  TestSchema(const TestSchema&) = delete;
  TestSchema& operator=(const TestSchema&) = delete;
  ~TestSchema() { server_->execute_script(fmt::format("DROP SCHEMA {} CASCADE", name_)); }

  std::string uri() const {
    const std::string server = test_server();
    const char separator = server.find('?') == std::string::npos ? '?' : '&';
    return fmt::format("{}{}options=-csearch_path%3D{}", server, separator, name_);
  }
  // Ends every connection to this schema's tests but its own, as a restarted server would.
  void end_connections() {
    server_->query(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
        "WHERE application_name = ? AND pid <> pg_backend_pid()",
        {server_->query("SELECT current_setting('application_name')").front().text(0)});
  }

 private:
  std::unique_ptr<Database> server_;
  std::string name_;
};

}  // namespace tidemill::metadata::postgres
