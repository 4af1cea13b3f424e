#pragma once
// DAG runs, task instances and all that the scheduler knows, in the project's database (tables of
// metadata/migrations/0002_workflow.sql). Composable: every call may be part of a caller's
// metadata::Transaction, and those that change more than one row are one themselves. Every change but a
// heartbeat counts in metadata::change_number(). Errors: those of metadata::Database.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "metadata/database.h"
#include "workflow/pattern.h"
#include "workflow/records.h"

namespace tidemill::workflow {

struct Page {
  int64_t limit = 100;  // negative: all
  int64_t offset = 0;
};

// Filters: what is empty or absent does not restrict. Bounds are included. `order_by` is a name that is said
// with it, with '-' before it for descending, or several with commas between; another one is
// kInvalidArgument.

struct RunFilter {
  std::string dag_id;
  std::vector<std::string> dag_ids;
  Pattern dag_id_pattern, run_id_pattern, user_pattern;
  std::string conf_contains;  // as it is written
  std::vector<RunState> states;
  std::vector<RunType> run_types;
  std::optional<int64_t> backfill_id;
  bool leaves_out_backfills = false;
  bool leaves_out_tests = false;  // those that is_test() tells
  std::optional<int64_t> logical_date_from_ms, logical_date_to_ms;
  std::optional<int64_t> run_after_from_ms, run_after_to_ms;
  std::optional<int64_t> start_date_from_ms, start_date_to_ms;
  std::optional<int64_t> end_date_from_ms, end_date_to_ms;
  std::optional<double> duration_from_s, duration_to_s;
  // "id", "dag_id", "run_id", "logical_date", "run_after", "start_date", "end_date", "state", "run_type",
  // "conf", "duration".
  std::string order_by = "id";
};

struct TaskFilter {
  std::string dag_id, run_id, task_id;
  std::vector<std::string> dag_ids, run_ids, task_ids;
  std::vector<std::optional<TaskState>> states;  // nullopt: those without one
  std::vector<std::string> pools, operators;
  std::vector<int64_t> try_numbers;
  Pattern dag_id_pattern, run_id_pattern, task_id_pattern, pool_pattern, operator_pattern;
  std::optional<int64_t> run_after_from_ms, run_after_to_ms;
  std::optional<int64_t> logical_date_from_ms, logical_date_to_ms;
  std::optional<int64_t> start_date_from_ms, start_date_to_ms;
  std::optional<int64_t> end_date_from_ms, end_date_to_ms;
  std::optional<double> duration_from_s, duration_to_s;
  // "run_after", "id", "dag_id", "run_id", "task_id", "state", "start_date", "end_date", "try_number",
  // "pool", "duration", "logical_date", "operator".
  std::string order_by = "run_after";
};

struct AssetEventFilter {
  std::string asset, source_dag_id, source_run_id, source_task_id;
  Pattern asset_pattern{};
  std::optional<int64_t> from_ms{}, to_ms{};
  std::string order_by = "-id";  // "id", "timestamp", "source_dag_id", "source_run_id", "source_task_id"
};

struct LogFilter {
  std::string dag_id, run_id, task_id, event, owner;
  std::vector<std::string> events, excluded_events;
  Pattern dag_id_pattern, run_id_pattern, task_id_pattern, event_pattern, owner_pattern;
  std::optional<int64_t> try_number, from_ms, to_ms;
  std::string order_by = "-id";  // "id", "dttm", "dag_id", "task_id", "run_id", "event", "owner", "extra"
};

struct RunName {
  std::string dag_id, run_id;
};

// A task of a run, by the names that people use.
struct TaskKey {
  std::string dag_id, run_id, task_id;
  auto operator<=>(const TaskKey&) const = default;
};

// What a task returned under a name; tasks themselves only write "return_value".
struct XCom {
  std::string dag_id, run_id, task_id, key, value;  // the value is JSON
  int64_t timestamp_ms = 0;
};

struct XComFilter {
  std::string dag_id, run_id, task_id, key;
  Pattern run_id_pattern, task_id_pattern, key_pattern;
  std::string order_by = "dag_id,task_id,run_id,key";  // these, "timestamp"
};

class Store {
 public:
  explicit Store(metadata::Database& database) : database_(database) {}
  metadata::Database& database() { return database_; }

