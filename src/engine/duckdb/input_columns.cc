#include "engine/duckdb/input_columns.h"

#include <cmath>

#include <fmt/format.h>

#include "base/error.h"

namespace tidemill::engine::duckdb {
namespace {

constexpr size_t kInputTypeCount = 5;
constexpr std::pair<const char*, duckdb_type> kInputTypes[kInputTypeCount] = {
    {"DOUBLE", DUCKDB_TYPE_DOUBLE},       {"BIGINT", DUCKDB_TYPE_BIGINT},   {"BOOLEAN", DUCKDB_TYPE_BOOLEAN},
    {"TIMESTAMP", DUCKDB_TYPE_TIMESTAMP}, {"VARCHAR", DUCKDB_TYPE_VARCHAR},
};

// `count` rows of a column from `begin` on, to the places of a vector from `at` on.
struct Rows {
  size_t begin;
  size_t count;
  size_t at;
};

template <typename T>
void fill_numbers(const InputColumn& column, Rows rows, duckdb_vector vector) {
  T* data = static_cast<T*>(duckdb_vector_get_data(vector));
  uint64_t* validity = nullptr;
  for (size_t i = 0; i < rows.count; ++i) {
    const double number = column.numbers[rows.begin + i];
    if (!std::isnan(number)) {
      data[rows.at + i] = static_cast<T>(number);
      continue;
    }
    if (validity == nullptr) {
      duckdb_vector_ensure_validity_writable(vector);
      validity = duckdb_vector_get_validity(vector);
    }
    duckdb_validity_set_row_invalid(validity, rows.at + i);
  }
}

void fill_strings(const InputColumn& column, Rows rows, duckdb_vector vector) {
  for (size_t i = 0; i < rows.count; ++i) {
    const std::string& text = column.strings[rows.begin + i];
    if (!column.is_null.empty() && column.is_null[rows.begin + i]) {
      duckdb_vector_ensure_validity_writable(vector);
      duckdb_validity_set_row_invalid(duckdb_vector_get_validity(vector), rows.at + i);
    } else {
      duckdb_vector_assign_string_element_len(vector, rows.at + i, text.data(), text.size());
    }
  }
}

void fill(const InputColumn& column, duckdb_type type, Rows rows, duckdb_vector vector) {
  switch (type) {
    case DUCKDB_TYPE_DOUBLE:
      return fill_numbers<double>(column, rows, vector);
    case DUCKDB_TYPE_BOOLEAN:
      return fill_numbers<bool>(column, rows, vector);
    case DUCKDB_TYPE_VARCHAR:
      return fill_strings(column, rows, vector);
    default:  // BIGINT and TIMESTAMP are 64-bit integers alike
      return fill_numbers<int64_t>(column, rows, vector);
  }
}

size_t own_row_count(const InputColumn& column) {
  return column.column.type == "VARCHAR" ? column.strings.size() : column.numbers.size();
}

}  // namespace

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

size_t row_count_of(const std::string& what, const std::vector<InputColumn>& columns) {
  const size_t row_count = columns.empty() ? 0 : own_row_count(columns[0]);
  for (const InputColumn& column : columns) {
    if (own_row_count(column) != row_count) {
      throw Error(ErrorCode::kInternal,
                  fmt::format("{}: column '{}' has {} rows, the first column has {}", what,
                              column.column.name, own_row_count(column), row_count));
    }
  }
  return row_count;
}

void fill_chunk(const std::vector<InputColumn>& columns, size_t begin, size_t count, duckdb_data_chunk chunk,
                size_t at) {
  for (size_t c = 0; c < columns.size(); ++c) {
    fill(columns[c], input_type(columns[c].column), {begin, count, at},
         duckdb_data_chunk_get_vector(chunk, c));
  }
  duckdb_data_chunk_set_size(chunk, at + count);
}

}  // namespace tidemill::engine::duckdb
