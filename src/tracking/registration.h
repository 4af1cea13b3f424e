#pragma once
// What MLflow's client does around the store when a model is registered.
// Source: mlflow/tracking/_model_registry/fluent.py.

#include <optional>
#include <string>
#include <vector>

#include "tracking/store.h"

namespace tidemill::tracking {

// A new version of the registered model `name`, which is made when there is none, from a logged model; notes
// the version on the logged model (tag mlflow.modelVersions). One commit where the store has transactions.
ModelVersion register_logged_model(Store& store, const std::string& name, const std::string& model_id,
                                   const std::vector<Tag>& tags = {},
                                   const std::optional<std::string>& description = std::nullopt);

}  // namespace tidemill::tracking
