// Backfills, pools and assets.

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "workflow/operations.h"
#include "workflow/operations/read_input.h"
#include "workflow/runs.h"

namespace tidemill::workflow {
namespace {

// Why a day's run is left as it is, nullopt when it is run again. Airflow's words
// (airflow.models.backfill.BackfillDagRunExceptionReason).
std::optional<std::string> reason_to_keep(const DagRun& run, ReprocessBehavior behavior) {
  if (behavior == ReprocessBehavior::kNone) return "already exists";
  if (!is_finished(run.state)) return "in flight";
  if (behavior == ReprocessBehavior::kFailed && run.state != RunState::kFailed) return "already exists";
  return std::nullopt;
}

DagRun backfill_run(const Dag& dag, const RunInfo& day, const BackfillOptions& options, int64_t now_ms) {
  DagRun run;
  run.dag_id = dag.id;
  run.run_type = RunType::kBackfill;
  run.triggered_by = TriggeredBy::kBackfill;
  run.logical_date_ms = day.logical_date_ms();
  run.data_interval_start_ms = day.data_interval.start_ms;
  run.data_interval_end_ms = day.data_interval.end_ms;
  run.run_after_ms = day.run_after_ms;
  run.queued_at_ms = now_ms;
  run.conf = options.conf;
  run.run_id = new_run_id(RunType::kBackfill, day.logical_date_ms());
  return run;
}

// In Airflow's words.
void check_options(const Dag& dag, const BackfillOptions& options, int64_t now_ms) {
  if (!timetable_of(dag).is_periodic()) {
    throw Error(
        ErrorCode::kInvalidArgument,
        fmt::format("{} has a non-periodic schedule that does not support backfills: they need a cron "
                    "schedule",
                    dag.id));
  }
  check_json_object(options.conf, "dag_run_conf");
  if (options.max_active_runs < 1)
    throw Error(ErrorCode::kInvalidArgument, "max_active_runs must be at least 1");
  if (options.to_ms < options.from_ms) {
    const TimeZone utc = TimeZone::utc();
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("the last day of a backfill, {}, lies before its first, {}",
                            utc.isoformat(options.to_ms), utc.isoformat(options.from_ms)));
  }
  if (options.from_ms >= now_ms) {
    throw Error(ErrorCode::kInvalidArgument, "Backfill cannot be executed for future dates.");
  }
  const bool looks_at_past = std::any_of(dag.tasks.begin(), dag.tasks.end(), [](const Task& task) {
    return task.depends_on_past || task.wait_for_downstream;
  });
  if (options.run_backwards && looks_at_past) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("Backfill cannot be run in reverse when the DAG has tasks where "
                            "depends_on_past=True: {}",
                            dag.id));
  }
}

}  // namespace

Operations::NewBackfill Operations::create_backfill(const std::string& dag_id,
                                                    const BackfillOptions& options) {
  const Dag& filled = dag(dag_id);
  const int64_t now_ms = clock_.now_ms();
  check_options(filled, options, now_ms);
  std::vector<RunInfo> days = timetable_of(filled).runs_between(options.from_ms, options.to_ms, now_ms);
  if (days.empty() && !options.is_dry_run) {
    const TimeZone utc = TimeZone::utc();
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("No runs to create for Dag {}: its schedule has no date from {} to {}", dag_id,
                            utc.isoformat(options.from_ms), utc.isoformat(options.to_ms)));
  }
  if (options.run_backwards) std::reverse(days.begin(), days.end());
  const DagGraph graph(filled);

  metadata::Transaction transaction(database_);
  store_.ensure_dag(dag_id, filled.is_paused_upon_creation, now_ms);
  if (store_.active_backfill(dag_id)) {
    throw Error(ErrorCode::kConflict, fmt::format("There is already a running backfill for dag {}", dag_id));
  }
  NewBackfill made;
  made.backfill.dag_id = dag_id;
  made.backfill.from_ms = options.from_ms;
  made.backfill.to_ms = options.to_ms;
  made.backfill.conf = options.conf;
  made.backfill.reprocess_behavior = options.reprocess_behavior;
  made.backfill.max_active_runs = options.max_active_runs;
  made.backfill.created_at_ms = now_ms;
  std::vector<DagRun> runs;
  for (const RunInfo& day : days) {
    BackfillRun entry{day.logical_date_ms(), std::nullopt, std::nullopt};
    auto existing = store_.find_run_of(dag_id, day.logical_date_ms());
    if (existing) entry.exception_reason = reason_to_keep(*existing, options.reprocess_behavior);
    if (!entry.exception_reason && !options.is_dry_run) {
      DagRun run;
      if (existing) {
        clear(dag_id, existing->run_id, {});
        run = store_.find_run(existing->id).value();
      } else {
        run = backfill_run(filled, day, options, now_ms);
        run.triggering_user_name = actor_.user;
        run = create_run(store_, graph, run);
      }
      entry.dag_run_id = run.id;
      runs.push_back(std::move(run));
    }
    made.runs.push_back(std::move(entry));
  }
  if (options.is_dry_run) return made;
  made.backfill.id = store_.add_backfill(made.backfill, made.runs);
  for (DagRun& run : runs) {
    run.backfill_id = made.backfill.id;
    store_.update_run(run);
  }
  log("create_backfill", dag_id, "", "", fmt::format("{} runs", runs.size()));
  transaction.commit();
  return made;
}

