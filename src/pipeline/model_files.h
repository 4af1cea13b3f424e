#pragma once
// The files that a registered model version predicts with.

#include <optional>
#include <string>

#include "storage/object_store.h"
#include "tracking/entities.h"

namespace tidemill::pipeline {

struct ModelFiles {
  std::string graph;             // model.onnx
  std::string preparation;       // preparation.json
  std::string preparation_path;  // for messages
};

// Checked against the hashes in the version's MLmodel, if it has some. nullopt for a version that another
// program made (kind = "command"), which only MLflow can load.
// Errors: kCorrupted naming the file that is missing or is not what was written; kInvalidArgument when the
// version's files are not under the project's artifact root.
std::optional<ModelFiles> read_model_files(const tracking::ModelVersion& version,
                                           const storage::ObjectStore& artifacts);

}  // namespace tidemill::pipeline
