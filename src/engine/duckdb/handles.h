#pragma once
// Owners of the C API's handles, one alias each.

#include <memory>
#include <type_traits>

#include <duckdb.h>

namespace tidemill::engine::duckdb {

template <auto Destroy>
struct HandleDeleter {
  template <typename T>
  void operator()(T* handle) const {
    Destroy(&handle);
  }
};

struct TaskStateDeleter {  // a plain pointer
  void operator()(duckdb_task_state state) const { duckdb_destroy_task_state(state); }
};

template <typename Handle, auto Destroy>
using Owned = std::unique_ptr<std::remove_pointer_t<Handle>, HandleDeleter<Destroy>>;

using Database = Owned<duckdb_database, &duckdb_close>;
using Connection = Owned<duckdb_connection, &duckdb_disconnect>;
using Config = Owned<duckdb_config, &duckdb_destroy_config>;
using Statement = Owned<duckdb_prepared_statement, &duckdb_destroy_prepare>;
using Statements = Owned<duckdb_extracted_statements, &duckdb_destroy_extracted>;
using Pending = Owned<duckdb_pending_result, &duckdb_destroy_pending>;
using Chunk = Owned<duckdb_data_chunk, &duckdb_destroy_data_chunk>;
using LogicalType = Owned<duckdb_logical_type, &duckdb_destroy_logical_type>;
using ErrorData = Owned<duckdb_error_data, &duckdb_destroy_error_data>;
using TaskState = std::unique_ptr<void, TaskStateDeleter>;
using Appender = Owned<duckdb_appender, &duckdb_appender_destroy>;

// A result is a struct, not a pointer: it cannot be moved by copying while its owner lives.
class QueryResult {
 public:
  QueryResult() = default;
  ~QueryResult() { duckdb_destroy_result(&result_); }
  QueryResult(const QueryResult&) = delete;
  QueryResult& operator=(const QueryResult&) = delete;
  duckdb_result* get() { return &result_; }

 private:
  duckdb_result result_{};
};

}  // namespace tidemill::engine::duckdb
