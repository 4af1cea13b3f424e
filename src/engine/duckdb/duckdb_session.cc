#include "engine/duckdb/duckdb_session.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "engine/duckdb/duckdb_result.h"
#include "engine/duckdb/duckdb_types.h"

namespace tidemill::engine::duckdb {
namespace {

constexpr size_t kInputTypeCount = 5;
constexpr std::pair<const char*, duckdb_type> kInputTypes[kInputTypeCount] = {
    {"DOUBLE", DUCKDB_TYPE_DOUBLE},       {"BIGINT", DUCKDB_TYPE_BIGINT},   {"BOOLEAN", DUCKDB_TYPE_BOOLEAN},
    {"TIMESTAMP", DUCKDB_TYPE_TIMESTAMP}, {"VARCHAR", DUCKDB_TYPE_VARCHAR},
};

duckdb_type input_type(const Column& column) {
  for (const auto& [name, type] : kInputTypes) {
    if (column.type == name) return type;
  }
  throw Error(
      ErrorCode::kInvalidArgument,
      fmt::format("column '{}' of type {} cannot be given to the engine: use DOUBLE, BIGINT, BOOLEAN, "
                  "TIMESTAMP or VARCHAR",
                  column.name, column.type));
}

size_t row_count_of(const InputColumn& column, duckdb_type type) {
  return type == DUCKDB_TYPE_VARCHAR ? column.strings.size() : column.numbers.size();
}

template <typename T>
void fill_numbers(const InputColumn& column, size_t begin, size_t count, duckdb_vector vector) {
  T* data = static_cast<T*>(duckdb_vector_get_data(vector));
  uint64_t* validity = nullptr;
  for (size_t i = 0; i < count; ++i) {
    const double number = column.numbers[begin + i];
    if (!std::isnan(number)) {
      data[i] = static_cast<T>(number);
      continue;
    }
    if (validity == nullptr) {
      duckdb_vector_ensure_validity_writable(vector);
      validity = duckdb_vector_get_validity(vector);
    }
    duckdb_validity_set_row_invalid(validity, i);
  }
}

void fill_strings(const InputColumn& column, size_t begin, size_t count, duckdb_vector vector) {
  for (size_t i = 0; i < count; ++i) {
    const std::string& text = column.strings[begin + i];
    if (!column.is_null.empty() && column.is_null[begin + i]) {
      duckdb_vector_ensure_validity_writable(vector);
      duckdb_validity_set_row_invalid(duckdb_vector_get_validity(vector), i);
    } else {
      duckdb_vector_assign_string_element_len(vector, i, text.data(), text.size());
    }
  }
}

void fill(const InputColumn& column, duckdb_type type, size_t begin, size_t count, duckdb_vector vector) {
  switch (type) {
    case DUCKDB_TYPE_DOUBLE:
      return fill_numbers<double>(column, begin, count, vector);
    case DUCKDB_TYPE_BOOLEAN:
      return fill_numbers<bool>(column, begin, count, vector);
    case DUCKDB_TYPE_VARCHAR:
      return fill_strings(column, begin, count, vector);
    default:  // BIGINT and TIMESTAMP are 64-bit integers alike
      return fill_numbers<int64_t>(column, begin, count, vector);
  }
}

}  // namespace

DuckdbSession::DuckdbSession(duckdb_database database) {
  duckdb_connection raw = nullptr;
  if (duckdb_connect(database, &raw) != DuckDBSuccess)
    throw Error(ErrorCode::kInternal, "cannot connect to DuckDB");
  connection_.reset(raw);
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
  std::vector<duckdb_type> types;
  std::vector<LogicalType> owned_types;
  std::vector<duckdb_logical_type> logical_types;
  const size_t row_count = columns.empty() ? 0 : row_count_of(columns[0], input_type(columns[0].column));
  for (const InputColumn& column : columns) {
    types.push_back(input_type(column.column));
    if (row_count_of(column, types.back()) != row_count) {
      throw Error(ErrorCode::kInternal,
                  fmt::format("table {}: column '{}' has {} rows, the first column has {}", name,
                              column.column.name, row_count_of(column, types.back()), row_count));
    }
    definitions.push_back(quote_identifier(column.column.name) + " " + column.column.type);
    owned_types.emplace_back(duckdb_create_logical_type(types.back()));
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
    for (size_t c = 0; c < columns.size(); ++c) {
      fill(columns[c], types[c], begin, count, duckdb_data_chunk_get_vector(chunk.get(), c));
    }
    duckdb_data_chunk_set_size(chunk.get(), count);
    if (duckdb_append_data_chunk(raw, chunk.get()) != DuckDBSuccess) {
      throw to_error(duckdb_appender_error(raw));
    }
  }
  if (duckdb_appender_close(raw) != DuckDBSuccess) throw to_error(duckdb_appender_error(raw));
}

}  // namespace tidemill::engine::duckdb
