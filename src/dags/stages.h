#pragma once
// The three pipelines, stage by stage, on one project. Each function is one task of the guide's DAGs:
// idempotent, killed at any instant and run again with the same result.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "dags/alerts.h"
#include "dags/retention_options.h"
#include "dags/schedule.h"
#include "metadata/database.h"
#include "pipeline/ingest/ingest.h"
#include "pipeline/prepare/prepare.h"
#include "pipeline/train/train.h"
#include "pipeline/validate/validate.h"
#include "tracking/store.h"

namespace tidemill::dags {

// Airflow Variables, by the guide's names.
inline constexpr char kLatestPreparedData[] = "latest_prepared_data";
inline constexpr char kLastTrainedData[] = "last_trained_data";
inline constexpr char kLastTrainingDate[] = "last_training_date";
inline constexpr char kBestModelInfo[] = "best_model_info";

// Everything the project file says, as the stages take it.
struct ProjectOptions {
  std::string name;
  std::string experiment;        // "customer_churn_prediction"
  std::string registered_model;  // "customer_churn_model"
  pipeline::IngestOptions ingest;
  pipeline::ValidateOptions validate;
  pipeline::PrepareOptions prepare;
  pipeline::TrainOptions train;
  ScheduleOptions schedule;
  std::vector<AlertOptions> alerts;
  RetentionOptions retention;
};

// Opened by the first call, so that a stage pays for what it uses only, and a day's data can be made while an
// MLflow server is away.
template <typename T>
using Opens = std::function<T&()>;

struct StageContext {
  const ProjectOptions& options;
  Opens<engine::Engine> engine;
  Opens<storage::ObjectStore> objects;    // data
  Opens<storage::ObjectStore> artifacts;  // of runs and models: where the tracking store says that they are
  Opens<metadata::Database> metadata;
  Opens<tracking::Store> tracking;
  const Clock& clock;
  pipeline::Progress& progress;
};

// 01_data_generation_pipeline
pipeline::IngestResult generate(StageContext& context, Date date, bool force);
pipeline::ValidationReport validate(StageContext& context, Date date);

// 02_data_preparation_pipeline; moves latest_prepared_data forward, never back, unless the day that it
// names has not come yet and the new one has.
pipeline::PrepareResult prepare(StageContext& context, Date date, bool force);
void move_latest_prepared_data(StageContext& context, Date date);

// 03_model_training_pipeline: on the data of `latest_prepared_data`; no runs and no version when there is
// nothing new. See dags/model_training.h.
pipeline::TrainingOutcome train(StageContext& context, bool force);

struct DayOutcome {
  Date date;
  pipeline::IngestResult ingest;
  pipeline::ValidationReport validation;
  pipeline::PrepareResult preparation;
  pipeline::TrainingOutcome training;
};

// One day from arrival to a registered version.
DayOutcome run_day(StageContext& context, Date date, bool force);

}  // namespace tidemill::dags
