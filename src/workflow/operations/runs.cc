// Runs and their tasks: trigger, clear, mark, delete.

#include "workflow/runs.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "base/id.h"
#include "base/json.h"
#include "base/masking.h"
#include "base/text.h"
#include "base/time_zone.h"
#include "workflow/operations.h"
#include "workflow/operations/read_input.h"

namespace tidemill::workflow {
namespace {

bool is_running(const TaskInstance& instance) {
  return instance.state == TaskState::kQueued || instance.state == TaskState::kRunning;
}

bool is_wanted(const TaskInstance& instance, const ClearOptions& options) {
  const bool has_failed =
      instance.state == TaskState::kFailed || instance.state == TaskState::kUpstreamFailed;
  if (options.only_failed || options.only_running) {
    return (options.only_failed && has_failed) || (options.only_running && is_running(instance));
  }
  return true;  // also what has not begun: the run of a backfill that was cancelled is queued again
}

}  // namespace

Operations::Operations(metadata::Database& database, const std::vector<Dag>& dags, const Clock& clock,
                       Actor actor)
    : database_(database), store_(database), dags_(dags), clock_(clock), actor_(std::move(actor)) {}

const Dag& Operations::dag(const std::string& dag_id) const {
  std::vector<std::string> ids;
  for (const Dag& dag : dags_) {
    if (dag.id == dag_id) return dag;
    ids.push_back(dag.id);
  }
  throw Error(ErrorCode::kNotFound,
              fmt::format("Dag id {} not found in DagModel{}", dag_id, did_you_mean(dag_id, ids)));
}

const Task& Operations::task(const std::string& dag_id, const std::string& task_id) const {
  const Dag& found = dag(dag_id);
  if (const Task* task = found.find_task(task_id)) return *task;
  std::vector<std::string> ids;
  for (const Task& task : found.tasks) ids.push_back(task.id);
  throw Error(ErrorCode::kNotFound, fmt::format("Task {} not found{}", task_id, did_you_mean(task_id, ids)));
}

DagRun Operations::run(const std::string& dag_id, const std::string& run_id_or_date) {
  dag(dag_id);
  if (auto found = store_.find_run(dag_id, run_id_or_date)) return *found;
  if (const auto date_ms = find_instant(run_id_or_date)) {
    if (auto found = store_.find_run_of(dag_id, *date_ms)) return *found;
    if (auto found = store_.find_test_of(dag_id, *date_ms)) return *found;
  }
  throw Error(ErrorCode::kNotFound, fmt::format("DagRun for {} with run_id or logical_date of '{}' not found",
                                                dag_id, run_id_or_date));
}

void Operations::log(const std::string& event, const std::string& dag_id, const std::string& run_id,
                     const std::string& task_id, const std::string& extra) {
  LogEntry entry;
  entry.dttm_ms = clock_.now_ms();
  entry.event = event;
  entry.owner = actor_.user;
  if (!dag_id.empty()) entry.dag_id = dag_id;
  if (!run_id.empty()) entry.run_id = run_id;
  if (!task_id.empty()) entry.task_id = task_id;
  if (!extra.empty()) entry.extra = masked_value("", extra);
  store_.log(entry);
}

namespace {

// It names folders, and stands in logs and documents.
void check_run_id(const std::string& run_id) {
  constexpr size_t kMaxBytes = 250;  // Airflow's
  const bool is_text = is_utf8(run_id) && std::none_of(run_id.begin(), run_id.end(),
                                                       [](unsigned char c) { return c < 0x20 || c == 0x7F; });
  if (!run_id.empty() && run_id.size() <= kMaxBytes && is_text) return;
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("the run id must be text of 1 to {} bytes in one line", kMaxBytes));
}

// Of people: a page of a note is none.
void check_note(const std::optional<std::string>& note) {
  constexpr size_t kMaxCharacters = 1000;  // Airflow's
  const size_t characters = count_characters(note.value_or(""));
  if (characters <= kMaxCharacters) return;
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("a note has at most {} characters, this one {}", kMaxCharacters, characters));
}

// Airflow's unique constraint on (dag_id, logical_date). Its runs by hand have no date unless one is given:
// ours of the moment are held to their ids alone.
void check_date_is_free(Store& store, const DagRun& run) {
  const auto same = store.find_run_of(run.dag_id, *run.logical_date_ms);
  if (!same || same->run_id == run.run_id) return;  // of the id create_run tells
  throw Error(
      ErrorCode::kAlreadyExists,
      fmt::format("A DAG Run already exists for DAG {} with logical date {}: {}; clear it to run that "
                  "date again",
                  run.dag_id, TimeZone::utc().isoformat(*run.logical_date_ms), same->run_id));
}

}  // namespace

