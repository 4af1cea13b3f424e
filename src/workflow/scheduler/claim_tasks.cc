// Scheduled tasks are claimed as far as pools, limits and the executor have room, and launched.

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "workflow/log_files.h"
#include "workflow/scheduler/scheduler.h"

namespace tidemill::workflow {
namespace {

constexpr int64_t kSmallestPage = 64;

}  // namespace

// What is left of all limits.
struct Scheduler::Room {
  int64_t slots = 0;                     // of the executor and of parallelism
  std::map<std::string, int64_t> pools;  // open slots; absent: no such pool
  std::map<RunKey, int64_t> in_run;      // tasks that a run has with a process
};

void Scheduler::claim_tasks() {
  if (!has_waiting_tasks_) return;
  const bool is_full = now_ms_ < look_again_at_ms_ && look_again_at_ms_ <= now_ms_ + kNoRoomMs;
  if (is_full) return wake_by(look_again_at_ms_);
  Room room;
  room.slots = std::min<int64_t>(executor_.free_slot_count(),
                                 options_.parallelism - static_cast<int64_t>(launched_.size()));
  for (const TaskEvent& event : events_) {  // their processes are gone
    if (event.kind == TaskEvent::Kind::kEnded && launched_.contains(event.task_instance_id)) ++room.slots;
  }
  room.slots = std::min<int64_t>(room.slots, executor_.free_slot_count());
  if (room.slots <= 0) return;
  room.pools = store_.open_pool_slots();
  room.in_run = store_.active_task_counts();
  std::map<RunKey, RunContext> contexts;
  Page page = {std::max(kSmallestPage, 2 * room.slots), 0};
  while (room.slots > 0) {
    std::vector<TaskInstance> waiting = store_.scheduled_task_instances(page, options_.foreground);
    int64_t left = 0;
    for (TaskInstance& instance : waiting) {
      if (room.slots <= 0 || !claim(instance, room, contexts)) ++left;
    }
    if (static_cast<int64_t>(waiting.size()) < page.limit) {
      has_waiting_tasks_ = page.offset + left > 0;
      return;
    }
    page.offset += left;  // those that were claimed are not among them any more
    page.limit *= 2;
  }
}

bool Scheduler::claim(TaskInstance& instance, Room& room, std::map<RunKey, RunContext>& contexts) {
  const TaskPlace place = find(instance);
  if (place.node == nullptr || !may_claim(instance)) return false;
  // In the foreground one task runs at a time, and those that have the slots may be waiting for it.
  const auto pool = room.pools.find(instance.pool);
  if (!options_.foreground && pool == room.pools.end()) {
    tell_hopeless(instance, "waits for ever: there is no pool '" + instance.pool + "'");
    return false;
  }
  if (!options_.foreground && pool->second < instance.pool_slots) return false;
  const RunKey run(instance.dag_id, instance.run_id);
  int64_t& in_run = room.in_run[run];
  if (in_run >= place.followed->dag.max_active_tasks) return false;
  instance.state = TaskState::kQueued;
  instance.try_number += 1;
  instance.queued_at_ms = now_ms_;
  instance.job_id = job_.id;
  instance.hostname = options_.hostname;
  if (!store_.claim(instance)) return false;
  --room.slots;
  if (pool != room.pools.end()) pool->second -= instance.pool_slots;
  ++in_run;
  if (instance.try_number > 1) {
    store_.delete_xcoms({instance.dag_id, instance.run_id, instance.task_id});
    contexts.erase(run);
  }
  auto context = contexts.find(run);
  if (context == contexts.end()) context = contexts.emplace(run, context_of(*place.followed, instance)).first;
  claimed_.push_back(launch_of(place, instance, context->second));
  return true;
}

// Once for each task until it starts.
void Scheduler::tell_hopeless(const TaskInstance& instance, const std::string& why) {
  if (!told_hopeless_.insert({instance.id, instance.pool}).second) return;
  log_failure(instance, why);
}

RunContext Scheduler::context_of(const Followed& followed, const TaskInstance& instance) {
  return run_context(store_, store_.find_run(instance.dag_id, instance.run_id).value(), followed.zone);
}

TaskLaunch Scheduler::launch_of(const TaskPlace& place, const TaskInstance& instance,
                                const RunContext& context) {
  TaskLaunch launch;
  launch.task_instance_id = instance.id;
  launch.dag_id = instance.dag_id;
  launch.task_id = instance.task_id;
  launch.run_id = instance.run_id;
  launch.try_number = instance.try_number;
  launch.log_file = log_file(options_.log_dir, instance);
  launch.context = task_context(context, instance.task_id, instance.try_number);
  launch.timeout_ms = place.node->task->execution_timeout_ms;
  launch.memory_limit_bytes = place.node->task->memory_limit_bytes;
  return launch;
}

void Scheduler::launch_claimed() {
  bool have_all_started = true;
  for (TaskLaunch& launch : std::exchange(claimed_, {})) {
    const std::string id = launch.task_instance_id;
    const int try_number = launch.try_number;
    try {
      executor_.launch(std::move(launch));
      launched_[id] = try_number;
      has_begun_foreground_task_ = true;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kResourceExhausted && error.code() != ErrorCode::kUnavailable) throw;
      have_all_started = false;
    }
  }
  if (have_all_started) return;
  // They wait for room like the others, without a try being counted.
  may_have_lost_tasks_ = true;
  look_again_at_ms_ = now_ms_ + kNoRoomMs;
  wake_by(look_again_at_ms_);
}

}  // namespace tidemill::workflow
