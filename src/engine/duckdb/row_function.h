#pragma once
// Functions of the program that SQL can call.

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/duckdb/handles.h"
#include "engine/engine.h"

namespace tidemill::engine::duckdb {

// Names that no function of this database has yet.
class FunctionNames {
 public:
  std::string next();

 private:
  std::atomic<uint64_t> count_ = 0;
};

enum class Stability {
  kPure,      // may be left out, merged or moved by the optimiser
  kVolatile,  // called for every row
};

// See Session::register_function. The database owns `compute` from here on.
void add_row_function(duckdb_connection connection, const std::string& name,
                      const std::vector<LogicalType>& arguments, Stability stability, RowFunction compute);

}  // namespace tidemill::engine::duckdb
