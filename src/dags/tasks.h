#pragma once
// The tasks of the three DAGs, as the executor runs them: one process, one task, one report. Each is
// idempotent; what it needs from the tasks before it comes in the launch's context, what it found out goes
// back as its return value.

#include <iosfwd>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "dags/stages.h"
#include "workflow/executor.h"

namespace tidemill::dags {

inline constexpr char kDataGeneration[] = "01_data_generation_pipeline";
inline constexpr char kDataPreparation[] = "02_data_preparation_pipeline";
inline constexpr char kModelTraining[] = "03_model_training_pipeline";

// What a task works with.
struct TaskContext {
  StageContext& stages;
  Date date;             // the day that the run is about
  bool force;            // conf {"force": true}
  std::string task;      // its id
  const Json& upstream;  // return values by task id
  std::ostream& log;

  // What an earlier task of the run returned. Errors: kConflict when it did not run: clear it too.
  const Json& returned_by(const std::string& task_id) const;
};

using TaskFunction = workflow::TaskReport (*)(TaskContext& context);

// 01_data_generation_pipeline
workflow::TaskReport generate_data_task(TaskContext& context);
workflow::TaskReport validate_data_task(TaskContext& context);
workflow::TaskReport trigger_data_preparation_task(TaskContext& context);

// 02_data_preparation_pipeline
workflow::TaskReport engineer_features_task(TaskContext& context);
workflow::TaskReport split_data_task(TaskContext& context);
workflow::TaskReport clean_data_task(TaskContext& context);
workflow::TaskReport scale_features_task(TaskContext& context);
workflow::TaskReport update_variable_task(TaskContext& context);

// 03_model_training_pipeline; one train_model_task for each [[models]] block.
workflow::TaskReport check_new_data_task(TaskContext& context);
workflow::TaskReport train_model_task(TaskContext& context);
workflow::TaskReport select_best_model_task(TaskContext& context);
workflow::TaskReport update_metadata_task(TaskContext& context);

// "train_random_forest"
std::string train_task_id(const std::string& model);

// Of all three DAGs, and of their tasks.
std::vector<std::string> dag_ids();
std::vector<std::string> task_ids(const std::vector<pipeline::ModelSpec>& models);

// Runs the launch's task. What fails is in the report: for good where another try cannot help (bad input,
// data refused by its rules), else to be tried again.
workflow::TaskReport run_task(StageContext& stages, const workflow::TaskLaunch& launch, std::ostream& log);

// The day that a run is about: conf {"date": "2026-11-01"}, else that of the data whose arrival started it,
// else the run's logical date in the schedule's time zone. `context` is the launch's. Errors:
// kInvalidArgument naming the value.
Date date_of_run(const Json& context);

}  // namespace tidemill::dags
