#pragma once
// One connection to the in-process database.

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/duckdb/handles.h"
#include "engine/engine.h"

namespace tidemill::engine::duckdb {

class FunctionNames;
class RowStreams;

// Connections of sessions that have ended. When a query is abandoned, one of DuckDB's workers may still be
// leaving its last task with the connection in hand, so they are closed with the engine and not before.
struct EndedConnections {
  std::mutex mutex;
  std::vector<Connection> connections;
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
