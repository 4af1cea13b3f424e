#pragma once
// What the database knows of DAGs, runs and tasks: Airflow's records (airflow/models), times in milliseconds
// since 1970 UTC.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "workflow/states.h"

namespace tidemill::workflow {

struct DagState {
  std::string dag_id;
  bool is_paused = false;
  // Data interval of the last scheduled run.
  std::optional<int64_t> last_interval_start_ms, last_interval_end_ms;
  // Of the next one: nullopt when there is none, or not by the clock.
  std::optional<int64_t> next_interval_start_ms, next_interval_end_ms, next_run_after_ms;
  int64_t first_seen_at_ms = 0;
  int64_t last_parsed_ms = 0;  // when a scheduler last started with it

  bool operator==(const DagState&) const = default;
};

struct DagRun {
  int64_t id = 0;
  std::string dag_id, run_id;
  RunType run_type = RunType::kManual;
  RunState state = RunState::kQueued;
  std::optional<int64_t> logical_date_ms, data_interval_start_ms, data_interval_end_ms;
  int64_t run_after_ms = 0;
  int64_t queued_at_ms = 0;
  std::optional<int64_t> start_ms, end_ms, last_scheduling_decision_ms;
  std::string conf = "{}";  // a JSON object
  TriggeredBy triggered_by = TriggeredBy::kCli;
  std::optional<std::string> triggering_user_name, note;
  std::optional<int64_t> backfill_id;
  int clear_number = 0;

  bool operator==(const DagRun&) const = default;
};

// A run that `dags test` made and works on itself: schedulers leave it alone, and it counts for no limit.
// Once it is cleared, it is a run like any other.
inline bool is_test(const DagRun& run) {
  return run.triggered_by == TriggeredBy::kTest && run.clear_number == 0;
}

struct TaskInstance {
  std::string id;  // UUIDv7
  std::string dag_id, run_id, task_id;
  std::optional<TaskState> state;
  int try_number = 0;  // of the present or last try; 0 before the first
  int max_tries = 0;   // a failed try is followed by another while try_number <= max_tries
  std::optional<int64_t> scheduled_at_ms, queued_at_ms, start_ms, end_ms, next_retry_at_ms;
  std::string pool;
  int pool_slots = 1;
  int priority_weight = 1;
  std::string operator_name;
  std::optional<int64_t> pid;
  std::optional<std::string> hostname;
  // The scheduler whose executor has it: as long as this is set its process may be there, whatever the state
  // says by now, and it must not be launched again.
  std::optional<int64_t> job_id;
  std::optional<std::string> note;
  int64_t run_after_ms = 0;  // the run's, by which tasks of one weight are taken

  bool operator==(const TaskInstance&) const = default;
};

// Of a task instance, what its run is followed by.
struct TaskStatus {
  std::string id, task_id;
  std::optional<TaskState> state;
  std::optional<int64_t> job_id, next_retry_at_ms;
};

struct Pool {
  std::string name;
  int slots = 128;  // -1: without limit
  std::optional<std::string> description;
  bool include_deferred = false;
  // Taken by tasks that are running (also: being ended), queued; and wanted by those that are scheduled.
  int running_slots = 0, queued_slots = 0, scheduled_slots = 0;

  int occupied_slots() const { return running_slots + queued_slots; }
  // -1: without limit.
  int open_slots() const { return slots < 0 ? -1 : slots - occupied_slots(); }
};

struct AssetEvent {
  int64_t id = 0;
  std::string asset;
  std::string extra = "{}";  // a JSON object
  std::optional<std::string> source_dag_id, source_run_id, source_task_id;
  int64_t timestamp_ms = 0;
};

// What is known of an asset from its events.
struct Asset {
  std::string name;
  int64_t last_event_id = 0, last_event_ms = 0, event_count = 0;
};

struct Backfill {
  int64_t id = 0;
  std::string dag_id;
  int64_t from_ms = 0, to_ms = 0;
  std::string conf = "{}";
  bool is_paused = false;
  ReprocessBehavior reprocess_behavior = ReprocessBehavior::kNone;
  int max_active_runs = 10;
  int64_t created_at_ms = 0;
  std::optional<int64_t> completed_at_ms;
};

struct BackfillRun {
  int64_t logical_date_ms = 0;
  std::optional<int64_t> dag_run_id;
  std::optional<std::string> exception_reason;  // "already exists"
};

struct Job {
  int64_t id = 0;
  std::string state;  // "running", "success", "failed"
  std::string hostname;
  int64_t pid = 0;
  int64_t start_ms = 0, latest_heartbeat_ms = 0;
  std::optional<int64_t> end_ms;
};

struct LogEntry {
  int64_t id = 0;
  int64_t dttm_ms = 0;
  std::string event;
  std::optional<std::string> dag_id, run_id, task_id;
  std::optional<int64_t> try_number;
  std::string owner;
  std::optional<std::string> extra;
};

}  // namespace tidemill::workflow
