#pragma once
// DuckDB's types and errors in the engine's words.

#include <string>

#include <duckdb.h>

#include "base/error.h"
#include "engine/duckdb/handles.h"

namespace tidemill::engine::duckdb {

// "DOUBLE", "DECIMAL(18,3)", "TIMESTAMP WITH TIME ZONE", "INTEGER[]", ...: as SQL writes it.
std::string type_name(duckdb_logical_type type);

// The other way round, for the names without parameters. Errors: kInvalidArgument naming the type.
LogicalType type_of_name(const std::string& name);

// An Error of the code that fits DuckDB's message, which may be null. The trailing
// "LINE 1: ..." picture of the statement is dropped: the statement is ours, not the user's.
Error to_error(const char* message);

}  // namespace tidemill::engine::duckdb
