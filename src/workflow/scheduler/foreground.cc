#include "workflow/scheduler/foreground.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"

namespace tidemill::workflow {
namespace {

constexpr int64_t kLongestPauseMs = 100;

}  // namespace

void work_in_foreground(Scheduler& scheduler, InProcessExecutor& executor, const Clock& clock,
                        const std::function<bool()>& is_over, const std::function<void(int64_t)>& pause) {
  while (true) {
    const int64_t next_ms = scheduler.tick();
    if (executor.has_task()) {
      scheduler.tick();  // it is running: for whoever looks meanwhile
      if (executor.has_task()) executor.run_task();
      continue;
    }
    if (is_over()) break;
    const int64_t wait_ms = std::min(kLongestPauseMs, next_ms - clock.now_ms());
    if (wait_ms > 0) pause(wait_ms);
  }
  scheduler.shut_down();
}

// Tests are their commands', the rest is the schedulers'. With one task in the foreground no run is followed.
bool Scheduler::is_ours(const DagRun& run) const {
  if (!options_.foreground) return !is_test(run);
  return !options_.foreground_task && run.dag_id == options_.foreground->dag_id &&
         run.run_id == options_.foreground->run_id;
}

bool Scheduler::may_claim(const TaskInstance& instance) const {
  return !options_.foreground_task || instance.task_id == *options_.foreground_task;
}

// Claimed in this same transaction, so that nobody else gets it.
void Scheduler::schedule_foreground_task() {
  if (!options_.foreground_task || has_begun_foreground_task_) return;
  const RunName& run = *options_.foreground;
  auto instance = store_.find_task_instance(TaskKey{run.dag_id, run.run_id, *options_.foreground_task});
  if (!instance) {
    throw Error(ErrorCode::kNotFound,
                fmt::format("Task {} has no instance in {}", *options_.foreground_task, run.run_id));
  }
  if (instance->job_id == job_.id) return;
  if (instance->job_id) {
    throw Error(ErrorCode::kConflict,
                fmt::format("Task {} of {} is running already", instance->task_id, run.run_id));
  }
  if (instance->state && is_finished(*instance->state) && instance->try_number > 0) {
    store_.keep_try(*instance);
  }
  change_state(*instance, TaskState::kScheduled);
}

// Whoever tested is dead, and nobody else goes on with the run. Whether it was a test's.
bool Scheduler::fails_with_its_test(const TaskInstance& instance) {
  Followed* followed = find(instance.dag_id);
  auto run = store_.find_run(instance.dag_id, instance.run_id);
  if (followed == nullptr || !run || !is_test(*run) || is_finished(run->state)) return false;
  for (TaskInstance& one : store_.task_instances_of(run->dag_id, run->run_id)) {
    const bool has_begun = std::exchange(one.job_id, std::nullopt).has_value();
    if (!one.state || !is_finished(*one.state)) {
      change_state(one, has_begun ? TaskState::kFailed : TaskState::kSkipped);
    }
  }
  end_run(*followed, *run, RunState::kFailed);
  return true;
}

}  // namespace tidemill::workflow
