#pragma once
// Rows that the program makes while DuckDB asks for them: one table function, tidemill_rows(id), that reads
// the stream of that number. Numbers and not pointers: SQL that names a stream which is not there gets an
// error.

#include <cstdint>
#include <exception>
#include <map>
#include <mutex>
#include <vector>

#include "engine/duckdb/handles.h"
#include "engine/engine.h"

namespace tidemill::engine::duckdb {

class RowStream {
 public:
  // Errors: kInvalidArgument for a column type that cannot be given. Keeps a reference to `next_rows`.
  RowStream(const std::vector<Column>& columns, const RowSource& next_rows);

  const std::vector<InputColumn>& columns() const { return rows_; }
  // The next rows into `chunk`; none at the end. Throws what the source throws.
  void fill(duckdb_data_chunk chunk);
  // fill(), with what it throws kept for rethrow_failure(). False when it threw.
  bool try_fill(duckdb_data_chunk chunk) noexcept;
  void rethrow_failure() const;

 private:
  bool ask_for_more();

  const RowSource& next_rows_;
  std::vector<InputColumn> rows_;
  size_t row_count_ = 0;
  size_t done_ = 0;
  bool is_at_end_ = false;
  std::exception_ptr failure_;
};

class RowStreams {
 public:
  static constexpr char kFunctionName[] = "tidemill_rows";

  // Makes the table function known to the database. This object must live as long as the database.
  void register_with(duckdb_database database);

  // A stream has a number while its entry lives.
  class Entry {
   public:
    Entry(RowStreams& streams, RowStream& stream);
    ~Entry();
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;
    uint64_t id() const { return id_; }

   private:
    RowStreams& streams_;
    uint64_t id_;
  };

  RowStream* find(uint64_t id);

 private:
  std::mutex mutex_;
  std::map<uint64_t, RowStream*> streams_;  // guarded by mutex_
  uint64_t next_id_ = 1;                    // guarded by mutex_
};

}  // namespace tidemill::engine::duckdb
