#pragma once
// The threads that help with queries. They are ours and not DuckDB's, which ends its own with the database:
// one that is still leaving the task of a query may then wait for a lock of a connection that is gone, for
// ever.

#include <thread>
#include <vector>

#include "engine/duckdb/handles.h"

namespace tidemill::engine::duckdb {

// The database must take all its threads for external ones. It and all connections outlive the workers.
class Workers {
 public:
  Workers() = default;
  // Waits until each has left its last task.
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;
  void start(duckdb_database database, int count);

 private:
  TaskState state_;
  std::vector<std::thread> threads_;
};

}  // namespace tidemill::engine::duckdb
