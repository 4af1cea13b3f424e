#pragma once
// Hyperparameters as JSON with their types: None is null.

#include "base/json_fwd.h"
#include "models/model.h"

namespace tidemill::pipeline {

Json parameters_to_json(const models::Parameters& parameters);
// Errors: kCorrupted naming `place` for a value that is no hyperparameter.
models::Parameters parameters_from_json(const Json& json, const std::string& place);

}  // namespace tidemill::pipeline
