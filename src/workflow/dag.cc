#include "workflow/dag.h"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace tidemill::workflow {
namespace {

constexpr size_t kLongestId = 250;

[[noreturn]] void refuse(const Dag& dag, const std::string& what) {
  throw Error(ErrorCode::kInvalidArgument, fmt::format("DAG '{}': {}", dag.id, what));
}

bool is_id(const std::string& text) {
  return !text.empty() && text.size() <= kLongestId && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

void check_task(const Dag& dag, const Task& task, const std::set<std::string>& ids) {
  if (!is_id(task.id))
    refuse(dag, fmt::format("'{}' is no task id: use letters, digits, '-', '_', '.'", task.id));
  for (const std::string& upstream : task.upstream) {
    if (!ids.contains(upstream)) {
      refuse(dag, fmt::format("task '{}' follows on '{}', which does not exist", task.id, upstream));
    }
  }
  if (task.retries < 0 || task.retry_delay_s < 0 || task.pool_slots < 1) {
    refuse(dag, fmt::format("task '{}': retries and retry_delay must not be negative, pool_slots at least 1",
                            task.id));
  }
}

// A cycle that goes through one of `left`, whose tasks all follow on another of them.
std::string cycle_in(const Dag& dag, const std::set<std::string>& left) {
  std::vector<std::string> path = {*left.begin()};
  while (true) {
    const Task& task = *dag.find_task(path.back());
    const std::string& before = *std::find_if(task.upstream.begin(), task.upstream.end(),
                                              [&](const std::string& id) { return left.contains(id); });
    const bool is_round = std::find(path.begin(), path.end(), before) != path.end();
    path.push_back(before);
    if (is_round) {
      std::vector<std::string> cycle(std::find(path.begin(), path.end(), before), path.end());
      std::reverse(cycle.begin(), cycle.end());
      return join(cycle, " -> ");
    }
  }
}

}  // namespace

const Task* Dag::find_task(const std::string& task_id) const {
  const auto found =
      std::find_if(tasks.begin(), tasks.end(), [&](const Task& task) { return task.id == task_id; });
  return found == tasks.end() ? nullptr : &*found;
}

void check(const Dag& dag) {
  if (!is_id(dag.id)) refuse(dag, "an id has letters, digits, '-', '_', '.', at most 250 of them");
  std::set<std::string> ids;
  for (const Task& task : dag.tasks) {
    if (!ids.insert(task.id).second) refuse(dag, fmt::format("there are two tasks '{}'", task.id));
  }
  for (const Task& task : dag.tasks) check_task(dag, task, ids);
  topological_order(dag);
  if (dag.dagrun_timeout_ms.value_or(1) < 1) refuse(dag, "dagrun_timeout must be more than nothing");
  if (dag.max_active_runs < 1 || dag.max_active_tasks < 1) {
    refuse(dag, "max_active_runs and max_active_tasks must be at least 1");
  }
  TimeZone::find(dag.time_zone);
  timetable_of(dag);
}

Timetable timetable_of(const Dag& dag) {
  if (!dag.schedule_assets.empty()) return Timetable::triggered_by_assets();
  return Timetable::parse(dag.schedule, TimeZone::find(dag.time_zone));
}

std::vector<const Task*> topological_order(const Dag& dag) {
  std::map<std::string_view, std::vector<const Task*>> downstream;
  std::map<std::string_view, size_t> waits_for;
  const auto by_id = [](const Task* a, const Task* b) { return a->id < b->id; };
  std::set<const Task*, decltype(by_id)> ready(by_id);
  for (const Task& task : dag.tasks) {
    const std::set<std::string_view> upstream(task.upstream.begin(), task.upstream.end());
    for (const std::string_view id : upstream) downstream[id].push_back(&task);
    waits_for[task.id] = upstream.size();
    if (upstream.empty()) ready.insert(&task);
  }
  std::vector<const Task*> order;
  while (!ready.empty()) {
    const Task* task = ready.extract(ready.begin()).value();
    order.push_back(task);
    for (const Task* next : downstream[task->id]) {
      if (--waits_for.at(next->id) == 0) ready.insert(next);
    }
  }
  if (order.size() == dag.tasks.size()) return order;
  std::set<std::string> left;
  for (const Task& task : dag.tasks) {
    if (waits_for.at(task.id) > 0) left.insert(task.id);
  }
  refuse(dag, "its tasks go round in a cycle: " + cycle_in(dag, left));
}

std::vector<std::string> downstream_of(const Dag& dag, const std::string& task_id) {
  std::vector<std::string> ids;
  for (const Task& task : dag.tasks) {
    if (std::find(task.upstream.begin(), task.upstream.end(), task_id) != task.upstream.end()) {
      ids.push_back(task.id);
    }
  }
  return ids;
}

std::string_view name_of(DeadlineAlert::Reference reference) {
  switch (reference) {
    case DeadlineAlert::Reference::kQueuedAt:
      return "queued_at";
    case DeadlineAlert::Reference::kLogicalDate:
      return "logical_date";
    case DeadlineAlert::Reference::kRunAfter:
      return "run_after";
    case DeadlineAlert::Reference::kStartDate:
      return "start_date";
  }
  return "";
}

}  // namespace tidemill::workflow
