#include "dags/pipelines.h"

#include <fmt/format.h>

#include "base/error.h"
#include "dags/tasks.h"
#include "workflow/timetable.h"

namespace tidemill::dags {
namespace {

constexpr char kAssetPrefix[] = "asset:";
constexpr int64_t kDayMs = 86'400'000;

std::optional<std::string> asset_of(const std::string& schedule) {
  if (!schedule.starts_with(kAssetPrefix)) return std::nullopt;
  return schedule.substr(sizeof(kAssetPrefix) - 1);
}

// Builds a DAG whose tasks follow on each other unless they say otherwise.
class Pipeline {
 public:
  Pipeline(std::string id, std::string description, const std::string& schedule,
           const ScheduleOptions& options)
      : options_(options) {
    dag_.id = std::move(id);
    dag_.description = std::move(description);
    if (const auto asset = asset_of(schedule)) {
      dag_.schedule_assets = {*asset};
    } else {
      dag_.schedule = schedule;
    }
    dag_.time_zone = options.time_zone;
    if (options.start_date) {
      const TimeZone zone = TimeZone::find(options.time_zone);
      dag_.start_date_ms = zone.to_utc(options.start_date->days_since_epoch() * kDayMs);
    } else if (!options.catchup) {
      dag_.start_date_ms = 0;  // the day that has begun is run at once
    }
    dag_.catchup = options.catchup;
    dag_.max_active_runs = 1;  // data is cumulative
    dag_.is_paused_upon_creation = options.paused;
  }

  workflow::Task& add(std::string id, std::string doc, std::vector<std::string> upstream) {
    workflow::Task task;
    task.id = std::move(id);
    task.doc = std::move(doc);
    task.upstream = std::move(upstream);
    task.retries = options_.retries;
    task.retry_delay_s = static_cast<double>(options_.retry_delay_s);
    if (options_.task_timeout_s) task.execution_timeout_ms = *options_.task_timeout_s * 1000;
    task.memory_limit_bytes = options_.task_memory_limit_bytes;
    dag_.tasks.push_back(std::move(task));
    return dag_.tasks.back();
  }

  // After the task added last.
  workflow::Task& then(std::string id, std::string doc) {
    std::vector<std::string> upstream;
    if (!dag_.tasks.empty()) upstream.push_back(dag_.tasks.back().id);
    return add(std::move(id), std::move(doc), std::move(upstream));
  }

  void tag(std::vector<std::string> tags) { dag_.tags = std::move(tags); }
  workflow::Dag take() { return std::move(dag_); }

 private:
  const ScheduleOptions& options_;
  workflow::Dag dag_;
};

workflow::Dag data_generation(const ScheduleOptions& options) {
  Pipeline pipeline(kDataGeneration, "A day's rows arrive as raw data and are checked",
                    options.data_generation, options);
  pipeline.tag({"data", "ml"});
  pipeline.then("generate_data", "Makes or reads the day's rows and publishes them as raw data.");
  pipeline.then("validate_data", "Checks them by the project's rules and writes the quality report.");
  pipeline.then("trigger_data_preparation", "Tells that there is raw data, which 02 waits for.").outlets = {
      kRawDataAsset};
  return pipeline.take();
}

workflow::Dag data_preparation(const ScheduleOptions& options) {
  Pipeline pipeline(kDataPreparation, "Raw days become a train and a test set", options.data_preparation,
                    options);
  pipeline.tag({"features", "ml"});
  pipeline.then("engineer_features", "Computes every feature on the newest rows.");
  pipeline.then("split_data", "Decides which rows are kept for testing, day by day and for ever.");
  pipeline.then("clean_data", "Learns medians, modes, caps, means and categories on the train side.");
  pipeline.then("scale_features", "Applies what was learned and publishes both sides.");
  pipeline.then("update_variable", "Moves the Variable latest_prepared_data.").outlets = {kPreparedDataAsset};
  return pipeline.take();
}

workflow::Dag model_training(const ProjectOptions& project, const ScheduleOptions& options) {
  Pipeline pipeline(kModelTraining, "Retrains when there is new data and registers the best model",
                    options.model_training, options);
  pipeline.tag({"ml", "training"});
  pipeline.add("check_new_data", "Goes on only when there is data that no training has seen.", {})
      .operator_name = "ShortCircuitOperator";
  std::vector<std::string> trainings;
  for (const pipeline::ModelSpec& model : project.train.models) {
    trainings.push_back(train_task_id(model.name));
    pipeline
        .add(trainings.back(), fmt::format("Trains {} ({}) and logs the run.", model.name, model.kind),
             {"check_new_data"})
        .pool = kTrainingPool;
  }
  pipeline.add("select_best_model", "Registers the best as a new version and promotes it by rule.",
               trainings);
  pipeline.then("update_metadata", "Moves the Variables last_trained_data and best_model_info.");
  return pipeline.take();
}

}  // namespace

void check_schedule(const std::string& text) {
  const auto asset = asset_of(text);
  if (!asset) {
    workflow::Timetable::parse(text, TimeZone::utc());
  } else if (*asset != kRawDataAsset && *asset != kPreparedDataAsset) {
    throw Error(ErrorCode::kInvalidArgument, fmt::format("there is no asset '{}': use asset:{} or asset:{}",
                                                         *asset, kRawDataAsset, kPreparedDataAsset));
  }
}

std::vector<workflow::Dag> project_dags(const ProjectOptions& project) {
  const ScheduleOptions& schedule = project.schedule;
  std::vector<workflow::Dag> dags = {data_generation(schedule), data_preparation(schedule),
                                     model_training(project, schedule)};
  for (workflow::Dag& dag : dags) {
    add_alerts(project.alerts, dag);
    workflow::check(dag);
  }
  return dags;
}

}  // namespace tidemill::dags
