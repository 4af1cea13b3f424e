#include "pipeline/train/registration.h"

#include <fmt/format.h>

#include "base/error.h"
#include "models/metrics/metrics.h"
#include "pipeline/promotion.h"
#include "pipeline/registered_model.h"
#include "pipeline/train/run_record.h"

namespace tidemill::pipeline {
namespace {

tracking::ModelVersion make_version(tracking::Store& store, const std::string& registered_model,
                                    const std::string& attempt_id, const TrainedModel& best,
                                    const std::string& data_date) {
  if (!store.find_registered_model(registered_model)) store.create_registered_model(registered_model);
  tracking::NewModelVersion version;
  version.name = registered_model;
  version.source = best.model_uri;
  version.run_id = best.run_id;
  version.description =
      fmt::format("{} on data to {}: test_rmse {:.4f}", best.name, data_date, best.test_rmse);
  version.tags = {{kTagAttempt, attempt_id}, {kTagModel, best.name}, {kTagDataDate, data_date}};
  return store.create_model_version(version);
}

}  // namespace

int register_best(tracking::Store& store, const std::string& registered_model, const std::string& attempt_id,
                  const TrainedModel& best, const std::string& data_date) {
  tracking::ModelVersionQuery query;
  query.conditions = {tracking::attribute_equals("name", registered_model),
                      tracking::tag_equals(kTagAttempt, attempt_id)};
  const auto batch = store.begin();
  const auto existing = store.search_model_versions(query);
  const tracking::ModelVersion version =
      existing.items.empty() ? make_version(store, registered_model, attempt_id, best, data_date)
                             : existing.items.front();
  // Staging comes last: a version that is in no stage was left half made, over REST.
  if (version.current_stage == tracking::kStageNone) {
    store.set_registered_model_alias(registered_model, kChallengerAlias, version.version);
    store.transition_model_version_stage(registered_model, version.version,
                                         std::string(tracking::kStageStaging),
                                         /*archive_existing_versions=*/false);
  }
  batch->commit();
  return static_cast<int>(version.version);
}

std::optional<std::map<std::string, double>> evaluate_version(tracking::Store& store,
                                                              const storage::ObjectStore& artifacts,
                                                              engine::Engine& engine,
                                                              const storage::ObjectStore& objects,
                                                              const std::string& registered_model,
                                                              int version, const TrainingData& data) {
  try {
    const RegisteredModel model =
        load_registered_model(fmt::format("models:/{}/{}", registered_model, version), store, artifacts);
    const auto session = engine.new_session();
    const FeatureRows rows = compute_features(
        model.preparation, side_rows_sql(data.manifest, /*test_side=*/true, objects), *session);
    const std::vector<double> predictions = model.predict(rows);
    return std::map<std::string, double>{{"test_rmse", models::rmse(data.test_target, predictions)},
                                         {"test_mae", models::mae(data.test_target, predictions)},
                                         {"test_r2", models::r2(data.test_target, predictions)}};
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kNotImplemented) return std::nullopt;
    throw;
  }
}

}  // namespace tidemill::pipeline
