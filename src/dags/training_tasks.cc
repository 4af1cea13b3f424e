// The tasks of 03_model_training_pipeline, under the attempt protocol (metadata/attempts.h).

#include <ostream>

#include <fmt/format.h>
#include <fmt/ostream.h>

#include "base/error.h"
#include "dags/model_training.h"
#include "dags/tasks.h"
#include "pipeline/train/run_record.h"

namespace tidemill::dags {
namespace {

using workflow::TaskReport;

constexpr char kTrainPrefix[] = "train_";

Json to_json(const pipeline::TrainedModel& model) {
  return {{"model", model.name},          {"run_id", model.run_id},       {"model_id", model.model_id},
          {"model_uri", model.model_uri}, {"test_rmse", model.test_rmse}, {"test_mae", model.test_mae},
          {"test_r2", model.test_r2}};
}

pipeline::TrainedModel trained_model(const Json& json) {
  return {json.at("model"),     json.at("run_id"),   json.at("model_id"), json.at("model_uri"),
          json.at("test_rmse"), json.at("test_mae"), json.at("test_r2")};
}

// The attempt that check_new_data of this run opened or resumed; it may be finished already, and then its
// tasks find what they have made.
metadata::Attempt attempt_of(const TaskContext& context) {
  const std::string id = context.returned_by("check_new_data").at("attempt_id");
  const auto attempt = metadata::find_attempt(context.stages.metadata(), id);
  if (!attempt) {
    throw Error(ErrorCode::kConflict,
                fmt::format("training attempt {} is gone: clear check_new_data too", id));
  }
  return *attempt;
}

pipeline::TrainingData data_of(const TaskContext& context, const metadata::Attempt& attempt) {
  pipeline::TrainingData data = pipeline::load_training_data(
      Date::parse(attempt.data_date), context.stages.engine(), context.stages.objects());
  if (data.manifest.hash() != attempt.data_manifest_hash) {
    throw Error(
        ErrorCode::kConflict,
        fmt::format("{} has been prepared again since check_new_data: clear it too", attempt.data_date));
  }
  return data;
}

pipeline::TrainingOutcome outcome_of(const TaskContext& context, const metadata::Attempt& attempt) {
  pipeline::TrainingOutcome outcome;
  outcome.attempt_id = attempt.id;
  outcome.data_date = attempt.data_date;
  for (const pipeline::ModelSpec& spec : context.stages.options.train.models) {
    outcome.models.push_back(trained_model(context.returned_by(train_task_id(spec.name))));
  }
  return outcome;
}

const pipeline::ModelSpec& spec_of(const TaskContext& context) {
  for (const pipeline::ModelSpec& spec : context.stages.options.train.models) {
    if (train_task_id(spec.name) == context.task) return spec;
  }
  throw Error(ErrorCode::kNotFound,
              fmt::format("task {}: the project file has no such model any more", context.task));
}

}  // namespace

std::string train_task_id(const std::string& model) {
  return kTrainPrefix + model;
}

TaskReport check_new_data_task(TaskContext& context) {
  const NewDataCheck check = check_for_new_data(context.stages, context.force);
  fmt::print(context.log, "{}\n", check.reason);
  if (!check.attempt) {
    return {TaskReport::Outcome::kShortCircuit, Json{{"reason", check.reason}}.dump(), "", ""};
  }
  context.stages.tracking().get_or_create_experiment(context.stages.options.experiment);
  const Json value = {
      {"attempt_id", check.attempt->id}, {"data_date", check.attempt->data_date}, {"reason", check.reason}};
  return {TaskReport::Outcome::kSuccess, value.dump(), "", ""};
}

TaskReport train_model_task(TaskContext& context) {
  const metadata::Attempt attempt = attempt_of(context);
  const pipeline::ModelSpec& spec = spec_of(context);
  const pipeline::TrainedModel model = train_model(context.stages, attempt, spec, data_of(context, attempt));
  fmt::print(context.log, "{} on {}: test_rmse {:.4f}, test_mae {:.4f}, test_r2 {:.4f}, run {}\n", model.name,
             attempt.data_date, model.test_rmse, model.test_mae, model.test_r2, model.run_id);
  return {TaskReport::Outcome::kSuccess, to_json(model).dump(), "", ""};
}

TaskReport select_best_model_task(TaskContext& context) {
  const metadata::Attempt attempt = attempt_of(context);
  pipeline::TrainingOutcome outcome = outcome_of(context, attempt);
  select_best(context.stages, attempt, data_of(context, attempt), outcome);
  fmt::print(context.log, "{} is the best: {} version {} in {}: {}\n", outcome.best_model,
             context.stages.options.registered_model, outcome.version, outcome.stage,
             outcome.promotion.reason);
  const Json value = {{"best_model", outcome.best_model},
                      {"version", outcome.version},
                      {"stage", outcome.stage},
                      {"reason", outcome.promotion.reason}};
  return {TaskReport::Outcome::kSuccess, value.dump(), "", ""};
}

TaskReport update_metadata_task(TaskContext& context) {
  const metadata::Attempt attempt = attempt_of(context);
  const Json value = {{"last_trained_data", attempt.data_date}};
  const TaskReport done = {TaskReport::Outcome::kSuccess, value.dump(), "", ""};
  if (attempt.closed_at_ms) {
    fmt::print(context.log, "the training on {} was finished already\n", attempt.data_date);
    return done;
  }
  pipeline::TrainingOutcome outcome = outcome_of(context, attempt);
  outcome.version = context.returned_by("select_best_model").at("version");
  update_metadata(context.stages, attempt, outcome);
  fmt::print(context.log, "{} = {}\n", kLastTrainedData, attempt.data_date);
  return done;
}

}  // namespace tidemill::dags
