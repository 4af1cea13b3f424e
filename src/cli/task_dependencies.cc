#include "cli/task_dependencies.h"

#include <fmt/format.h>

#include "base/text.h"
#include "workflow/trigger_rule.h"

namespace tidemill::cli {

using workflow::TaskState;

std::vector<UnmetDependency> unmet_trigger_rule(Workflow& workflow, const workflow::DagRun& run,
                                                const workflow::Task& task) {
  workflow::UpstreamCounts counts;
  std::vector<std::string> states;
  for (const std::string& id : task.upstream) {
    const auto before = workflow->store().find_task_instance(workflow::TaskKey{run.dag_id, run.run_id, id});
    const std::optional<TaskState> state = before ? before->state : std::nullopt;
    counts.add(state);
    states.push_back(fmt::format("{}: {}", id, state ? name_of(*state) : "None"));
  }
  if (workflow::judge(task.trigger_rule, counts) == workflow::Verdict::kRun) return {};
  return {{"Trigger Rule", fmt::format("Task's trigger rule '{}' is not met by what it follows on: {}",
                                       name_of(task.trigger_rule), join(states))}};
}

std::vector<UnmetDependency> unmet_dependencies(Workflow& workflow, const workflow::DagRun& run,
                                                const workflow::TaskInstance& instance, int64_t now_ms) {
  std::vector<UnmetDependency> unmet;
  const auto dag = workflow->store().find_dag(run.dag_id);
  if (dag && dag->is_paused) {
    unmet.push_back({"Dag Not Paused", fmt::format("Task's DAG '{}' is paused.", run.dag_id)});
  }
  if (run.state != workflow::RunState::kRunning) {
    unmet.push_back({"Dagrun Running",
                     fmt::format("Task instance's dagrun was not in the 'running' state but in the state "
                                 "'{}'.",
                                 name_of(run.state))});
  }
  const bool is_waiting =
      !instance.state || instance.state == TaskState::kScheduled || instance.state == TaskState::kUpForRetry;
  if (!is_waiting) {
    unmet.push_back(
        {"Task Instance State", fmt::format("Task is in the '{}' state.", name_of(*instance.state))});
  }
  if (instance.state == TaskState::kUpForRetry && instance.next_retry_at_ms.value_or(0) > now_ms) {
    unmet.push_back({"Not In Retry Period",
                     fmt::format("Task is not ready for retry yet but will be retried automatically. "
                                 "Current date is {} and task will be retried at {}.",
                                 instant_text(now_ms), instant_text(instance.next_retry_at_ms))});
  }
  const auto pool = workflow->store().find_pool(instance.pool);
  if (!pool) {
    unmet.push_back({"Pool Slots Available",
                     fmt::format("Tasks using non-existent pool '{}' will not be scheduled", instance.pool)});
  } else if (pool->open_slots() >= 0 && pool->open_slots() < instance.pool_slots) {
    unmet.push_back({"Pool Slots Available",
                     fmt::format("Not scheduling since there are {} open slots in pool {} and require {} "
                                 "pool slots",
                                 pool->open_slots(), pool->name, instance.pool_slots)});
  }
  for (UnmetDependency& one : unmet_trigger_rule(workflow, run, workflow->task(run.dag_id, instance.task_id)))
    unmet.push_back(std::move(one));
  return unmet;
}

}  // namespace tidemill::cli
