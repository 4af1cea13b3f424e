// Scheduled tasks are claimed as far as pools, limits and the executor have room, and launched.

#include <algorithm>

#include <fmt/format.h>

#include "base/date.h"
#include "base/error.h"
#include "base/json.h"
#include "workflow/scheduler/scheduler.h"

namespace tidemill::workflow {
namespace {

constexpr int64_t kSmallestPage = 64;
constexpr int64_t kNoRoomMs = 1000;  // until it is tried again when no process could be made

// What stands in a file name as itself, the rest as %3A.
std::string path_part(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                          c == '-' || c == '_' || c == '.' || c == '+' || c == ':';
    out += is_plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out == "." ? "%2E" : out == ".." ? "%2E%2E" : out;
}

Json text_or_null(const std::optional<std::string>& text) {
  return text ? Json(*text) : Json(nullptr);
}

Json time_or_null(const std::optional<int64_t>& ms) {
  return ms ? Json(TimeZone::utc().isoformat(*ms)) : Json(nullptr);
}

}  // namespace

// What is left of all limits.
struct Scheduler::Room {
  int64_t slots = 0;                     // of the executor and of parallelism
  std::map<std::string, int64_t> pools;  // open slots; absent: no such pool
  std::map<RunKey, int64_t> in_run;      // tasks that a run has with a process
};

// What the tasks of a run have in common.
struct Scheduler::RunContext {
  DagRun run;
  std::string ds;
  Json events = Json::array(), conf;
  std::string upstream;  // JSON: what tasks returned, as they wrote it
};

void Scheduler::claim_tasks() {
  if (!has_waiting_tasks_) return;
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
    std::vector<TaskInstance> waiting = store_.scheduled_task_instances(page);
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
  const auto pool = room.pools.find(instance.pool);
  if (place.node == nullptr) return false;
  if (pool == room.pools.end()) {
    tell_hopeless(instance, "waits for ever: there is no pool '" + instance.pool + "'");
    return false;
  }
  if (pool->second < instance.pool_slots) return false;
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
  pool->second -= instance.pool_slots;
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

// Once for each task that the scheduler meets.
void Scheduler::tell_hopeless(const TaskInstance& instance, const std::string& why) {
  if (!told_hopeless_.insert({instance.id, instance.pool}).second) return;
  log_failure(instance, why);
}

Scheduler::RunContext Scheduler::context_of(const Followed& followed, const TaskInstance& instance) {
  RunContext context;
  context.run = store_.find_run(instance.dag_id, instance.run_id).value();
  const DagRun& run = context.run;
  const int64_t day_ms = followed.zone.to_local(run.logical_date_ms.value_or(run.run_after_ms));
  context.ds = format_utc_ms(day_ms).substr(0, 10);
  context.conf = parse_json(run.conf, "the run's conf");
  for (const auto& [id, value] : store_.xcoms_named(run.dag_id, run.run_id, "return_value")) {
    context.upstream += (context.upstream.empty() ? "" : ",") + Json(id).dump() + ":" + value;
  }
  for (const AssetEvent& event : store_.asset_events_of(run.id)) {
    context.events.push_back({{"asset", event.asset},
                              {"extra", parse_json(event.extra, "the asset event's extra")},
                              {"source_dag_id", text_or_null(event.source_dag_id)},
                              {"source_task_id", text_or_null(event.source_task_id)},
                              {"source_run_id", text_or_null(event.source_run_id)},
                              {"timestamp", time_or_null(event.timestamp_ms)}});
  }
  return context;
}

TaskLaunch Scheduler::launch_of(const TaskPlace& place, const TaskInstance& instance,
                                const RunContext& context) {
  const DagRun& run = context.run;
  const Json json = {{"dag_id", run.dag_id},
                     {"run_id", run.run_id},
                     {"task_id", instance.task_id},
                     {"try_number", instance.try_number},
                     {"run_type", name_of(run.run_type)},
                     {"conf", context.conf},
                     {"ds", context.ds},
                     {"logical_date", time_or_null(run.logical_date_ms)},
                     {"data_interval_start", time_or_null(run.data_interval_start_ms)},
                     {"data_interval_end", time_or_null(run.data_interval_end_ms)},
                     {"run_after", time_or_null(run.run_after_ms)},
                     {"triggering_asset_events", context.events}};
  TaskLaunch launch;
  launch.task_instance_id = instance.id;
  launch.dag_id = instance.dag_id;
  launch.task_id = instance.task_id;
  launch.run_id = instance.run_id;
  launch.try_number = instance.try_number;
  launch.log_file = log_file(options_.log_dir, instance);
  // Not parsed and written again for each of many tasks.
  launch.context = json.dump();
  launch.context.back() = ',';
  launch.context += R"("upstream":{)" + context.upstream + "}}";
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

std::string log_file(const std::string& log_dir, const TaskInstance& instance) {
  return fmt::format("{}/dag_id={}/run_id={}/task_id={}/attempt={}.log", log_dir, path_part(instance.dag_id),
                     path_part(instance.run_id), path_part(instance.task_id), instance.try_number);
}

}  // namespace tidemill::workflow
