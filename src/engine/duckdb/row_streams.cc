#include "engine/duckdb/row_streams.h"

#include <algorithm>

#include "base/error.h"
#include "engine/duckdb/input_columns.h"

namespace tidemill::engine::duckdb {
namespace {

using Value = Owned<duckdb_value, &duckdb_destroy_value>;
using TableFunction = Owned<duckdb_table_function, &duckdb_destroy_table_function>;

void bind(duckdb_bind_info info) {
  auto& streams = *static_cast<RowStreams*>(duckdb_bind_get_extra_info(info));
  const Value id(duckdb_bind_get_parameter(info, 0));
  RowStream* stream = streams.find(static_cast<uint64_t>(duckdb_get_int64(id.get())));
  if (stream == nullptr) return duckdb_bind_set_error(info, "there is no stream of rows of this number");
  for (const InputColumn& column : stream->columns()) {
    const LogicalType type(duckdb_create_logical_type(input_type(column.column)));
    duckdb_bind_add_result_column(info, column.column.name.c_str(), type.get());
  }
  duckdb_bind_set_bind_data(info, stream, nullptr);
}

// One thread reads a stream: that keeps its rows in order.
void init(duckdb_init_info info) {
  duckdb_init_set_max_threads(info, 1);
}

void read(duckdb_function_info info, duckdb_data_chunk chunk) {
  auto& stream = *static_cast<RowStream*>(duckdb_function_get_bind_data(info));
  if (!stream.try_fill(chunk)) duckdb_function_set_error(info, "the source of the rows failed");
}

}  // namespace

RowStream::RowStream(const std::vector<Column>& columns, const RowSource& next_rows) : next_rows_(next_rows) {
  for (const Column& column : columns) {
    input_type(column);
    rows_.push_back({column, {}, {}, {}});
  }
}

void RowStream::fill(duckdb_data_chunk chunk) {
  // Full chunks, whatever the source's pieces are: a Parquet row group ends where a chunk does.
  const size_t capacity = duckdb_vector_size();
  duckdb_data_chunk_set_size(chunk, 0);
  for (size_t filled = 0; filled < capacity;) {
    if (done_ == row_count_ && !ask_for_more()) return;
    const size_t count = std::min(row_count_ - done_, capacity - filled);
    fill_chunk(rows_, done_, count, chunk, filled);
    done_ += count;
    filled += count;
  }
}

bool RowStream::ask_for_more() {
  done_ = row_count_ = 0;
  if (is_at_end_ || !next_rows_(rows_)) {
    is_at_end_ = true;
    return false;
  }
  row_count_ = row_count_of("a stream of rows", rows_);
  if (row_count_ == 0) throw Error(ErrorCode::kInternal, "a stream of rows gave none before its end");
  return true;
}

bool RowStream::try_fill(duckdb_data_chunk chunk) noexcept {
  try {
    fill(chunk);
    return true;
  } catch (...) {
    failure_ = std::current_exception();
    return false;
  }
}

void RowStream::rethrow_failure() const {
  if (failure_) std::rethrow_exception(failure_);
}

void RowStreams::register_with(duckdb_database database) {
  duckdb_connection raw = nullptr;
  if (duckdb_connect(database, &raw) != DuckDBSuccess) {
    throw Error(ErrorCode::kInternal, "cannot connect to DuckDB");
  }
  const Connection connection(raw);
  const TableFunction function(duckdb_create_table_function());
  const LogicalType id_type(duckdb_create_logical_type(DUCKDB_TYPE_BIGINT));
  duckdb_table_function_set_name(function.get(), kFunctionName);
  duckdb_table_function_add_parameter(function.get(), id_type.get());
  duckdb_table_function_set_extra_info(function.get(), this, nullptr);
  duckdb_table_function_set_bind(function.get(), bind);
  duckdb_table_function_set_init(function.get(), init);
  duckdb_table_function_set_function(function.get(), read);
  if (duckdb_register_table_function(raw, function.get()) != DuckDBSuccess) {
    throw Error(ErrorCode::kInternal, "DuckDB refuses the table function for rows");
  }
}

RowStreams::Entry::Entry(RowStreams& streams, RowStream& stream) : streams_(streams) {
  const std::lock_guard lock(streams_.mutex_);
  id_ = streams_.next_id_++;
  streams_.streams_[id_] = &stream;
}

RowStreams::Entry::~Entry() {
  const std::lock_guard lock(streams_.mutex_);
  streams_.streams_.erase(id_);
}

RowStream* RowStreams::find(uint64_t id) {
  const std::lock_guard lock(mutex_);
  const auto found = streams_.find(id);
  return found == streams_.end() ? nullptr : found->second;
}

}  // namespace tidemill::engine::duckdb
