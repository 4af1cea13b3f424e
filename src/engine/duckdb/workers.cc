#include "engine/duckdb/workers.h"

namespace tidemill::engine::duckdb {

void Workers::start(duckdb_database database, int count) {
  state_.reset(duckdb_create_task_state(database));
  for (int i = 0; i < count; ++i) {
    threads_.emplace_back([state = state_.get()] { duckdb_execute_tasks_state(state); });
  }
}

Workers::~Workers() {
  if (state_) duckdb_finish_execution(state_.get());
  for (std::thread& thread : threads_) thread.join();
}

}  // namespace tidemill::engine::duckdb