Backfill Operations::pause_backfill(int64_t id, bool is_paused) {
  metadata::Transaction transaction(database_);
  auto backfill = store_.find_backfill(id);
  if (!backfill) throw Error(ErrorCode::kNotFound, fmt::format("Could not find backfill with id {}", id));
  if (backfill->completed_at_ms) throw Error(ErrorCode::kConflict, "Backfill is already completed.");
  backfill->is_paused = is_paused;
  store_.update_backfill(*backfill);
  log(is_paused ? "pause_backfill" : "unpause_backfill", backfill->dag_id);
  transaction.commit();
  return *backfill;
}

Backfill Operations::cancel_backfill(int64_t id) {
  metadata::Transaction transaction(database_);
  auto backfill = store_.find_backfill(id);
  if (!backfill) throw Error(ErrorCode::kNotFound, fmt::format("Could not find backfill with id {}", id));
  if (backfill->completed_at_ms) throw Error(ErrorCode::kConflict, "Backfill has already been completed.");
  const int64_t now_ms = clock_.now_ms();
  for (const BackfillRun& entry : store_.runs_of_backfill(id)) {
    if (!entry.dag_run_id) continue;
    auto run = store_.find_run(*entry.dag_run_id);
    if (!run || run->state != RunState::kQueued) continue;
    run->state = RunState::kFailed;
    run->end_ms = now_ms;
    store_.update_run(*run);
  }
  backfill->completed_at_ms = now_ms;
  store_.update_backfill(*backfill);
  log("cancel_backfill", backfill->dag_id);
  transaction.commit();
  return *backfill;
}

void Operations::set_pool(const Pool& pool) {
  if (pool.name.empty() || pool.name.size() > 256) {
    throw Error(ErrorCode::kInvalidArgument, "a pool's name has 1 to 256 characters");
  }
  if (!is_utf8(pool.name) || !is_utf8(pool.description.value_or(""))) {
    throw Error(ErrorCode::kInvalidArgument, "a pool's name and description must be UTF-8 text");
  }
  if (pool.slots < -1) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("{} slots: a pool has 0 or more, or -1 for no limit", pool.slots));
  }
  metadata::Transaction transaction(database_);
  store_.set_pool(pool);
  log("set_pool", "", "", "", fmt::format("{}: {} slots", pool.name, pool.slots));
  transaction.commit();
}

Pool Operations::delete_pool(const std::string& name) {
  if (name == kDefaultPool) throw Error(ErrorCode::kInvalidArgument, "Default Pool can't be deleted");
  metadata::Transaction transaction(database_);
  const auto pool = store_.find_pool(name);
  if (!pool) throw Error(ErrorCode::kNotFound, fmt::format("Pool {} does not exist", name));
  store_.delete_pool(name);
  log("delete_pool", "", "", "", name);
  transaction.commit();
  return *pool;
}

std::vector<std::string> Operations::assets() const {
  std::set<std::string> names;
  for (const Dag& dag : dags_) {
    names.insert(dag.schedule_assets.begin(), dag.schedule_assets.end());
    for (const Task& task : dag.tasks) names.insert(task.outlets.begin(), task.outlets.end());
  }
  return {names.begin(), names.end()};
}

AssetEvent Operations::add_asset_event(const std::string& asset, const std::string& extra) {
  const std::vector<std::string> known = assets();
  if (!std::binary_search(known.begin(), known.end(), asset)) {
    throw Error(ErrorCode::kNotFound,
                fmt::format("Asset {} does not exist{}", asset, did_you_mean(asset, known)));
  }
  check_json_object(extra, "extra");
  metadata::Transaction transaction(database_);
  AssetEvent event;
  event.asset = asset;
  event.extra = extra;
  event.timestamp_ms = clock_.now_ms();
  event.id = store_.add_asset_event(event);
  for (const Dag& dag : dags_) {
    if (std::find(dag.schedule_assets.begin(), dag.schedule_assets.end(), asset) == dag.schedule_assets.end())
      continue;
    store_.ensure_dag(dag.id, dag.is_paused_upon_creation, event.timestamp_ms);
    // As Airflow, a paused DAG does not hear of it.
    if (!store_.find_dag(dag.id)->is_paused) store_.queue_asset_event(dag.id, event.id);
  }
  log("create_asset_event", "", "", "", asset);
  transaction.commit();
  return event;
}

}  // namespace tidemill::workflow
