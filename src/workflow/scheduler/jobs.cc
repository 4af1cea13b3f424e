// The scheduler's own record, and what it takes over from those that are dead.

#include <algorithm>

#include "base/error.h"
#include "workflow/runs.h"
#include "workflow/scheduler/scheduler.h"

namespace tidemill::workflow {

void Scheduler::start() {
  for (const auto& followed : dags_) {
    store_.ensure_dag(followed->dag.id, followed->dag.is_paused_upon_creation, now_ms_);
  }
  Job job;
  job.state = "running";
  job.hostname = options_.hostname;
  job.pid = options_.pid;
  job.start_ms = now_ms_;
  job.id = store_.add_job(job);
  liveness_.hold(job.id);
  job_ = job;
  looks_at_all_ = true;
}

// Each transaction makes sure that nobody has taken over: whoever was taken for dead writes nothing more.
void Scheduler::beat() {
  const int64_t last_ms = job_.latest_heartbeat_ms;
  const bool was_set_back = now_ms_ < last_ms;
  const bool is_due = last_ms == 0 || was_set_back || now_ms_ >= last_ms + options_.heartbeat_ms;
  Job job = job_;
  if (is_due) job.latest_heartbeat_ms = now_ms_;
  const bool is_ours = is_due ? store_.beat(job.id, now_ms_) : store_.is_running(job.id);
  if (!is_ours) {
    is_taken_over_ = true;
    for (const auto& [id, try_number] : launched_) executor_.cancel(id);
    throw Error(ErrorCode::kConflict, "another scheduler took this one for dead and has its tasks");
  }
  job_ = job;
  wake_by(job_.latest_heartbeat_ms + options_.heartbeat_ms);
  if (!is_due) return;
  liveness_.hold(job_.id);
  take_over_from_dead();
}

void Scheduler::take_over_from_dead() {
  if (options_.foreground) return;
  for (Job job : store_.running_jobs()) {
    if (job.id == job_.id || liveness_.is_alive(job.id)) continue;
    for (const TaskInstance& instance : store_.task_instances_of_job(job.id)) {
      if (!fails_with_its_test(instance)) reset(instance);
    }
    job.state = "failed";
    job.end_ms = now_ms_;
    store_.update_job(job);
  }
  // Also of those that ended well, before their callbacks had been made.
  store_.hand_over_callbacks(job_.id);
  has_new_callbacks_ = true;
}

// Claimed, but the executor never got them.
void Scheduler::reset_lost_tasks() {
  for (const TaskInstance& instance : store_.task_instances_of_job(job_.id)) {
    const auto launched = launched_.find(instance.id);
    if (launched == launched_.end() || launched->second != instance.try_number) reset(instance);
  }
}

// Back to where it was before it was claimed: the try does not count. In a run that is over nobody would
// claim it again (a command worked on it), so there it has failed.
void Scheduler::reset(TaskInstance instance) {
  instance.job_id = std::nullopt;
  if (instance.state == TaskState::kQueued || instance.state == TaskState::kRunning) {
    const auto run = store_.find_run(instance.dag_id, instance.run_id);
    if (run && is_finished(run->state)) {
      instance.state = TaskState::kFailed;
      instance.end_ms = std::max(now_ms_, instance.start_ms.value_or(now_ms_));
    } else {
      forget_try(instance);
      instance.state = TaskState::kScheduled;
      instance.scheduled_at_ms = now_ms_;
      instance.try_number -= 1;
      has_waiting_tasks_ = true;
    }
  } else if (instance.state == TaskState::kRestarting) {
    store_.keep_try(instance);
    instance.state = std::nullopt;
    forget_try(instance);
  }
  changed_runs_.insert({instance.dag_id, instance.run_id});
  store_.update_task_instance(instance);
}

}  // namespace tidemill::workflow