DagRun Operations::trigger(const std::string& dag_id, const TriggerOptions& options) {
  const Dag& triggered = dag(dag_id);
  check_json_object(options.conf, "conf");
  check_note(options.note);
  if (options.run_id) check_run_id(*options.run_id);
  const int64_t now_ms = clock_.now_ms();
  metadata::Transaction transaction(database_);
  store_.ensure_dag(dag_id, triggered.is_paused_upon_creation, now_ms);
  DagRun run;
  run.dag_id = dag_id;
  run.run_type = options.run_type;
  run.logical_date_ms = options.logical_date_ms ? *options.logical_date_ms : free_date(dag_id, now_ms);
  const DataInterval interval =
      options.data_interval.value_or(DataInterval{*run.logical_date_ms, *run.logical_date_ms});
  run.data_interval_start_ms = interval.start_ms;
  run.data_interval_end_ms = interval.end_ms;
  run.run_after_ms = options.run_after_ms.value_or(now_ms);
  run.run_id = options.run_id.value_or(new_run_id(options.run_type, *run.logical_date_ms));
  if (!options.run_id) {
    const auto namesake = store_.find_run(dag_id, run.run_id);
    if (namesake && is_test(*namesake)) run.run_id += "_" + new_id().substr(0, 8);
  }
  run.queued_at_ms = now_ms;
  run.conf = options.conf;
  run.note = options.note;
  run.triggered_by = actor_.by;
  run.triggering_user_name = actor_.user;
  if (options.logical_date_ms) check_date_is_free(store_, run);
  run = create_run(store_, DagGraph(triggered), run);
  log("trigger_dag_run", dag_id, run.run_id, "", run.conf);
  transaction.commit();
  return run;
}

// Two triggers may come within one millisecond.
int64_t Operations::free_date(const std::string& dag_id, int64_t from_ms) {
  while (store_.find_run_of(dag_id, from_ms)) ++from_ms;
  return from_ms;
}

void Operations::set_paused(const std::string& dag_id, bool is_paused) {
  const Dag& found = dag(dag_id);
  metadata::Transaction transaction(database_);
  store_.ensure_dag(dag_id, found.is_paused_upon_creation, clock_.now_ms());
  store_.set_paused(dag_id, is_paused);
  log(is_paused ? "pause" : "unpause", dag_id);
  transaction.commit();
}

std::vector<std::string> Operations::tasks_to_clear(const Dag& dag, const ClearOptions& options) const {
  std::set<std::string> ids;
  for (const std::string& id : options.task_ids) ids.insert(task(dag.id, id).id);
  if (ids.empty()) {
    for (const Task& task : dag.tasks) ids.insert(task.id);
  }
  const DagGraph graph(dag);
  const auto add_reachable = [&](const std::vector<std::string>& named, auto next) {
    for (const std::string& id : named) {
      for (const size_t number : graph.reachable(*graph.find(id), next)) ids.insert(graph[number].task->id);
    }
  };
  const std::vector<std::string> named(ids.begin(), ids.end());
  if (options.include_downstream) add_reachable(named, &DagGraph::Node::downstream);
  if (options.include_upstream) add_reachable(named, &DagGraph::Node::upstream);
  return {ids.begin(), ids.end()};
}

std::vector<DagRun> Operations::runs_to_clear(const DagRun& run, const ClearOptions& options) {
  if ((!options.include_past && !options.include_future) || !run.logical_date_ms) return {run};
  RunFilter filter;
  filter.dag_id = run.dag_id;
  filter.order_by = "logical_date";
  if (!options.include_past) filter.logical_date_from_ms = run.logical_date_ms;
  if (!options.include_future) filter.logical_date_to_ms = run.logical_date_ms;
  return store_.list_runs(filter, {-1});
}

std::vector<TaskInstance> Operations::clear(const std::string& dag_id, const std::string& run_id,
                                            const ClearOptions& options) {
  const std::vector<std::string> ids = tasks_to_clear(dag(dag_id), options);
  std::vector<TaskInstance> cleared;
  metadata::Transaction transaction(database_);
  for (const DagRun& one : runs_to_clear(run(dag_id, run_id), options)) {
    size_t count = 0;
    for (const TaskInstance& instance : store_.task_instances_of(dag_id, one.run_id)) {
      if (!std::binary_search(ids.begin(), ids.end(), instance.task_id) || !is_wanted(instance, options))
        continue;
      cleared.push_back(instance);
      if (options.is_dry_run) continue;
      clear_instance(instance);
      ++count;
    }
    if (count == 0) continue;
    if (options.reset_dag_runs) run_again(one);
    log("clear", dag_id, one.run_id, "", fmt::format("{} tasks", count));
  }
  transaction.commit();
  return cleared;
}

// A task that runs is ended by its scheduler first. Tries go on counting, and there are as many again.
void Operations::clear_instance(TaskInstance instance) {
  const Task* task = dag(instance.dag_id).find_task(instance.task_id);
  instance.max_tries = instance.try_number + (task == nullptr ? 0 : task->retries);
  store_.delete_xcoms({instance.dag_id, instance.run_id, instance.task_id});
  if (instance.job_id) {  // its process may still be there
    instance.state = TaskState::kRestarting;
  } else {
    // A try that was cleared before has been kept then, and has no end any more.
    if (instance.try_number > 0 && instance.end_ms) store_.keep_try(instance);
    instance.state = std::nullopt;
    forget_try(instance);
  }
  store_.update_task_instance(instance);
}

