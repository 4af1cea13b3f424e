#include "cli/stage_context.h"

#include "base/json.h"

namespace tidemill::cli {

dags::StageContext stage_context(Services& services, pipeline::Progress& progress) {
  return {services.options(),
          [&services]() -> engine::Engine& { return services.engine(); },
          [&services]() -> storage::ObjectStore& { return services.objects(); },
          [&services]() -> storage::ObjectStore& { return services.artifacts(); },
          [&services]() -> metadata::Database& { return services.metadata(); },
          [&services]() -> tracking::Store& { return services.tracking(); },
          services.clock(),
          progress};
}

Json to_json(const pipeline::IngestResult& result) {
  return {{"row_count", result.manifest.row_count},
          {"already_there", result.already_there},
          {"manifest_hash", result.manifest.hash()}};
}

Json to_json(const pipeline::PrepareResult& result) {
  return {{"train_row_count", result.train_row_count},
          {"test_row_count", result.test_row_count},
          {"null_target_row_count", result.null_target_row_count},
          {"already_there", result.already_there},
          {"manifest_hash", result.manifest.hash()}};
}

Json to_json(const pipeline::TrainingOutcome& outcome) {
  Json json = {{"trained", outcome.trained}, {"reason", outcome.reason}, {"data_date", outcome.data_date}};
  if (!outcome.trained) return json;
  json["attempt_id"] = outcome.attempt_id;
  json["resumed"] = outcome.resumed;
  json["runs"] = Json::array();
  for (const pipeline::TrainedModel& model : outcome.models) {
    json["runs"].push_back({{"model", model.name},
                            {"run_id", model.run_id},
                            {"model_id", model.model_id},
                            {"test_rmse", model.test_rmse},
                            {"test_mae", model.test_mae},
                            {"test_r2", model.test_r2}});
  }
  json["best_model"] = outcome.best_model;
  json["version"] = outcome.version;
  json["stage"] = outcome.stage;
  json["promotion"] = {{"promoted", outcome.promotion.promoted}, {"reason", outcome.promotion.reason}};
  if (outcome.promotion.production_version) {
    json["promotion"]["production_version"] = *outcome.promotion.production_version;
  }
  if (outcome.promotion.production_metric) {
    json["promotion"]["production_metric"] = *outcome.promotion.production_metric;
  }
  return json;
}

Json to_json(const dags::DayOutcome& day) {
  return {{"date", day.date.to_string()},
          {"raw", to_json(day.ingest)},
          {"quality_score", day.validation.quality_score},
          {"quality_passed", day.validation.passed},
          {"prepared", to_json(day.preparation)},
          {"training", to_json(day.training)}};
}

}  // namespace tidemill::cli
