#pragma once
// What people do with DAGs, runs, tasks, pools and backfills: what commands, the REST API and pages share.
// Each is one transaction and leaves an entry in the audit log. A scheduler, of this process or another, sees
// it and acts. Sources: airflow.api.common.trigger_dag, airflow.models.taskinstance.clear_task_instances,
// airflow.models.backfill._create_backfill, airflow.models.pool.

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "workflow/dag.h"
#include "workflow/store.h"
#include "workflow/timetable.h"

namespace tidemill::workflow {

// Who does it, for the audit log.
struct Actor {
  std::string user = "cli";
  TriggeredBy by = TriggeredBy::kCli;
};

struct TriggerOptions {
  std::optional<std::string> run_id;       // manual__<logical date> when absent
  std::optional<int64_t> logical_date_ms;  // now when absent: a run by hand has one here
  std::optional<int64_t> run_after_ms;
  std::optional<DataInterval> data_interval;  // the logical date when absent
  std::string conf = "{}";
  std::optional<std::string> note;
  RunType run_type = RunType::kManual;  // or kAssetMaterialization: for the sake of an asset that it changes
};

struct ClearOptions {
  std::vector<std::string> task_ids;  // all when empty
  bool include_upstream = false, include_downstream = false;
  bool include_past = false, include_future = false;  // the same tasks of earlier and later runs
  bool only_failed = false, only_running = false;
  bool reset_dag_runs = true;  // false: finished runs stay so, and what is cleared in them does not run
  bool is_dry_run = false;
};

struct BackfillOptions {
  int64_t from_ms = 0, to_ms = 0;  // logical dates, both included
  ReprocessBehavior reprocess_behavior = ReprocessBehavior::kNone;
  int max_active_runs = 10;
  bool run_backwards = false;
  bool is_dry_run = false;
  std::string conf = "{}";
};

class Operations {
 public:
  // All outlive it.
  Operations(metadata::Database& database, const std::vector<Dag>& dags, const Clock& clock, Actor actor);

  Store& store() { return store_; }
  const std::vector<Dag>& dags() const { return dags_; }
  // Errors: kNotFound "Dag id X not found in DagModel", with the nearest name.
  const Dag& dag(const std::string& dag_id) const;
  // Errors: kNotFound "Task X not found", with the nearest name.
  const Task& task(const std::string& dag_id, const std::string& task_id) const;
  // By run id, or by a logical date "2026-11-01" or "2026-11-01T00:00:00+00:00", of which a run comes before
  // a test. Errors: kNotFound "DagRun for D with run_id or logical_date of 'R' not found".
  DagRun run(const std::string& dag_id, const std::string& run_id_or_date);

  // Errors: kInvalidArgument for a conf that is no JSON object, a run id of more than 250 bytes or with what
  // is no text, and a note of more than 1000 characters; kAlreadyExists for a run id, or a logical date given
  // with it, that a run of the DAG has.
  DagRun trigger(const std::string& dag_id, const TriggerOptions& options);
  void set_paused(const std::string& dag_id, bool is_paused);
  // The instances that are (or, dry, would be) cleared. What runs is ended and runs again.
  std::vector<TaskInstance> clear(const std::string& dag_id, const std::string& run_id,
                                  const ClearOptions& options);
  // success, failed or skipped, whatever happened; what runs is ended, what failed downstream is cleared, and
  // the run is looked at again. Errors: kInvalidArgument for another state.
  void mark(const TaskKey& key, TaskState state);
  // The run as a whole. success: all its tasks succeed; failed: what runs fails, what has not begun is
  // skipped; queued: all is cleared.
  void mark_run(const std::string& dag_id, const std::string& run_id, RunState state);
  // A run that the caller works on itself (SchedulerOptions::foreground), running already; it takes the place
  // of earlier tests of that logical date. No limit of the DAG holds it up. Errors: as trigger().
  DagRun begin_test(const std::string& dag_id, std::optional<int64_t> logical_date_ms,
                    const std::string& conf);
  // Tests whose process died fail. To be called by whoever knows that nobody is testing: under the project's
  // writer lock, which tests hold.
  void end_dead_tests();
  // Errors: kConflict while it or a task of it runs.
  void delete_run(const std::string& dag_id, const std::string& run_id);
  // Errors: kInvalidArgument for a note of more than 1000 characters.
  void set_note(const std::string& dag_id, const std::string& run_id, const std::optional<std::string>& note);
  void set_task_note(const TaskKey& key, const std::optional<std::string>& note);

  // Errors: kConflict "There is already a running backfill for dag X"; kInvalidArgument for a DAG without a
  // cron schedule, a range that has not come, and, but for a dry one, a range without a day. A day
  // that has a run already keeps it, with "already exists" as its exception_reason, unless reprocess_behavior
  // says that it is run again.
  struct NewBackfill {
    Backfill backfill;  // id 0 for a dry one
    std::vector<BackfillRun> runs;
  };
  NewBackfill create_backfill(const std::string& dag_id, const BackfillOptions& options);
  Backfill pause_backfill(int64_t id, bool is_paused);
  Backfill cancel_backfill(int64_t id);  // its queued runs fail, its running ones go on

  // Errors: kInvalidArgument for slots under -1.
  void set_pool(const Pool& pool);
  // Errors: kInvalidArgument "Default Pool can't be deleted", kNotFound "Pool X does not exist".
  Pool delete_pool(const std::string& name);

  // Somebody outside changed an asset. Errors: kNotFound for one that no DAG knows, kInvalidArgument for an
  // extra that is no JSON object.
  AssetEvent add_asset_event(const std::string& asset, const std::string& extra);
  std::vector<std::string> assets() const;  // names, sorted

 private:
  void log(const std::string& event, const std::string& dag_id, const std::string& run_id = "",
           const std::string& task_id = "", const std::string& extra = "");
  bool has_dag(const std::string& dag_id) const;
  int64_t free_date(const std::string& dag_id, int64_t from_ms);
  void clear_instance(TaskInstance instance);
  void clear_failed_downstream(const DagRun& run, const std::string& task_id);
  void run_again(DagRun run);
  std::vector<std::string> tasks_to_clear(const Dag& dag, const ClearOptions& options) const;
  std::vector<DagRun> runs_to_clear(const DagRun& run, const ClearOptions& options);

  metadata::Database& database_;
  Store store_;
  const std::vector<Dag>& dags_;
  const Clock& clock_;
  Actor actor_;
};

}  // namespace tidemill::workflow
