#pragma once
// SQL over Parquet, columns in and out. The only implementation today is duckdb/; spark/ will be the second,
// so SQL that reaches an Engine stays in what both understand where that is possible.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tidemill::engine {

// Named and typed as the engine names types ("DOUBLE", "BIGINT", "VARCHAR", "TIMESTAMP", ...).
struct Column {
  std::string name;
  std::string type;
  bool operator==(const Column&) const = default;
};

// Some rows of a result, column-wise; valid until the stream's next call. Numeric access works for every
// numeric and boolean type (converted to double); timestamps give microseconds since the epoch.
class Batch {
 public:
  virtual ~Batch() = default;
  virtual size_t row_count() const = 0;
  // Writes row_count() values, NaN for null. Cost: one pass, no allocation.
  virtual void copy_doubles(size_t column, double* out) const = 0;
  virtual void copy_int64s(size_t column, int64_t* out, int64_t null_value) const = 0;
  virtual bool is_null(size_t column, size_t row) const = 0;
  virtual std::string_view string_at(size_t column, size_t row) const = 0;  // empty for null
};

class ResultStream {
 public:
  virtual ~ResultStream() = default;
  virtual const std::vector<Column>& columns() const = 0;
  // The next rows in the result's order (that of the files and their rows unless the SQL says otherwise, at
  // any thread count), or nullptr at the end.
  virtual const Batch* next() = 0;
};

// Rows given by the program instead of by a file: see Session::create_table.
struct InputColumn {
  Column column;
  std::vector<double>
      numbers;  // for DOUBLE, BIGINT (exact to 2^53), BOOLEAN, TIMESTAMP (microseconds); NaN is null
  std::vector<std::string> strings;  // for VARCHAR
  std::vector<bool> is_null;         // for VARCHAR; empty when there are none
};

// Fills the columns with the next rows (any number from 1 on; what they held before is there to overwrite)
// and returns true, or returns false at the end. `columns` has the names and types that were asked for.
using RowSource = std::function<bool(std::vector<InputColumn>& columns)>;

// One DOUBLE per row, computed by the program: writes batch.row_count() values, NaN for null. Called from
// several threads at once; must depend on the row alone.
using RowFunction = std::function<void(const Batch& batch, double* out)>;

// One connection: used by one thread at a time. Sessions of an Engine work in parallel.
class Session {
 public:
  virtual ~Session() = default;
  // Runs to the end and drops the rows. Errors: kInvalidArgument with the engine's message.
  virtual void execute(const std::string& sql) = 0;
  // Streams: memory stays bounded however many rows there are.
  virtual std::unique_ptr<ResultStream> query(const std::string& sql) = 0;
  // A temporary table of given rows, replacing one of that name.
  virtual void create_table(const std::string& name, const std::vector<InputColumn>& columns) = 0;
  // Rows that the program makes, into a new Parquet file (zstd) in the order they come; the bytes do not
  // depend on how many come at once. Memory: one call's rows and a row group. What `next_rows` throws is
  // thrown on.
  virtual void write_parquet(const std::filesystem::path& path, const std::vector<Column>& columns,
                             const RowSource& next_rows) = 0;
  // Every row of the result once, in batches of any order, from several threads at once: faster than query()
  // for work that does not need the order (a row number among the columns tells where a row belongs). An
  // exception from `consume` ends the query and is rethrown.
  virtual void for_each_batch(const std::string& sql, const std::function<void(const Batch&)>& consume) = 0;
  // Makes `compute` callable in SQL, in every session, as long as the engine lives; it sees nulls. Returns
  // the name it got. An exception from `compute` ends the query and is rethrown as kInvalidArgument with its
  // message.
  virtual std::string register_function(const std::vector<std::string>& argument_types,
                                        RowFunction compute) = 0;
};

// Objects that SQL may read as 's3://...', and how to reach them.
struct S3Folder {
  std::string uri;       // "s3://bucket/prefix/": everything below it and nothing else
  std::string endpoint;  // "https://s3.eu-west-1.amazonaws.com", "http://127.0.0.1:9000"
  bool path_style = false;
  std::string region;
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;      // may be empty
  std::filesystem::path ca_file;  // empty: the system's
};

struct EngineOptions {
  int thread_count = 1;
  uint64_t memory_limit_bytes = 0;  // 0: the engine's default
  std::filesystem::path spill_dir;  // where it may spill when the limit is reached
  // Folders that SQL may read and write; nothing else, and no network but `s3_folder`.
  std::vector<std::string> readable_paths;
  std::optional<S3Folder> s3_folder{};
};

// A checked expression: its name and type, and the columns it reads, in their own spelling and order.
struct RowExpression {
  Column column;
  std::vector<std::string> used_columns;
};

class Engine {
 public:
  virtual ~Engine() = default;
  virtual std::unique_ptr<Session> new_session() = 0;
  virtual std::string version() const = 0;  // "v1.5.5"

  // Whether `expression` is one scalar SQL expression over a single row of `columns` (no subquery, no
  // aggregate or window, no table function, nothing volatile such as random() or now(), no file access) and
  // of which type. Errors: kInvalidArgument saying what is wrong in words a user of SQL understands.
  virtual RowExpression check_row_expression(const std::string& name, const std::string& expression,
                                             const std::vector<Column>& columns) = 0;
};

// Errors: kNotFound when the library for S3 is not beside the program.
std::unique_ptr<Engine> open_engine(const EngineOptions& options);

}  // namespace tidemill::engine
