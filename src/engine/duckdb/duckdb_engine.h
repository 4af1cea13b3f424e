#pragma once
// DuckDB, in this process, over its C API. Nothing outside this folder includes duckdb.h.

#include <memory>

#include "engine/engine.h"

namespace tidemill::engine::duckdb {

std::unique_ptr<Engine> open_duckdb(const EngineOptions& options);

}  // namespace tidemill::engine::duckdb
