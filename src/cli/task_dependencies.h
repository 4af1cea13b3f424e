#pragma once
// Why a task of a run does not run. Names and reasons are Airflow's (airflow/ti_deps/deps).

#include <string>
#include <vector>

#include "cli/workflow_commands.h"
#include "workflow/records.h"

namespace tidemill::cli {

struct UnmetDependency {
  std::string name, reason;
};

// Whatever keeps the task from running now, in the order in which the scheduler asks.
std::vector<UnmetDependency> unmet_dependencies(Workflow& workflow, const workflow::DagRun& run,
                                                const workflow::TaskInstance& instance, int64_t now_ms);

// Of its trigger rule alone: what it follows on.
std::vector<UnmetDependency> unmet_trigger_rule(Workflow& workflow, const workflow::DagRun& run,
                                                const workflow::Task& task);

}  // namespace tidemill::cli
