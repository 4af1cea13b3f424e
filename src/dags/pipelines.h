#pragma once
// The three DAGs of a project: their tasks, what follows on what, and when they run.

#include <string>
#include <vector>

#include "dags/stages.h"
#include "workflow/dag.h"

namespace tidemill::dags {

// What DAG 01 brings and 02 makes, as assets that schedules may wait for.
inline constexpr char kRawDataAsset[] = "raw_data";
inline constexpr char kPreparedDataAsset[] = "prepared_data";

// The pool of the tasks that train.
inline constexpr char kTrainingPool[] = "training";

// Errors: kInvalidArgument saying what is wrong with the text.
void check_schedule(const std::string& text);

std::vector<workflow::Dag> project_dags(const ProjectOptions& project);

}  // namespace tidemill::dags
