#pragma once
// Where the logs of tasks are: `<log_dir>/dag_id=D/run_id=R/task_id=T/attempt=N.log`, as Airflow's. What a
// file name cannot hold is percent-escaped, and a name that would be too long ends in its hash.

#include <filesystem>
#include <string>

#include "workflow/records.h"

namespace tidemill::workflow {

// Of this try.
std::string log_file(const std::string& log_dir, const TaskInstance& instance);

// Of all tasks of a run.
std::filesystem::path run_log_folder(const std::filesystem::path& log_dir, const DagRun& run);

// For a run that is deleted, or that takes the name of one that was. What cannot be removed stays.
void remove_run_logs(const std::filesystem::path& log_dir, const DagRun& run);

}  // namespace tidemill::workflow
