#pragma once
// "models:/..." URIs. Source: mlflow/store/artifact/utils/models.py.

#include <optional>
#include <string>
#include <string_view>

#include "tracking/store.h"

namespace tidemill::tracking {

// Exactly one of: model_id; name with version, stage or alias; name alone (the highest version).
struct ModelUri {
  std::optional<std::string> model_id;  // models:/m-...
  std::optional<std::string> name;
  std::optional<int64_t> version;    // models:/NAME/3
  std::optional<std::string> stage;  // models:/NAME/Staging, as written
  std::optional<std::string> alias;  // models:/NAME@champion
};

// Errors: kInvalidArgument naming the URI and the forms there are.
ModelUri parse_model_uri(std::string_view uri);

// The registered version that `uri` means now. Of a stage: the highest version in it.
// Errors: kNotFound when there is none, kInvalidArgument for a URI of a logged model.
ModelVersion resolve_model_version(Store& store, std::string_view uri);

}  // namespace tidemill::tracking
