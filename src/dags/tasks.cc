#include "dags/tasks.h"

#include <array>
#include <ostream>
#include <string_view>

#include <fmt/format.h>

#include "base/error.h"

namespace tidemill::dags {
namespace {

using workflow::TaskReport;

struct NamedTask {
  std::string_view dag_id;
  std::string_view task_id;
  TaskFunction function;
};

constexpr std::array<NamedTask, 11> kTasks = {{
    {kDataGeneration, "generate_data", generate_data_task},
    {kDataGeneration, "validate_data", validate_data_task},
    {kDataGeneration, "trigger_data_preparation", trigger_data_preparation_task},
    {kDataPreparation, "engineer_features", engineer_features_task},
    {kDataPreparation, "split_data", split_data_task},
    {kDataPreparation, "clean_data", clean_data_task},
    {kDataPreparation, "scale_features", scale_features_task},
    {kDataPreparation, "update_variable", update_variable_task},
    {kModelTraining, "check_new_data", check_new_data_task},
    {kModelTraining, "select_best_model", select_best_model_task},
    {kModelTraining, "update_metadata", update_metadata_task},
}};

TaskFunction function_of(const std::string& dag_id, const std::string& task_id) {
  for (const NamedTask& task : kTasks) {
    if (task.dag_id == dag_id && task.task_id == task_id) return task.function;
  }
  if (dag_id == kModelTraining && task_id.starts_with(train_task_id(""))) return train_model_task;
  throw Error(ErrorCode::kNotFound, fmt::format("there is no task {} in {}", task_id, dag_id));
}

// Bad input stays bad, whoever tries again.
bool helps_to_try_again(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kQualityFailed:
    case ErrorCode::kSchemaChanged:
    case ErrorCode::kNotImplemented:
      return false;
    default:
      return true;
  }
}

Date parse_date(const Json& value, const char* place) {
  if (!value.is_string()) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("{} must be a day such as \"2026-11-01\", not {}", place, value.dump()));
  }
  return Date::parse(value.get<std::string>());
}

bool force_of(const Json& conf) {
  const auto force = conf.find("force");
  if (force == conf.end()) return false;
  if (force->is_boolean()) return force->get<bool>();
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("conf \"force\" must be true or false, not {}", force->dump()));
}

}  // namespace

const Json& TaskContext::returned_by(const std::string& task_id) const {
  const auto value = upstream.find(task_id);
  if (value == upstream.end()) {
    throw Error(ErrorCode::kConflict,
                fmt::format("{} has returned nothing in this run: clear it too", task_id));
  }
  return *value;
}

std::vector<std::string> dag_ids() {
  return {kDataGeneration, kDataPreparation, kModelTraining};
}

std::vector<std::string> task_ids(const std::vector<pipeline::ModelSpec>& models) {
  std::vector<std::string> ids;
  for (const NamedTask& task : kTasks) ids.emplace_back(task.task_id);
  for (const pipeline::ModelSpec& model : models) ids.push_back(train_task_id(model.name));
  return ids;
}

Date date_of_run(const Json& context) {
  const Json& conf = context.at("conf");
  if (const auto date = conf.find("date"); date != conf.end()) return parse_date(*date, "conf \"date\"");
  const Json& events = context.at("triggering_asset_events");
  if (!events.empty() && events.back().at("extra").contains("date")) {
    return parse_date(events.back().at("extra").at("date"), "the asset event's \"date\"");
  }
  return parse_date(context.at("ds"), "ds");
}

TaskReport run_task(StageContext& stages, const workflow::TaskLaunch& launch, std::ostream& log) {
  try {
    const Json json = parse_json(launch.context, "the task's context");
    TaskContext context{stages,         date_of_run(json),   force_of(json.at("conf")),
                        launch.task_id, json.at("upstream"), log};
    return function_of(launch.dag_id, launch.task_id)(context);
  } catch (const Error& error) {
    const bool may_help = helps_to_try_again(error.code());
    return {may_help ? TaskReport::Outcome::kFailed : TaskReport::Outcome::kFailedForGood, "", "",
            error.message()};
  }
}

}  // namespace tidemill::dags
