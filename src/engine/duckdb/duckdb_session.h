#pragma once
// One connection to the in-process database.

#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/duckdb/handles.h"
#include "engine/engine.h"

namespace tidemill::engine::duckdb {

class FunctionNames;
class RowStreams;

// Connections of sessions that have ended. A worker may still be leaving its last task with the connection in
// hand, and nothing tells when it has: they are closed a good while later, or when the workers have ended.
// Safe for many threads.
class EndedConnections {
 public:
  void add(Connection connection);

 private:
  struct Ended {
    Connection connection;
    std::chrono::steady_clock::time_point at;
  };
  std::mutex mutex_;
  std::deque<Ended> connections_;  // oldest first
};

class DuckdbSession final : public Session {
 public:
  DuckdbSession(duckdb_database database, RowStreams& streams, FunctionNames& names,
                std::shared_ptr<EndedConnections> ended);
  ~DuckdbSession() override;

  void execute(const std::string& sql) override;
  std::unique_ptr<ResultStream> query(const std::string& sql) override;
  void create_table(const std::string& name, const std::vector<InputColumn>& columns) override;
  void write_parquet(const std::filesystem::path& path, const std::vector<Column>& columns,
                     const RowSource& next_rows) override;
  void for_each_batch(const std::string& sql, const std::function<void(const Batch&)>& consume) override;
  std::string register_function(const std::vector<std::string>& argument_types, RowFunction compute) override;

  // Plans the one statement in `sql` without running it. Errors: kInvalidArgument with the engine's message.
  Statement prepare(const std::string& sql);

 private:
  Connection connection_;
  RowStreams& streams_;
  FunctionNames& names_;
  std::shared_ptr<EndedConnections> ended_;
};

}  // namespace tidemill::engine::duckdb
