#pragma once
// Who is told of what happens to runs and tasks: [[alerts]] of the project file.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "workflow/dag.h"

namespace tidemill::dags {

struct AlertOptions {
  std::vector<std::string> events;       // of alert_event_names()
  std::vector<std::string> dags, tasks;  // ids; empty: all. `tasks` says nothing of runs
  workflow::Callback callback;
  std::optional<int64_t> deadline_s;  // of "deadline"
  workflow::DeadlineAlert::Reference deadline_from = workflow::DeadlineAlert::Reference::kRunAfter;
};

// "task_failure", "run_success", ..., "deadline": Airflow's callbacks without their on_ and _callback.
const std::vector<std::string>& alert_event_names();

// Errors: kInvalidArgument for a name that alert_event_names() does not have.
void add_alerts(const std::vector<AlertOptions>& alerts, workflow::Dag& dag);

}  // namespace tidemill::dags