  // DAGs. A DAG is known from its first ensure_dag on, which decides whether it is paused.
  void ensure_dag(const std::string& dag_id, bool is_paused, int64_t now_ms);
  std::optional<DagState> find_dag(const std::string& dag_id);
  std::vector<DagState> list_dags();  // by id
  void set_paused(const std::string& dag_id, bool is_paused);
  void set_last_interval(const std::string& dag_id, int64_t start_ms, int64_t end_ms);
  void set_next_run(const DagState& dag);                           // its next_ fields
  std::map<std::string, std::map<RunState, int64_t>> run_counts();  // by DAG

  // Runs. add_run gives the id. Errors: kAlreadyExists "A DAG Run already exists for DAG X with run id Y".
  int64_t add_run(const DagRun& run);
  std::optional<DagRun> find_run(const std::string& dag_id, const std::string& run_id);
  std::optional<DagRun> find_run(int64_t id);
  // The newest of that logical date that is no test (is_test()), and the newest test.
  std::optional<DagRun> find_run_of(const std::string& dag_id, int64_t logical_date_ms);
  std::optional<DagRun> find_test_of(const std::string& dag_id, int64_t logical_date_ms);
  std::vector<DagRun> list_runs(const RunFilter& filter, const Page& page = {});
  int64_t count_runs(const RunFilter& filter);
  std::map<std::pair<std::string, std::string>, RunState> unfinished_runs();  // by DAG and run
  void update_run(const DagRun& run);                                     // everything but its names and type
  void delete_run(const std::string& dag_id, const std::string& run_id);  // with its tasks

  // Task instances.
  void add_task_instance(const TaskInstance& instance);
  std::optional<TaskInstance> find_task_instance(const TaskKey& key);
  std::optional<TaskInstance> find_task_instance(const std::string& id);
  std::vector<TaskInstance> task_instances_of(const std::string& dag_id, const std::string& run_id);
  std::vector<TaskStatus> task_statuses_of(const std::string& dag_id, const std::string& run_id);
  std::vector<TaskInstance> list_task_instances(const TaskFilter& filter, const Page& page = {});
  int64_t count_task_instances(const TaskFilter& filter);
  // Those that the scheduler may launch (scheduled, of running runs of DAGs that are not paused, which nobody
  // tests), in the order in which it takes them: heaviest first, then the oldest run, then by task id. Or the
  // scheduled ones of one run.
  std::vector<TaskInstance> scheduled_task_instances(const Page& page,
                                                     const std::optional<RunName>& of_run = std::nullopt);
  // How many tasks with a process each run has; runs without any are not in it.
  std::map<std::pair<std::string, std::string>, int64_t> active_task_counts();
  std::vector<TaskInstance> task_instances_of_job(int64_t job_id);
  void update_task_instance(const TaskInstance& instance);  // everything but its names
  // For a clock that was set back: tries that end in the future ended now, and what waits after one of them
  // waits as long as it was to, from now.
  void end_tries_by(int64_t now_ms);
  // From scheduled to queued, for a job. False when it is not scheduled any more, or its last process may
  // still be there.
  bool claim(const TaskInstance& instance);
  // Keeps the try as it ended, before another begins.
  void keep_try(const TaskInstance& instance);
  std::vector<TaskInstance> tries_of(const TaskKey& key);  // the present one last
  // The last `run_count` runs of a DAG, newest first, and the state of each task in them: for the grid.
  struct GridRun {
    DagRun run;
    std::vector<TaskInstance> tasks;
  };
  std::vector<GridRun> grid(const std::string& dag_id, int64_t run_count);

  // What tasks returned.
  void set_xcom(const TaskKey& key, const std::string& name, const std::string& value, int64_t now_ms);
  void delete_xcoms(const TaskKey& key);
  std::vector<XCom> xcoms_of(const std::string& dag_id, const std::string& run_id);  // by task and key
  std::vector<XCom> list_xcoms(const XComFilter& filter, const Page& page = {});
  int64_t count_xcoms(const XComFilter& filter);
  // Values by task: of "return_value", for example.
  std::map<std::string, std::string> xcoms_named(const std::string& dag_id, const std::string& run_id,
                                                 const std::string& key);

