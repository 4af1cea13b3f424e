// Pools and who has their slots.

#include "workflow/store.h"
#include "workflow/store/columns.h"

namespace tidemill::workflow {

using namespace store;  // NOLINT(google-build-using-namespace): the rows of this module

namespace {

std::vector<Pool> pools_where(metadata::Database& database, const std::string& condition,
                              const std::vector<Value>& values) {
  const std::string sql = fmt::format(
      "SELECT p.pool, p.slots, p.description, p.include_deferred, COALESCE(SUM(t.running), 0), "
      "COALESCE(SUM(t.queued), 0), COALESCE(SUM(t.scheduled), 0) "
      "FROM slot_pool p LEFT JOIN ("
      "SELECT pool, CASE WHEN state = 'queued' THEN 0 ELSE pool_slots END AS running, "
      "CASE WHEN state = 'queued' THEN pool_slots ELSE 0 END AS queued, 0 AS scheduled "
      "FROM task_instance WHERE job_id IS NOT NULL "
      "UNION ALL SELECT pool, 0, 0, SUM(pool_slots) FROM task_instance WHERE state = 'scheduled' "
      "AND job_id IS NULL GROUP BY pool) t ON t.pool = p.pool {} "
      "GROUP BY p.pool, p.slots, p.description, p.include_deferred ORDER BY p.pool COLLATE \"C\"",
      condition);
  std::vector<Pool> pools;
  for (const Row& row : database.query(sql, values)) {
    Columns columns(row);
    Pool pool;
    pool.name = columns.text();
    pool.slots = columns.small();
    pool.description = columns.optional_text();
    pool.include_deferred = columns.boolean();
    pool.running_slots = columns.small();
    pool.queued_slots = columns.small();
    pool.scheduled_slots = columns.small();
    pools.push_back(std::move(pool));
  }
  return pools;
}

}  // namespace

void Store::set_pool(const Pool& pool) {
  write(
      "INSERT INTO slot_pool (pool, slots, description, include_deferred) VALUES (?, ?, ?, ?) "
      "ON CONFLICT (pool) DO UPDATE SET slots = excluded.slots, description = excluded.description, "
      "include_deferred = excluded.include_deferred",
      {pool.name, int64_t{pool.slots}, nullable(pool.description), boolean_value(pool.include_deferred)});
}

bool Store::delete_pool(const std::string& name) {
  return write("DELETE FROM slot_pool WHERE pool = ?", {name}) > 0;
}

std::optional<Pool> Store::find_pool(const std::string& name) {
  std::vector<Pool> pools = pools_where(database_, "WHERE p.pool = ?", {name});
  if (pools.empty()) return std::nullopt;
  return std::move(pools.front());
}

std::vector<Pool> Store::list_pools() {
  return pools_where(database_, "", {});
}

std::map<std::string, int64_t> Store::open_pool_slots() {
  std::map<std::string, int64_t> open;
  for (const Row& row : database_.query("SELECT pool, slots FROM slot_pool")) {
    open[row.text(0)] = row.integer(1) < 0 ? std::numeric_limits<int64_t>::max() / 2 : row.integer(1);
  }
  for (const Row& row : database_.query("SELECT pool, SUM(pool_slots) FROM task_instance "
                                        "WHERE job_id IS NOT NULL GROUP BY pool")) {
    if (const auto found = open.find(row.text(0)); found != open.end()) found->second -= row.integer(1);
  }
  return open;
}

}  // namespace tidemill::workflow
