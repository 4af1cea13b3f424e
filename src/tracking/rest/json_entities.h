#pragma once
// Between the JSON of MLflow's REST API and values. Source: mlflow/protos/service.proto,
// model_registry.proto (3.17). Lists come out in the order that tracking/entities.h promises, whatever the
// server's. Errors: kCorrupted when an answer lacks what MLflow always sends.

#include <string>
#include <vector>

#include "base/json_fwd.h"
#include "tracking/entities.h"

namespace tidemill::tracking::rest {

Experiment experiment_from(const Json& json);
RunInfo run_info_from(const Json& json);
Run run_from(const Json& json);
Metric metric_from(const Json& json);
LoggedModel logged_model_from(const Json& json);
// storage_location is not in the answer.
ModelVersion model_version_from(const Json& json);
RegisteredModel registered_model_from(const Json& json);

Json tags_to_json(const std::vector<Tag>& tags);
Json params_to_json(const std::vector<Param>& params);
// NaN and infinities as "NaN", "Infinity", "-Infinity".
Json metrics_to_json(const std::vector<Metric>& metrics);
Json inputs_to_json(const std::vector<DatasetInput>& inputs);
// "LOGGED_MODEL_READY", ...
std::string logged_model_status_to_json(LoggedModelStatus status);

// By timestamp, step, value, as the SQL store.
void sort_history(std::vector<Metric>& history);

// A list inside an answer; empty when it was left out, as MLflow does with empty lists.
const Json& list_in(const Json& json, const char* key);

}  // namespace tidemill::tracking::rest