  // Pools. default_pool is there from the beginning, with 128 slots.
  void set_pool(const Pool& pool);
  bool delete_pool(const std::string& name);  // false when there was none
  std::optional<Pool> find_pool(const std::string& name);
  std::vector<Pool> list_pools();
  // What the pools have left, by name; INT64_MAX / 2 without limit. Cost: of tasks with a process alone.
  std::map<std::string, int64_t> open_pool_slots();

  // Assets.
  int64_t add_asset_event(const AssetEvent& event);
  void queue_asset_event(const std::string& dag_id, int64_t event_id);
  std::vector<AssetEvent> queued_asset_events(const std::string& dag_id);  // oldest first
  // They have started this run.
  void take_asset_events(const std::string& dag_id, int64_t dag_run_id,
                         const std::vector<int64_t>& event_ids);
  std::vector<AssetEvent> asset_events_of(int64_t dag_run_id);
  std::vector<AssetEvent> list_asset_events(const AssetEventFilter& filter, const Page& page);
  int64_t count_asset_events(const AssetEventFilter& filter);
  std::vector<DagRun> runs_of_asset_event(int64_t event_id);
  std::vector<Asset> assets_with_events();  // by name

  // Backfills.
  int64_t add_backfill(const Backfill& backfill, const std::vector<BackfillRun>& runs);
  std::optional<Backfill> find_backfill(int64_t id);
  std::optional<Backfill> active_backfill(const std::string& dag_id);
  std::vector<Backfill> list_backfills(const std::string& dag_id);
  std::vector<BackfillRun> runs_of_backfill(int64_t id);
  void update_backfill(const Backfill& backfill);  // is_paused, completed_at

  // Schedulers.
  int64_t add_job(const Job& job);
  std::vector<Job> running_jobs();
  std::vector<Job> list_jobs(const Page& page);  // newest first
  int64_t count_jobs();
  // False when the job is not running any more: somebody has taken over from it.
  bool update_job(const Job& job);
  // The same with the heartbeat alone, which nobody is told of: a page that is open would be made again for
  // each, and another scheduler would look at everything.
  bool beat(int64_t job_id, int64_t now_ms);
  bool is_running(int64_t job_id);

  void log(const LogEntry& entry);
  std::optional<LogEntry> find_log_entry(int64_t id);
  std::vector<LogEntry> list_log(const LogFilter& filter, const Page& page);
  int64_t count_log(const LogFilter& filter);

  // Deadlines of runs, (run, position among the DAG's).
  struct DueDeadline {
    int64_t dag_run_id = 0;
    int64_t position = 0;
  };
  void add_deadline(int64_t dag_run_id, int64_t position, int64_t deadline_ms);
  void delete_deadlines(int64_t dag_run_id);
  std::vector<DueDeadline> take_due_deadlines(int64_t now_ms);  // and forgets them
  std::optional<int64_t> next_deadline_ms();

  // Callbacks that are still to be made.
  struct PendingCallback {
    int64_t id = 0;
    std::string target;    // JSON: {"url": ...} or {"command": [...]}
    std::string document;  // JSON: what it is told
  };
  void add_callback(const std::string& target, const std::string& document, int64_t job_id, int64_t now_ms);
  std::vector<PendingCallback> pending_callbacks(int64_t job_id);  // oldest first
  void hand_over_callbacks(int64_t to_job_id);                     // of schedulers that do not run any more
  std::optional<PendingCallback> delete_callback(int64_t id);

 private:
  int64_t write(std::string_view sql, const std::vector<metadata::Value>& values) {
    return metadata::execute_counted(database_, sql, values);
  }
  std::vector<metadata::Row> write_returning(std::string_view sql,
                                             const std::vector<metadata::Value>& values) {
    return metadata::query_counted(database_, sql, values);
  }

  metadata::Database& database_;
};

// A new UUIDv7 of this moment (RFC 9562), as Airflow's task instances have.
std::string new_task_instance_id(int64_t now_ms);

}  // namespace tidemill::workflow
