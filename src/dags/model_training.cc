#include "dags/model_training.h"

#include <cmath>

#include <fmt/format.h>

#include "base/error.h"
#include "base/id.h"
#include "base/json.h"
#include "metadata/variables.h"
#include "pipeline/promote/promote.h"
#include "pipeline/train/registration.h"
#include "pipeline/train/run_record.h"

namespace tidemill::dags {
namespace {

using pipeline::Manifest;
using pipeline::TrainedModel;
using pipeline::TrainingOutcome;

double metric_of(const TrainedModel& model, const std::string& metric) {
  const auto values = pipeline::metric_values(model);
  const auto found = values.find(metric);
  if (found == values.end()) {
    throw Error(
        ErrorCode::kInvalidArgument,
        fmt::format("train.metric '{}' is not computed: choose test_rmse, test_mae or test_r2", metric));
  }
  return found->second;
}

// Lower is better, but for R2. The first of equals wins, in the order of the project file.
const TrainedModel& best_of(const std::vector<TrainedModel>& models, const std::string& metric) {
  const double sign = metric == "test_r2" ? -1 : 1;
  const TrainedModel* best = &models.front();
  for (const TrainedModel& model : models) {
    if (sign * metric_of(model, metric) < sign * metric_of(*best, metric)) best = &model;
  }
  return *best;
}

metadata::Attempt open_attempt(StageContext& context, Date date, const std::string& manifest_hash) {
  Json planned = Json::array();
  for (const pipeline::ModelSpec& spec : context.options.train.models) {
    planned.push_back({{"model", spec.name}, {"run_name", pipeline::run_name(spec.name, date)}});
  }
  metadata::Attempt attempt;
  attempt.id = new_id();
  attempt.data_date = date.to_string();
  attempt.data_manifest_hash = manifest_hash;
  attempt.planned = planned.dump();
  attempt.created_at_ms = context.clock.now_ms();
  metadata::open_attempt(context.metadata(), attempt);
  return attempt;
}

std::optional<Manifest> prepared_manifest(const StageContext& context, const std::string& date) {
  return pipeline::read_manifest(context.objects(), pipeline::prepared_prefix(Date::parse(date)));
}

}  // namespace

NewDataCheck check_for_new_data(StageContext& context, bool force) {
  const auto latest = metadata::get_variable(context.metadata(), kLatestPreparedData);
  if (const auto open = metadata::find_open_attempt(context.metadata())) {
    const std::optional<Manifest> manifest = prepared_manifest(context, open->data_date);
    if (manifest && manifest->hash() == open->data_manifest_hash) {
      return {open, true, fmt::format("resuming the training on {} that was interrupted", open->data_date)};
    }
    pipeline::kill_runs_of_attempt(context.tracking(), context.options.experiment, open->id,
                                   context.clock.now_ms());
    metadata::abandon_attempt(context.metadata(), open->id, context.clock.now_ms());
  }
  if (!latest) return {std::nullopt, false, "no new data: nothing has been prepared yet"};
  const std::optional<Manifest> manifest = prepared_manifest(context, *latest);
  if (!manifest) {
    throw Error(
        ErrorCode::kNotFound,
        fmt::format("the Variable {} names {}, but there is no prepared data for that day: run 'tidemill "
                    "prepare --date {}'",
                    kLatestPreparedData, *latest, *latest));
  }
  const std::string hash = manifest->hash();
  const auto trained = metadata::get_variable(context.metadata(), kLastTrainedData);
  const auto last = metadata::latest_closed_attempt(context.metadata());
  const bool same_data = trained == latest && last && last->data_manifest_hash == hash;
  if (same_data && !force) {
    return {std::nullopt, false, fmt::format("no new data: {} is what the last training saw", *latest)};
  }
  const std::string reason =
      same_data ? fmt::format("training again on {} as asked", *latest)
      : trained == latest
          ? fmt::format("new data: {} was prepared again with other content", *latest)
          : fmt::format("new data: {} (last trained: {})", *latest, trained.value_or("never"));
  return {open_attempt(context, Date::parse(*latest), hash), false, reason};
}

TrainedModel train_model(StageContext& context, const metadata::Attempt& attempt,
                         const pipeline::ModelSpec& spec, const pipeline::TrainingData& data) {
  const ProjectOptions& options = context.options;
  return pipeline::train_and_log({options.experiment, attempt.id, options.train.seed,
                                  options.train.thread_count, options.ingest.project_dir, context.tracking(),
                                  context.artifacts(), context.objects(), context.engine(), context.clock},
                                 spec, data);
}

void select_best(StageContext& context, const metadata::Attempt& attempt, const pipeline::TrainingData& data,
                 TrainingOutcome& outcome) {
  const pipeline::TrainOptions& options = context.options.train;
  const std::string& name = context.options.registered_model;
  const TrainedModel& best = best_of(outcome.models, options.metric);
  outcome.best_model = best.name;
  outcome.version = pipeline::register_best(context.tracking(), name, attempt.id, best, outcome.data_date);
  if (auto decided = pipeline::recorded_promotion(context.tracking(), name, outcome.version)) {
    outcome.promotion = *decided;
    pipeline::finish_promotion(context.tracking(), name, outcome.version, outcome.promotion);
  } else {
    const std::optional<int> production = pipeline::production_version(context.tracking(), name);
    std::optional<pipeline::MetricValues> baseline;
    if (production) {
      baseline = pipeline::evaluate_version(context.tracking(), context.artifacts(), context.engine(),
                                            context.objects(), name, *production, data);
    }
    outcome.promotion = pipeline::decide_promotion(options.promotion, options.better_than_production,
                                                   options.metric, pipeline::metric_values(best), baseline);
    outcome.promotion.production_version = production;
    pipeline::apply_promotion(context.tracking(), name, outcome.version, outcome.promotion);
  }
  outcome.stage = outcome.promotion.promoted ? "Production" : "Staging";
}

void update_metadata(StageContext& context, const metadata::Attempt& attempt,
                     const TrainingOutcome& outcome) {
  pipeline::kill_runs_of_attempt(context.tracking(), context.options.experiment, attempt.id,
                                 context.clock.now_ms());
  const TrainedModel& best = best_of(outcome.models, context.options.train.metric);
  const Json info = {{"model", best.name},
                     {"version", outcome.version},
                     {"run_id", best.run_id},
                     {"test_rmse", best.test_rmse}};
  metadata::Transaction transaction(context.metadata());
  metadata::set_variable(context.metadata(), kLastTrainedData, attempt.data_date);
  metadata::set_variable(context.metadata(), kLastTrainingDate, format_utc_ms(context.clock.now_ms()));
  metadata::set_variable(context.metadata(), kBestModelInfo, info.dump());
  metadata::close_attempt(context.metadata(), attempt.id, context.clock.now_ms());
  transaction.commit();
}

TrainingOutcome train(StageContext& context, bool force) {
  context.progress.step("checking for new data", 0);
  const NewDataCheck check = check_for_new_data(context, force);
  TrainingOutcome outcome;
  outcome.reason = check.reason;
  if (!check.attempt) return outcome;
  outcome.attempt_id = check.attempt->id;
  outcome.resumed = check.resumed;
  outcome.data_date = check.attempt->data_date;
  const pipeline::TrainingData data =
      pipeline::load_training_data(Date::parse(outcome.data_date), context.engine(), context.objects());
  context.tracking().get_or_create_experiment(context.options.experiment);  // says where artifacts go
  const std::vector<pipeline::ModelSpec>& specs = context.options.train.models;
  for (size_t i = 0; i < specs.size(); ++i) {
    context.progress.step("training " + specs[i].name,
                          static_cast<double>(i) / static_cast<double>(specs.size() + 1));
    outcome.models.push_back(train_model(context, *check.attempt, specs[i], data));
  }
  context.progress.step("registering the best", 0.9);
  select_best(context, *check.attempt, data, outcome);
  update_metadata(context, *check.attempt, outcome);
  outcome.trained = true;
  return outcome;
}

}  // namespace tidemill::dags
