#pragma once
// For tests: what may become of a run's tasks, worked out from the DAG and from what each try of a task does,
// without any notion of time. Where rules depend on which of two upstream tasks ends first, there are several
// possible states. Deliberately another way than the scheduler's.

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "workflow/dag.h"
#include "workflow/executor.h"
#include "workflow/states.h"

namespace tidemill::workflow::testing {

using Outcome = TaskReport::Outcome;
// What a try does; nullopt: its process dies.
using Behavior = std::function<std::optional<Outcome>(const std::string& task_id, int try_number)>;
using PossibleStates = std::map<std::string, std::set<TaskState>>;

// What a task may do when of `total` upstream tasks those of `ended` have ended: nothing yet (empty), run
// (kRunning), kSkipped, kUpstreamFailed. From the words of Airflow's documentation of trigger rules.
inline std::optional<TaskState> step(TriggerRule rule, const std::vector<TaskState>& ended, size_t total) {
  size_t good = 0, bad = 0, plainly_failed = 0, skipped = 0;
  for (const TaskState state : ended) {
    good += state == TaskState::kSuccess;
    plainly_failed += state == TaskState::kFailed;
    bad += state == TaskState::kFailed || state == TaskState::kUpstreamFailed;
    skipped += state == TaskState::kSkipped;
  }
  const bool all_ended = ended.size() == total;
  const auto run_when = [](bool now) { return now ? std::optional(TaskState::kRunning) : std::nullopt; };
  const auto none_ran = skipped == total ? TaskState::kSkipped : TaskState::kUpstreamFailed;
  if (total == 0) return TaskState::kRunning;
  switch (rule) {
    case TriggerRule::kAlways:
      return TaskState::kRunning;
    case TriggerRule::kAllDone:
    case TriggerRule::kAllDoneSetupSuccess:
      return run_when(all_ended);
    case TriggerRule::kAllSuccess:
      if (bad > 0) return TaskState::kUpstreamFailed;
      if (skipped > 0) return TaskState::kSkipped;
      return run_when(all_ended);
    case TriggerRule::kAllFailed:
      if (good + skipped > 0) return TaskState::kSkipped;
      return run_when(all_ended);
    case TriggerRule::kAllSkipped:
      if (good + bad > 0) return TaskState::kSkipped;
      return run_when(all_ended);
    case TriggerRule::kNoneSkipped:
      if (skipped > 0) return TaskState::kSkipped;
      return run_when(all_ended);
    case TriggerRule::kNoneFailed:
      if (bad > 0) return TaskState::kUpstreamFailed;
      return run_when(all_ended);
    case TriggerRule::kNoneFailedMinOneSuccess:
      if (bad > 0) return TaskState::kUpstreamFailed;
      if (skipped == total) return TaskState::kSkipped;
      return run_when(all_ended);
    case TriggerRule::kOneSuccess:
      if (good > 0) return TaskState::kRunning;
      return all_ended ? std::optional(none_ran) : std::nullopt;
    case TriggerRule::kAllDoneMinOneSuccess:
      if (skipped > 0) return TaskState::kSkipped;
      if (!all_ended) return std::nullopt;
      return good > 0 ? TaskState::kRunning : TaskState::kUpstreamFailed;
    case TriggerRule::kOneFailed:
      if (bad > 0) return TaskState::kRunning;
      return all_ended ? std::optional(TaskState::kSkipped) : std::nullopt;
    case TriggerRule::kOneDone:
      if (good + plainly_failed > 0) return TaskState::kRunning;
      return all_ended ? std::optional(TaskState::kSkipped) : std::nullopt;
  }
  return std::nullopt;
}

// The first steps that are possible, whatever the order in which upstream tasks end.
inline std::set<TaskState> steps(TriggerRule rule, const std::vector<TaskState>& upstream) {
  std::set<TaskState> found;
  for (size_t subset = 0; subset < (size_t{1} << upstream.size()); ++subset) {
    std::vector<TaskState> ended;
    for (size_t i = 0; i < upstream.size(); ++i) {
      if ((subset >> i & 1U) != 0) ended.push_back(upstream[i]);
    }
    if (const auto state = step(rule, ended, upstream.size())) found.insert(*state);
  }
  return found;
}

// What a task comes to that runs.
inline TaskState run_tries(const Task& task, const Behavior& behavior, bool& is_short_circuit) {
  for (int attempt = 1;; ++attempt) {
    const std::optional<Outcome> outcome = behavior(task.id, attempt);
    is_short_circuit = outcome == Outcome::kShortCircuit;
    if (is_short_circuit || outcome == Outcome::kSuccess) return TaskState::kSuccess;
    if (outcome == Outcome::kSkipped) return TaskState::kSkipped;
    if (outcome == Outcome::kFailedForGood || attempt > task.retries) return TaskState::kFailed;
  }
}

inline std::vector<std::vector<TaskState>> combinations(const std::vector<std::set<TaskState>>& sets) {
  std::vector<std::vector<TaskState>> all = {{}};
  for (const std::set<TaskState>& choices : sets) {
    std::vector<std::vector<TaskState>> longer;
    for (const auto& begun : all) {
      for (const TaskState state : choices) {
        longer.push_back(begun);
        longer.back().push_back(state);
      }
    }
    all = std::move(longer);
  }
  return all;
}

// Whether a task can take its first step while `other` has not ended.
inline bool can_begin_without(const Dag& dag, const PossibleStates& states, const std::string& task_id,
                              const std::string& other) {
  if (task_id == other) return false;
  const Task& task = *dag.find_task(task_id);
  std::vector<std::set<TaskState>> upstream;
  for (const std::string& id : task.upstream) {
    if (can_begin_without(dag, states, id, other)) upstream.push_back(states.at(id));
  }
  for (const auto& combination : combinations(upstream)) {
    for (size_t subset = 0; subset < (size_t{1} << combination.size()); ++subset) {
      std::vector<TaskState> ended;
      for (size_t i = 0; i < combination.size(); ++i) {
        if ((subset >> i & 1U) != 0) ended.push_back(combination[i]);
      }
      if (step(task.trigger_rule, ended, task.upstream.size())) return true;
    }
  }
  return false;
}

inline PossibleStates possible_states(const Dag& dag, const Behavior& behavior) {
  PossibleStates states;
  std::map<std::string, std::set<std::string>> may_be_skipped_by, is_skipped_by;  // short circuits
  for (const Task* task : topological_order(dag)) {
    std::vector<std::set<TaskState>> upstream;
    for (const std::string& id : task->upstream) upstream.push_back(states.at(id));
    std::set<TaskState>& own = states[task->id];
    bool is_short_circuit = false;
    for (const auto& combination : combinations(upstream)) {
      for (const TaskState next : steps(task->trigger_rule, combination)) {
        own.insert(next == TaskState::kRunning ? run_tries(*task, behavior, is_short_circuit) : next);
      }
    }
    if (!may_be_skipped_by[task->id].empty()) own.insert(TaskState::kSkipped);
    for (const std::string& other : is_skipped_by[task->id]) {
      if (!can_begin_without(dag, states, task->id, other)) own = {TaskState::kSkipped};
    }
    if (!is_short_circuit || !own.contains(TaskState::kSuccess)) continue;
    std::set<std::string> seen;
    std::vector<std::string> open = downstream_of(dag, task->id);
    while (!open.empty()) {
      const std::string id = open.back();
      open.pop_back();
      if (!seen.insert(id).second) continue;
      may_be_skipped_by[id].insert(task->id);
      if (own.size() == 1) is_skipped_by[id].insert(task->id);
      if (!task->ignore_downstream_trigger_rules) continue;
      for (const std::string& next : downstream_of(dag, id)) open.push_back(next);
    }
  }
  return states;
}

}  // namespace tidemill::workflow::testing
