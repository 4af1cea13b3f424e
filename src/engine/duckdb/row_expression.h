#pragma once
// What a user's SQL expression may be: a pure function of one row.

#include <string>
#include <vector>

#include "engine/duckdb/duckdb_session.h"
#include "engine/engine.h"

namespace tidemill::engine::duckdb {

// See Engine::check_row_expression. Reads the parse tree that json_serialize_sql gives; nothing is run.
RowExpression check_row_expression(DuckdbSession& session, const std::string& name,
                                   const std::string& expression, const std::vector<Column>& columns);

}  // namespace tidemill::engine::duckdb
