#include "workflow/retention.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace tidemill::workflow {
namespace {

constexpr int64_t kAtOnce = 1000;

bool has_process(Store& store, const DagRun& run) {
  const auto instances = store.task_instances_of(run.dag_id, run.run_id);
  return std::any_of(instances.begin(), instances.end(),
                     [](const TaskInstance& instance) { return instance.job_id.has_value(); });
}

bool is_kept_by_backfill(Store& store, const DagRun& run) {
  if (!run.backfill_id) return false;
  const auto backfill = store.find_backfill(*run.backfill_id);
  return backfill && !backfill->completed_at_ms;
}

int64_t remove_rows(metadata::Database& database, const std::string& table, const std::string& condition,
                    int64_t before_ms, bool is_dry_run) {
  if (is_dry_run) {
    return database
        .query_first(fmt::format("SELECT count(*) FROM {} WHERE {}", table, condition), {before_ms})
        ->integer(0);
  }
  int64_t removed = 0;
  while (true) {
    metadata::Transaction transaction(database);
    const int64_t now = metadata::execute_counted(
        database,
        fmt::format("DELETE FROM {0} WHERE id IN (SELECT id FROM {0} WHERE {1} ORDER BY id LIMIT {2})", table,
                    condition, kAtOnce),
        {before_ms});
    transaction.commit();
    removed += now;
    if (now < kAtOnce) return removed;
  }
}

}  // namespace

std::vector<DagRun> runs_to_forget(Store& store, int64_t before_ms) {
  RunFilter filter;
  filter.states = {RunState::kSuccess, RunState::kFailed};
  filter.end_date_to_ms = before_ms - 1;
  filter.order_by = "end_date";
  std::vector<DagRun> runs = store.list_runs(filter, {-1});
  std::set<int64_t> newest;
  for (const DagState& dag : store.list_dags()) {
    RunFilter of_dag;
    of_dag.dag_id = dag.dag_id;
    of_dag.order_by = "-run_after";
    for (const DagRun& run : store.list_runs(of_dag, {1})) newest.insert(run.id);
  }
  std::erase_if(runs, [&](const DagRun& run) {
    return newest.contains(run.id) || has_process(store, run) || is_kept_by_backfill(store, run);
  });
  return runs;
}

bool forget_run(Store& store, const DagRun& run) {
  metadata::Transaction transaction(store.database());
  const auto now = store.find_run(run.id);
  const bool is_over = now && is_finished(now->state) && now->end_ms == run.end_ms;
  // `tasks run --force` works on a task of a run that stays finished.
  if (!is_over || has_process(store, *now) || is_kept_by_backfill(store, *now)) return false;
  store.delete_run(run.dag_id, run.run_id);
  transaction.commit();
  return true;
}

ForgottenEvents forget_events(metadata::Database& database, int64_t before_ms, bool is_dry_run) {
  ForgottenEvents forgotten;
  forgotten.log_entries = remove_rows(database, "log", "dttm_ms < ?", before_ms, is_dry_run);
  forgotten.asset_events =
      remove_rows(database, "asset_event",
                  "timestamp_ms < ? AND id NOT IN (SELECT event_id FROM asset_event_queue) "
                  "AND id NOT IN (SELECT event_id FROM dag_run_asset_event)",
                  before_ms, is_dry_run);
  forgotten.jobs = remove_rows(database, "job", "end_ms < ? AND state <> 'running'", before_ms, is_dry_run);
  return forgotten;
}

}  // namespace tidemill::workflow
