#pragma once
// A DAG: tasks, what follows on what, and when it runs. Plain values with Airflow's names and defaults
// (airflow.sdk.definitions.dag.DAG, airflow.sdk.bases.operator.BaseOperator, airflow/config_templates).

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "workflow/states.h"
#include "workflow/timetable.h"

namespace tidemill::workflow {

inline constexpr char kDefaultPool[] = "default_pool";

// Who is told when something happened: a URL that gets a JSON document by POST, or a program with arguments
// that gets it on its standard input. What is secret stands in environment variables that are named here:
// what this holds is written into the database.
struct Callback {
  std::string name;  // shown to people
  std::string url;
  std::string url_variable;    // instead of url
  std::string token_variable;  // sent as "Authorization: Bearer"
  std::vector<std::string> command;
  int64_t timeout_ms = 30'000;  // of each attempt
  int retries = 3;              // of a URL that did not answer or was busy

  bool is_webhook() const { return !url.empty() || !url_variable.empty(); }
};

struct Task {
  std::string id;
  std::string operator_name = "TidemillOperator";  // shown to people
  std::string doc;
  std::vector<std::string> upstream;  // ids
  TriggerRule trigger_rule = TriggerRule::kAllSuccess;
  int retries = 0;
  double retry_delay_s = 300;
  double retry_exponential_backoff = 0;     // multiplier, 0 for none
  std::optional<double> max_retry_delay_s;  // caps the growing delay
  std::optional<int64_t> execution_timeout_ms;
  std::optional<uint64_t> memory_limit_bytes;
  std::string pool = kDefaultPool;
  int pool_slots = 1;
  int priority_weight = 1;
  WeightRule weight_rule = WeightRule::kDownstream;
  bool depends_on_past = false;                 // not before the task's last run has succeeded or was skipped
  bool wait_for_downstream = false;             // nor before what followed on it directly has
  bool ignore_downstream_trigger_rules = true;  // a short circuit skips all that follows, whatever its rules
  std::vector<std::string> outlets;             // assets that it changes when it succeeds
  std::vector<Callback> on_execute, on_success, on_failure, on_retry, on_skipped;
};

// Airflow's DeadlineAlert: `callbacks` hear when a run has not ended `interval_ms` after the reference. A run
// that is run again counts from when it was queued again, whatever the day it is about.
struct DeadlineAlert {
  enum class Reference { kQueuedAt, kLogicalDate, kRunAfter, kStartDate };
  Reference reference = Reference::kQueuedAt;
  int64_t interval_ms = 0;
  std::vector<Callback> callbacks;
};

// "queued_at", "logical_date", "run_after", "start_date".
std::string_view name_of(DeadlineAlert::Reference reference);

struct Dag {
  std::string id;
  std::string description, doc, owner = "tidemill";
  std::vector<std::string> tags;
  std::vector<Task> tasks;

  // "@daily", "0 6 * * 1", "@once", "@continuous", "none"; or, when there are any, each of the assets has
  // changed, or one of them (Airflow's AssetAny).
  std::string schedule = "none";
  std::vector<std::string> schedule_assets;
  bool any_asset_is_enough = false;
  std::string time_zone = "UTC";
  std::optional<int64_t> start_date_ms, end_date_ms;
  bool catchup = false;

  int max_active_runs = 16;
  int max_active_tasks = 16;
  std::optional<int64_t> dagrun_timeout_ms;
  bool is_paused_upon_creation = false;
  std::string default_conf = "{}";  // JSON: Airflow's params
  std::vector<DeadlineAlert> deadlines;
  std::vector<Callback> on_success, on_failure;

  const Task* find_task(const std::string& task_id) const;
};

// Errors: kInvalidArgument naming the DAG and what is wrong: an id that Airflow would not take (letters,
// digits,
// '-', '_', '.', at most 250 of them), two tasks of one id, an unknown upstream task, a cycle (shown), a
// schedule or time zone that cannot be read, a negative number.
void check(const Dag& dag);

// When it runs. Errors: as check().
Timetable timetable_of(const Dag& dag);

// Tasks in an order in which each comes after its upstream, by id among equals. The DAG must be checked.
std::vector<const Task*> topological_order(const Dag& dag);
// Ids of the tasks that follow on it directly.
std::vector<std::string> downstream_of(const Dag& dag, const std::string& task_id);

}  // namespace tidemill::workflow
