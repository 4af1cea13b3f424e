// Runs are followed: what their tasks' states lead to, until they are over.

#include <algorithm>

#include <fmt/format.h>

#include "base/json.h"
#include "workflow/run_evaluation.h"
#include "workflow/runs.h"
#include "workflow/scheduler/due_runs.h"
#include "workflow/scheduler/scheduler.h"

namespace tidemill::workflow {
namespace {

// What short circuits wrote down: {"skipped": [task ids]}, as Airflow's SkipMixin.
Skipped skipped_in(Store& store, const DagRun& run) {
  Skipped skipped;
  for (const auto& [task_id, text] : store.xcoms_named(run.dag_id, run.run_id, kSkippedKey)) {
    const Json value = parse_json(text, "what " + task_id + " has skipped");
    for (const Json& task : value.at("skipped")) skipped[task_id].insert(task.get<std::string>());
  }
  return skipped;
}

bool is_first_of_backfill(Store& store, const DagRun& run) {
  if (!run.backfill_id) return false;
  const std::vector<BackfillRun> runs = store.runs_of_backfill(*run.backfill_id);
  return !runs.empty() && runs.front().dag_run_id == run.id;
}

bool has_ended(const TaskInstance& instance) {
  return instance.state && is_finished(*instance.state);
}

}  // namespace

void Scheduler::create_and_start_runs() {
  if (options_.foreground) {
    for (const auto& followed : dags_) followed->is_changed = false;
    return;
  }
  for (const auto& followed : dags_) {
    const bool is_due = followed->next_run_at_ms && *followed->next_run_at_ms <= now_ms_;
    if (!std::exchange(followed->is_changed, false) && !is_due) {
      wake_by(followed->next_run_at_ms);
      continue;
    }
    end_finished_backfill(store_, followed->dag.id, now_ms_);
    if (!is_stopping_) {
      followed->next_run_at_ms = create_due_runs(store_, followed->graph, followed->timetable, now_ms_);
      const StartedRuns started = start_queued_runs(store_, followed->dag, now_ms_);
      for (const DagRun& run : started.runs) changed_runs_.insert({run.dag_id, run.run_id});
      if (started.next_ms) {
        followed->next_run_at_ms =
            std::min(followed->next_run_at_ms.value_or(*started.next_ms), *started.next_ms);
      }
    }
    wake_by(followed->next_run_at_ms);
  }
}

void Scheduler::follow_runs() {
  while (!changed_runs_.empty()) {
    std::vector<DagRun> runs;
    for (const auto& [dag_id, run_id] : std::exchange(changed_runs_, {})) {
      look_at_.erase({dag_id, run_id});
      if (find(dag_id) == nullptr) continue;
      auto run = store_.find_run(dag_id, run_id);
      if (run && run->state == RunState::kRunning && is_ours(*run)) runs.push_back(std::move(*run));
    }
    std::sort(runs.begin(), runs.end(), [](const DagRun& a, const DagRun& b) {
      return std::pair(a.run_after_ms, a.id) < std::pair(b.run_after_ms, b.id);
    });
    for (DagRun& run : runs) {
      Followed& followed = *find(run.dag_id);
      follow(followed, std::move(run));
    }
  }
}

void Scheduler::follow(Followed& followed, DagRun run) {
  if (times_out(followed, run)) return;
  std::vector<TaskStatus> instances = store_.task_statuses_of(run.dag_id, run.run_id);
  if (complete_instances(followed.graph, run, instances)) {
    instances = store_.task_statuses_of(run.dag_id, run.run_id);
  }
  const Skipped skipped = skipped_in(store_, run);
  const auto allows = [&](const Task& task) { return past_allows(followed.dag, run, task); };
  const RunEvaluation evaluation = evaluate_run(followed.graph, instances, now_ms_, allows, skipped);
  const bool is_paused = paused_.contains(run.dag_id) && !options_.foreground;
  for (const StateChange& change : evaluation.changes) {
    // A paused DAG starts nothing, but what is over comes to its end.
    if (is_paused && change.state == TaskState::kScheduled) continue;
    TaskInstance instance = store_.find_task_instance(instances[change.instance].id).value();
    change_state(instance, change.state);
  }
  // A task that is skipped lets those of later runs go on that look at it.
  if (!evaluation.changes.empty() && !is_paused) look_at_later_runs(followed, run.run_id);
  if (evaluation.next_retry_at_ms) {
    int64_t& at_ms =
        look_at_.emplace(RunKey(run.dag_id, run.run_id), *evaluation.next_retry_at_ms).first->second;
    at_ms = std::min(at_ms, *evaluation.next_retry_at_ms);
  }
  if (evaluation.ended) end_run(followed, run, *evaluation.ended);
}

// Those whose tasks may look at tasks of this run, which have changed.
void Scheduler::look_at_later_runs(const Followed& followed, const std::string& run_id) {
  if (!followed.graph.looks_at_past()) return;
  RunFilter filter;
  filter.dag_id = followed.dag.id;
  filter.states = {RunState::kRunning};
  for (const DagRun& other : store_.list_runs(filter, {-1})) {
    if (other.run_id != run_id) changed_runs_.insert({other.dag_id, other.run_id});
  }
}

// Tasks that the DAG has got since the run began. Whether there were any.
bool Scheduler::complete_instances(const DagGraph& graph, const DagRun& run,
                                   const std::vector<TaskStatus>& instances) {
  std::vector<bool> is_there(graph.nodes().size());
  for (const TaskStatus& instance : instances) {
    if (const auto number = graph.find(instance.task_id)) is_there[*number] = true;
  }
  bool has_added = false;
  for (size_t number = 0; number < is_there.size(); ++number) {
    if (is_there[number]) continue;
    store_.add_task_instance(new_task_instance(graph, graph[number], run));
    has_added = true;
  }
  return has_added;
}

void Scheduler::change_state(TaskInstance& instance, TaskState state) {
  if (instance.state == TaskState::kUpForRetry) store_.keep_try(instance);
  instance.state = state;
  if (state == TaskState::kScheduled) {
    forget_try(instance);
    instance.scheduled_at_ms = now_ms_;
    has_waiting_tasks_ = true;
  } else {
    instance.start_ms = instance.end_ms = now_ms_;
    if (!instance.job_id) instance.pid = std::nullopt, instance.hostname = std::nullopt;  // of an earlier try
  }
  store_.update_task_instance(instance);
}

void Scheduler::end_run(Followed& followed, DagRun& run, RunState state) {
  run.state = state;
  run.end_ms = std::max(now_ms_, run.start_ms.value_or(now_ms_));
  run.last_scheduling_decision_ms = now_ms_;
  store_.update_run(run);
  if (!followed.dag.deadlines.empty()) store_.delete_deadlines(run.id);
  followed.is_changed = true;  // the next one may start
  const bool is_good = state == RunState::kSuccess;
  call_back(is_good ? followed.dag.on_success : followed.dag.on_failure,
            is_good ? "on_success" : "on_failure", run, nullptr);
}

// As Airflow: the run fails, and what has not ended is skipped.
bool Scheduler::times_out(Followed& followed, DagRun& run) {
  if (!followed.dag.dagrun_timeout_ms || !run.start_ms) return false;
  const int64_t ends_at_ms = *run.start_ms + *followed.dag.dagrun_timeout_ms;
  if (now_ms_ < ends_at_ms) {
    look_at_[{run.dag_id, run.run_id}] = ends_at_ms;
    return false;
  }
  for (TaskInstance& instance : store_.task_instances_of(run.dag_id, run.run_id)) {
    if (!has_ended(instance)) change_state(instance, TaskState::kSkipped);
  }
  may_be_changed_ = true;
  end_run(followed, run, RunState::kFailed);
  return true;
}

// Source: airflow.ti_deps.deps.prev_dagrun_dep. "Before" is by logical date, with catchup among the runs that
// nobody started by hand. A run without a logical date has no past, and a backfill looks at none but its own.
bool Scheduler::past_allows(const Dag& dag, const DagRun& run, const Task& task) {
  if ((!task.depends_on_past && !task.wait_for_downstream) || !run.logical_date_ms) return true;
  if (is_first_of_backfill(store_, run)) return true;
  RunFilter filter;
  filter.dag_id = dag.id;
  filter.logical_date_to_ms = *run.logical_date_ms - 1;
  if (dag.catchup) filter.run_types = {RunType::kScheduled, RunType::kBackfill, RunType::kAssetTriggered};
  filter.order_by = "-logical_date";
  const std::vector<DagRun> before = store_.list_runs(filter, {1});
  if (before.empty()) return true;
  std::vector<std::string> tasks = {task.id};
  if (task.wait_for_downstream) {
    for (std::string& id : downstream_of(dag, task.id)) tasks.push_back(std::move(id));
  }
  return std::all_of(tasks.begin(), tasks.end(), [&](const std::string& id) {
    const auto instance = store_.find_task_instance(TaskKey{dag.id, before.front().run_id, id});
    return !instance || instance->state == TaskState::kSuccess || instance->state == TaskState::kSkipped ||
           instance->state == TaskState::kRemoved;
  });
}

void Scheduler::tell_missed_deadlines() {
  if (options_.foreground) return;
  if (std::none_of(dags_.begin(), dags_.end(), [](const auto& one) { return !one->dag.deadlines.empty(); }))
    return;
  for (const Store::DueDeadline& due : store_.take_due_deadlines(now_ms_)) {
    const auto run = store_.find_run(due.dag_run_id);
    Followed* followed = run ? find(run->dag_id) : nullptr;
    if (followed == nullptr || is_finished(run->state)) continue;
    const auto position = static_cast<size_t>(due.position);
    if (position >= followed->dag.deadlines.size()) continue;  // the DAG has fewer by now
    const DeadlineAlert& alert = followed->dag.deadlines[position];
    call_back(
        alert.callbacks, "on_deadline", *run, nullptr,
        fmt::format("it is not over {} s after its {}", alert.interval_ms / 1000, name_of(alert.reference)));
  }
  wake_by(store_.next_deadline_ms());
}

}  // namespace tidemill::workflow
