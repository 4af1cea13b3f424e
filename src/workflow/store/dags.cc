// DAGs: what is known of them beyond the project's own files.

#include "workflow/store.h"
#include "workflow/store/columns.h"

namespace tidemill::workflow {

using namespace store;  // NOLINT(google-build-using-namespace): the rows of this module

namespace {

constexpr char kSelect[] =
    "SELECT dag_id, is_paused, last_interval_start_ms, last_interval_end_ms, next_interval_start_ms, "
    "next_interval_end_ms, next_run_after_ms, first_seen_at_ms, last_parsed_ms FROM dag ";

DagState dag_from(const Row& row) {
  Columns columns(row);
  DagState dag;
  dag.dag_id = columns.text();
  dag.is_paused = columns.boolean();
  dag.last_interval_start_ms = columns.optional_integer();
  dag.last_interval_end_ms = columns.optional_integer();
  dag.next_interval_start_ms = columns.optional_integer();
  dag.next_interval_end_ms = columns.optional_integer();
  dag.next_run_after_ms = columns.optional_integer();
  dag.first_seen_at_ms = columns.integer();
  dag.last_parsed_ms = columns.integer();
  return dag;
}

}  // namespace

void Store::ensure_dag(const std::string& dag_id, bool is_paused, int64_t now_ms) {
  write(
      "INSERT INTO dag (dag_id, is_paused, first_seen_at_ms, last_parsed_ms) VALUES (?, ?, ?, ?) "
      "ON CONFLICT (dag_id) DO UPDATE SET last_parsed_ms = excluded.last_parsed_ms",
      {dag_id, boolean_value(is_paused), now_ms, now_ms});
}

std::optional<DagState> Store::find_dag(const std::string& dag_id) {
  const auto row = database_.query_first(std::string(kSelect) + "WHERE dag_id = ?", {dag_id});
  if (!row) return std::nullopt;
  return dag_from(*row);
}

std::vector<DagState> Store::list_dags() {
  std::vector<DagState> dags;
  for (const Row& row : database_.query(std::string(kSelect) + "ORDER BY dag_id COLLATE \"C\"")) {
    dags.push_back(dag_from(row));
  }
  return dags;
}

void Store::set_paused(const std::string& dag_id, bool is_paused) {
  write("UPDATE dag SET is_paused = ? WHERE dag_id = ?", {boolean_value(is_paused), dag_id});
}

void Store::set_last_interval(const std::string& dag_id, int64_t start_ms, int64_t end_ms) {
  write("UPDATE dag SET last_interval_start_ms = ?, last_interval_end_ms = ? WHERE dag_id = ?",
        {start_ms, end_ms, dag_id});
}

void Store::set_next_run(const DagState& dag) {
  write(
      "UPDATE dag SET next_interval_start_ms = ?, next_interval_end_ms = ?, next_run_after_ms = ? "
      "WHERE dag_id = ?",
      {nullable(dag.next_interval_start_ms), nullable(dag.next_interval_end_ms),
       nullable(dag.next_run_after_ms), dag.dag_id});
}

std::map<std::string, std::map<RunState, int64_t>> Store::run_counts() {
  std::map<std::string, std::map<RunState, int64_t>> counts;
  for (const Row& row :
       database_.query("SELECT dag_id, state, count(*) FROM dag_run GROUP BY dag_id, state")) {
    Columns columns(row);
    const std::string dag_id = columns.text();
    const RunState state = columns.named(run_state_named);
    counts[dag_id][state] = columns.integer();
  }
  return counts;
}

}  // namespace tidemill::workflow
