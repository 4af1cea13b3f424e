// The engines that exist. To add one: a folder beside duckdb/ and a case here.
#include "engine/duckdb/duckdb_engine.h"
#include "engine/engine.h"

namespace tidemill::engine {

std::unique_ptr<Engine> open_engine(const EngineOptions& options) {
  return duckdb::open_duckdb(options);
}

}  // namespace tidemill::engine
