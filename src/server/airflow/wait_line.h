#pragma once
// What a client is told that waits for a run to end
// (airflow.api_fastapi.core_api.services.public.dag_run.DagRunWaiter).

#include <string>
#include <vector>

#include "workflow/store.h"

namespace tidemill::server::airflow {

// {"state": "running"}, and for a run that is over the results that were asked for.
std::string wait_line(workflow::Store& store, const workflow::DagRun& run,
                      const std::vector<std::string>& result_task_ids);

// Of a run that is not over.
std::string wait_line(workflow::RunState state);

}  // namespace tidemill::server::airflow
