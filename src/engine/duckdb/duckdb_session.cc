#include "engine/duckdb/duckdb_session.h"

#include <algorithm>
#include <exception>
#include <mutex>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "engine/duckdb/duckdb_result.h"
#include "engine/duckdb/duckdb_types.h"
#include "engine/duckdb/input_columns.h"
#include "engine/duckdb/row_function.h"
#include "engine/duckdb/row_streams.h"

namespace tidemill::engine::duckdb {

namespace {

constexpr std::chrono::seconds kGoodWhile{10};

}  // namespace

void EndedConnections::add(Connection connection) {
  const auto now = std::chrono::steady_clock::now();
  std::deque<Ended> closing;  // outside the lock
  const std::lock_guard lock(mutex_);
  while (!connections_.empty() && now - connections_.front().at > kGoodWhile) {
    closing.push_back(std::move(connections_.front()));
    connections_.pop_front();
  }
  connections_.push_back({std::move(connection), now});
}

DuckdbSession::DuckdbSession(duckdb_database database, RowStreams& streams, FunctionNames& names,
                             std::shared_ptr<EndedConnections> ended)
    : streams_(streams), names_(names), ended_(std::move(ended)) {
  duckdb_connection raw = nullptr;
  if (duckdb_connect(database, &raw) != DuckDBSuccess)
    throw Error(ErrorCode::kInternal, "cannot connect to DuckDB");
  connection_.reset(raw);
}

DuckdbSession::~DuckdbSession() {
  ended_->add(std::move(connection_));
}

void DuckdbSession::execute(const std::string& sql) {
  QueryResult result;
  if (duckdb_query(connection_.get(), sql.c_str(), result.get()) != DuckDBSuccess) {
    throw to_error(duckdb_result_error(result.get()));
  }
}

Statement DuckdbSession::prepare(const std::string& sql) {
  duckdb_prepared_statement raw = nullptr;
  const duckdb_state state = duckdb_prepare(connection_.get(), sql.c_str(), &raw);
  Statement statement(raw);
  if (state != DuckDBSuccess) throw to_error(duckdb_prepare_error(raw));
  return statement;
}

std::unique_ptr<ResultStream> DuckdbSession::query(const std::string& sql) {
  const Statement statement = prepare(sql);
  duckdb_pending_result raw = nullptr;
  const duckdb_state state = duckdb_pending_prepared_streaming(statement.get(), &raw);
  const Pending pending(raw);
  if (state != DuckDBSuccess) throw to_error(duckdb_pending_error(raw));
  auto stream = std::make_unique<DuckdbResultStream>();
  if (duckdb_execute_pending(raw, stream->result()) != DuckDBSuccess) {
    throw to_error(duckdb_result_error(stream->result()));
  }
  stream->bind_columns();
  return stream;
}

void DuckdbSession::create_table(const std::string& name, const std::vector<InputColumn>& columns) {
  std::vector<std::string> definitions;
  std::vector<LogicalType> owned_types;
  std::vector<duckdb_logical_type> logical_types;
  const size_t row_count = row_count_of("table " + name, columns);
  for (const InputColumn& column : columns) {
    definitions.push_back(quote_identifier(column.column.name) + " " + column.column.type);
    owned_types.emplace_back(duckdb_create_logical_type(input_type(column.column)));
    logical_types.push_back(owned_types.back().get());
  }
  execute(fmt::format("CREATE OR REPLACE TEMP TABLE {} ({})", quote_identifier(name), join(definitions)));

  duckdb_appender raw = nullptr;
  const duckdb_state created =
      duckdb_appender_create_ext(connection_.get(), "temp", "main", name.c_str(), &raw);
  const Appender appender(raw);
  if (created != DuckDBSuccess) throw to_error(duckdb_appender_error(raw));
  const Chunk chunk(duckdb_create_data_chunk(logical_types.data(), logical_types.size()));
  const size_t chunk_rows = duckdb_vector_size();
  for (size_t begin = 0; begin < row_count; begin += chunk_rows) {
    const size_t count = std::min(chunk_rows, row_count - begin);
    duckdb_data_chunk_reset(chunk.get());
    fill_chunk(columns, begin, count, chunk.get());
    if (duckdb_append_data_chunk(raw, chunk.get()) != DuckDBSuccess) {
      throw to_error(duckdb_appender_error(raw));
    }
  }
  if (duckdb_appender_close(raw) != DuckDBSuccess) throw to_error(duckdb_appender_error(raw));
}

void DuckdbSession::write_parquet(const std::filesystem::path& path, const std::vector<Column>& columns,
                                  const RowSource& next_rows) {
  RowStream stream(columns, next_rows);
  const RowStreams::Entry entry(streams_, stream);
  try {
    execute(fmt::format("COPY (SELECT * FROM {}({})) TO {} (FORMAT parquet, COMPRESSION zstd)",
                        RowStreams::kFunctionName, entry.id(), quote_literal(path.string())));
  } catch (const Error&) {
    stream.rethrow_failure();  // what the source threw, rather than DuckDB's words about it
    throw;
  }
}

std::string DuckdbSession::register_function(const std::vector<std::string>& argument_types,
                                             RowFunction compute) {
  std::vector<LogicalType> types;
  for (const std::string& type : argument_types) types.push_back(type_of_name(type));
  std::string name = names_.next();
  add_row_function(connection_.get(), name, types, Stability::kPure, std::move(compute));
  return name;
}

// The rows go through a function of the program in the engine's own threads. max() over its zeros is what
// makes the engine call it for every row.
void DuckdbSession::for_each_batch(const std::string& sql, const std::function<void(const Batch&)>& consume) {
  const Statement statement = prepare(sql);
  std::vector<LogicalType> types;
  std::vector<std::string> columns;
  for (idx_t c = 0; c < duckdb_prepared_statement_column_count(statement.get()); ++c) {
    types.emplace_back(duckdb_prepared_statement_column_logical_type(statement.get(), c));
    columns.push_back(fmt::format("c{}", c));
  }
  const std::string name = names_.next();
  std::mutex failure_mutex;
  std::exception_ptr failure;
  const auto guarded = [&](const Batch& batch, double* out) {
    std::fill_n(out, batch.row_count(), 0.0);
    try {
      consume(batch);
    } catch (...) {
      const std::lock_guard lock(failure_mutex);
      if (!failure) failure = std::current_exception();
      throw;
    }
  };
  add_row_function(connection_.get(), name, types, Stability::kVolatile, guarded);
  try {
    execute(fmt::format("SELECT max({}({})) FROM ({}) AS t({})", name, join(columns), sql, join(columns)));
  } catch (const Error&) {
    if (failure) std::rethrow_exception(failure);
    throw;
  }
}

}  // namespace tidemill::engine::duckdb
