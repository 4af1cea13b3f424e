// What the executor tells becomes states.

#include <algorithm>

#include <fmt/format.h>

#include "base/json.h"
#include "workflow/retry_delay.h"
#include "workflow/runs.h"
#include "workflow/scheduler/scheduler.h"

namespace tidemill::workflow {
namespace {

using Outcome = TaskReport::Outcome;

// Why a task without a report ended.
std::string words_for(const TaskEvent& event) {
  if (event.timed_out) return "it took longer than its execution_timeout and was ended";
  if (event.out_of_memory) return "it needed more memory than it may have and was ended";
  if (event.signal != 0) return fmt::format("its process was killed by signal {}", event.signal);
  return fmt::format("its process ended with exit code {}", event.exit_code);
}

}  // namespace

void Scheduler::apply(const TaskEvent& event) {
  const auto instance = store_.find_task_instance(event.task_instance_id);
  if (!instance || instance->job_id != job_.id) return;  // deleted, or somebody else's by now
  // Told of before, in a transaction that was kept although it was reported as failed: what is there now is
  // the next try.
  const auto launched = launched_.find(instance->id);
  if (launched == launched_.end() || launched->second != instance->try_number) return;
  changed_runs_.insert({instance->dag_id, instance->run_id});
  if (event.kind == TaskEvent::Kind::kStarted) return apply_start(*instance, event);
  has_waiting_tasks_ = true;  // there is room again
  apply_end(*instance, event);
  if (const Followed* followed = find(instance->dag_id)) look_at_later_runs(*followed, instance->run_id);
}

void Scheduler::apply_start(TaskInstance instance, const TaskEvent& event) {
  if (instance.state != TaskState::kQueued) return;
  instance.state = TaskState::kRunning;
  instance.start_ms = std::max(event.time_ms, instance.queued_at_ms.value_or(event.time_ms));
  instance.pid = event.pid;
  told_hopeless_.erase({instance.id, instance.pool});
  store_.update_task_instance(instance);
  const TaskPlace place = find(instance);
  if (place.node != nullptr) call_back(place.node->task->on_execute, "on_execute", instance);
}

void Scheduler::apply_end(TaskInstance instance, const TaskEvent& event) {
  const bool is_to_blame = event.report || !(event.executor_lost || (is_stopping_ && event.cancelled));
  if (event.executor_lost && event.pid == 0 && event.signal == 0) {
    look_again_at_ms_ = now_ms_ + kNoRoomMs;
    tell_hopeless(instance, "waits: " + event.error);
  }
  if (!is_to_blame) return reset(std::move(instance));
  const std::optional<TaskState> state = instance.state;
  instance.job_id = std::nullopt;
  if (!instance.start_ms) instance.start_ms = event.time_ms;
  instance.end_ms = std::max(event.time_ms, *instance.start_ms);
  if (state == TaskState::kRestarting) {
    store_.keep_try(instance);
    instance.state = std::nullopt;
    forget_try(instance);
    return store_.update_task_instance(instance);
  }
  if (state != TaskState::kQueued && state != TaskState::kRunning) {
    return store_.update_task_instance(instance);  // somebody has decided what it is
  }
  if (!event.report || event.report->has_failed()) return fail(instance, event);
  const bool is_skipped = event.report->outcome == Outcome::kSkipped;
  instance.state = is_skipped ? TaskState::kSkipped : TaskState::kSuccess;
  store_.update_task_instance(instance);
  const TaskPlace place = find(instance);
  if (place.node == nullptr) return;
  if (!is_skipped) succeed(instance, place, *event.report);
  call_back(is_skipped ? place.node->task->on_skipped : place.node->task->on_success,
            is_skipped ? "on_skipped" : "on_success", instance);
}

void Scheduler::succeed(const TaskInstance& instance, const TaskPlace& place, const TaskReport& report) {
  if (!report.return_value.empty()) {
    store_.set_xcom({instance.dag_id, instance.run_id, instance.task_id}, "return_value", report.return_value,
                    now_ms_);
  }
  change_assets(instance, *place.node->task, report.asset_extra);
  if (report.outcome == Outcome::kShortCircuit) skip_downstream(instance, place);
}

// As Airflow, a paused DAG does not hear of it: what happens then is nothing it will run for.
void Scheduler::change_assets(const TaskInstance& instance, const Task& task, const std::string& extra) {
  for (const std::string& asset : task.outlets) {
    AssetEvent changed;
    changed.asset = asset;
    if (!extra.empty()) changed.extra = extra;
    changed.source_dag_id = instance.dag_id;
    changed.source_run_id = instance.run_id;
    changed.source_task_id = instance.task_id;
    changed.timestamp_ms = now_ms_;
    const int64_t event_id = store_.add_asset_event(changed);
    for (const auto& waiting : dags_) {
      const auto& assets = waiting->dag.schedule_assets;
      if (std::find(assets.begin(), assets.end(), asset) == assets.end()) continue;
      if (paused_.contains(waiting->dag.id)) continue;
      store_.queue_asset_event(waiting->dag.id, event_id);
      waiting->is_changed = true;
    }
  }
}

// Source: airflow.providers.standard.operators.python.ShortCircuitOperator.
void Scheduler::skip_downstream(const TaskInstance& instance, const TaskPlace& place) {
  const DagGraph& graph = place.followed->graph;
  const size_t number = *graph.find(instance.task_id);
  const std::vector<size_t> direct = graph[number].downstream;
  const bool skips_all = place.node->task->ignore_downstream_trigger_rules;
  const std::vector<size_t> all = skips_all ? graph.reachable(number, &DagGraph::Node::downstream) : direct;
  Json skipped_ids = Json::array();
  for (const size_t other : all) {
    const std::string& task_id = graph[other].task->id;
    skipped_ids.push_back(task_id);
    auto skipped = store_.find_task_instance(TaskKey{instance.dag_id, instance.run_id, task_id});
    const bool has_begun = skipped && skipped->state && skipped->state != TaskState::kScheduled;
    if (skipped && !has_begun && !skipped->job_id) change_state(*skipped, TaskState::kSkipped);
  }
  if (skipped_ids.empty()) return;
  store_.set_xcom({instance.dag_id, instance.run_id, instance.task_id}, kSkippedKey,
                  Json{{"skipped", skipped_ids}}.dump(), now_ms_);
}

void Scheduler::fail(TaskInstance& instance, const TaskEvent& event) {
  const TaskPlace place = find(instance);
  const auto run = store_.find_run(instance.dag_id, instance.run_id);
  const Task* task = place.node == nullptr ? nullptr : place.node->task;
  const std::string why = event.report ? event.report->error : words_for(event);
  const bool is_for_good = event.report && event.report->outcome == Outcome::kFailedForGood;
  const bool is_tried_again =
      task != nullptr && run && !is_for_good && instance.try_number <= instance.max_tries;
  instance.state = is_tried_again ? TaskState::kUpForRetry : TaskState::kFailed;
  if (is_tried_again) {
    instance.next_retry_at_ms = next_retry_ms(
        {task->retry_delay_s, task->retry_exponential_backoff, task->max_retry_delay_s},
        {instance.dag_id, instance.task_id, run->logical_date_ms, instance.try_number, *instance.end_ms});
    if (is_test(*run)) instance.next_retry_at_ms = instance.end_ms;  // somebody is looking on
  }
  store_.update_task_instance(instance);
  log_failure(instance, why);
  if (task == nullptr) return;
  call_back(is_tried_again ? task->on_retry : task->on_failure, is_tried_again ? "on_retry" : "on_failure",
            instance, why);
}

void Scheduler::log_failure(const TaskInstance& instance, const std::string& why) {
  LogEntry entry;
  entry.dttm_ms = now_ms_;
  entry.event = std::string(name_of(*instance.state));
  entry.dag_id = instance.dag_id;
  entry.run_id = instance.run_id;
  entry.task_id = instance.task_id;
  entry.try_number = instance.try_number;
  entry.owner = "scheduler";
  entry.extra = why;
  store_.log(entry);
}

// What people changed while it ran: it is ended, whether it is to run again or not.
void Scheduler::cancel_what_was_changed() {
  if (launched_.empty() || !std::exchange(may_be_changed_, false)) return;
  std::set<std::string> wanted;
  for (const TaskInstance& instance : store_.task_instances_of_job(job_.id)) {
    const bool runs = instance.state == TaskState::kQueued || instance.state == TaskState::kRunning;
    if (runs) wanted.insert(instance.id);
  }
  for (const auto& [id, try_number] : launched_) {
    if (!wanted.contains(id) && cancelled_.insert(id).second) executor_.cancel(id);
  }
}

}  // namespace tidemill::workflow
