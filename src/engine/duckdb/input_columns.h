#pragma once
// Rows given by the program, into DuckDB's vectors.

#include <cstddef>

#include "engine/duckdb/handles.h"
#include "engine/engine.h"

namespace tidemill::engine::duckdb {

// Errors: kInvalidArgument naming the column when its type is none of DOUBLE, BIGINT, BOOLEAN, TIMESTAMP,
// VARCHAR.
duckdb_type input_type(const Column& column);

// The rows all columns have. Errors: kInternal naming `what` and the column that has another number of rows.
size_t row_count_of(const std::string& what, const std::vector<InputColumn>& columns);

// Rows begin .. begin + count - 1 of every column into `chunk`, which was reset. count <=
// duckdb_vector_size().
void fill_chunk(const std::vector<InputColumn>& columns, size_t begin, size_t count, duckdb_data_chunk chunk,
                size_t at = 0);

}  // namespace tidemill::engine::duckdb
