#pragma once
// What follows in a run from the states of its tasks. Pure: looks at records, changes none.
// Source: airflow.models.dagrun.DagRun.update_state and task_instance_scheduling_decisions,
// airflow.ti_deps.deps.not_previously_skipped_dep.

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "workflow/dag_graph.h"
#include "workflow/records.h"

namespace tidemill::workflow {

struct StateChange {
  size_t instance = 0;  // its place among those given
  TaskState state = TaskState::kScheduled;
};

struct RunEvaluation {
  // To scheduled, skipped, upstream_failed, removed; in an order in which each follows from those before it.
  std::vector<StateChange> changes;
  std::optional<RunState> ended;            // the run is over once the changes are made
  std::optional<int64_t> next_retry_at_ms;  // when to look again, if nothing else happens
};

// Whether the task's last run before this one lets it run (depends_on_past, wait_for_downstream).
using PastAllows = std::function<bool(const Task& task)>;
// What short circuits of the run have skipped: it is skipped again when it is cleared without them.
using Skipped = std::map<std::string, std::set<std::string>>;  // by the task that decided it

// There must be an instance for each task of the DAG; others are removed.
RunEvaluation evaluate_run(const DagGraph& graph, const std::vector<TaskStatus>& instances, int64_t now_ms,
                           const PastAllows& past_allows, const Skipped& skipped);

}  // namespace tidemill::workflow