void Operations::run_again(DagRun run) {
  if (!is_finished(run.state)) return;
  run.state = RunState::kQueued;
  run.queued_at_ms = clock_.now_ms();
  run.start_ms = run.end_ms = std::nullopt;
  ++run.clear_number;
  store_.update_run(run);
  add_deadlines(store_, dag(run.dag_id), run);
}

void Operations::mark(const TaskKey& key, TaskState state) {
  if (state != TaskState::kSuccess && state != TaskState::kFailed && state != TaskState::kSkipped) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("a task cannot be marked {}: use success, failed or skipped", name_of(state)));
  }
  task(key.dag_id, key.task_id);
  metadata::Transaction transaction(database_);
  const DagRun found = run(key.dag_id, key.run_id);
  auto instance = store_.find_task_instance(key);
  if (!instance) throw Error(ErrorCode::kNotFound, fmt::format("Task {} not found", key.task_id));
  instance->state = state;
  if (!instance->start_ms) instance->start_ms = clock_.now_ms();
  instance->end_ms = std::max(clock_.now_ms(), *instance->start_ms);
  store_.update_task_instance(*instance);
  clear_failed_downstream(found, key.task_id);
  run_again(found);
  log(std::string(name_of(state)), key.dag_id, key.run_id, key.task_id);
  transaction.commit();
}

// What failed because of the task that is marked is looked at again.
void Operations::clear_failed_downstream(const DagRun& run, const std::string& task_id) {
  const DagGraph graph(dag(run.dag_id));
  for (const size_t number : graph.reachable(*graph.find(task_id), &DagGraph::Node::downstream)) {
    const auto instance = store_.find_task_instance(TaskKey{run.dag_id, run.run_id, graph[number].task->id});
    const bool has_failed =
        instance && (instance->state == TaskState::kFailed || instance->state == TaskState::kUpstreamFailed);
    if (has_failed) clear_instance(*instance);
  }
}

void Operations::mark_run(const std::string& dag_id, const std::string& run_id, RunState state) {
  metadata::Transaction transaction(database_);
  DagRun marked = run(dag_id, run_id);
  const int64_t now_ms = clock_.now_ms();
  if (state == RunState::kQueued) {
    clear(dag_id, marked.run_id, {});
    transaction.commit();
    return;
  }
  if (!is_finished(state)) {
    throw Error(ErrorCode::kInvalidArgument, "a run cannot be marked running: use queued, success or failed");
  }
  for (TaskInstance& instance : store_.task_instances_of(dag_id, marked.run_id)) {
    const bool is_over = instance.state && is_finished(*instance.state);
    if (is_over && (state == RunState::kFailed || instance.state == TaskState::kRemoved)) continue;
    instance.state = state == RunState::kSuccess ? TaskState::kSuccess
                     : is_running(instance)      ? TaskState::kFailed
                                                 : TaskState::kSkipped;
    instance.end_ms = std::max(now_ms, instance.start_ms.value_or(now_ms));
    store_.update_task_instance(instance);
  }
  marked.state = state;
  marked.end_ms = std::max(now_ms, marked.start_ms.value_or(now_ms));
  store_.update_run(marked);
  store_.delete_deadlines(marked.id);
  log("mark_" + std::string(name_of(state)), dag_id, marked.run_id);
  transaction.commit();
}

void Operations::delete_run(const std::string& dag_id, const std::string& run_id) {
  metadata::Transaction transaction(database_);
  const DagRun found = run(dag_id, run_id);
  for (const TaskInstance& instance : store_.task_instances_of(dag_id, found.run_id)) {
    if (found.state != RunState::kRunning && !instance.job_id) continue;
    throw Error(
        ErrorCode::kConflict,
        fmt::format("The DagRun with dag_id: `{}` and run_id: `{}` cannot be deleted in running state: "
                    "mark it failed, and wait until its tasks have ended",
                    dag_id, found.run_id));
  }
  store_.delete_run(dag_id, found.run_id);
  log("delete_dag_run", dag_id, found.run_id);
  transaction.commit();
}

void Operations::set_note(const std::string& dag_id, const std::string& run_id,
                          const std::optional<std::string>& note) {
  check_note(note);
  metadata::Transaction transaction(database_);
  DagRun found = run(dag_id, run_id);
  found.note = note;
  store_.update_run(found);
  log("set_note", dag_id, found.run_id);
  transaction.commit();
}

void Operations::set_task_note(const TaskKey& key, const std::optional<std::string>& note) {
  check_note(note);
  metadata::Transaction transaction(database_);
  auto instance = store_.find_task_instance(key);
  if (!instance) throw Error(ErrorCode::kNotFound, fmt::format("Task {} not found", key.task_id));
  instance->note = note;
  store_.update_task_instance(*instance);
  log("set_note", key.dag_id, key.run_id, key.task_id);
  transaction.commit();
}

}  // namespace tidemill::workflow
