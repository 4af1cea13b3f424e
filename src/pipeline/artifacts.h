#pragma once
// Artifacts of runs and logged models as objects: the tracking store says where they are (an artifact URI),
// this finds them in the store of objects that holds the artifact root.

#include <filesystem>
#include <memory>
#include <string>

#include "storage/object_store.h"

namespace tidemill::pipeline {

// The store of objects below `root`, where a tracking store keeps the artifacts of its experiments: a folder
// (a path or a file: URI), s3://..., or mlflow-artifacts:/..., which is reached through the server that
// `tracking_uri` names. `options` say how S3 is reached.
// Errors: kInvalidArgument for another scheme, and for mlflow-artifacts: without a server.
std::unique_ptr<storage::ObjectStore> open_artifacts(const std::string& root, const std::string& tracking_uri,
                                                     const storage::StoreOptions& options);

// The key prefix of `artifact_uri` in `artifacts`.
// Errors: kInvalidArgument when it lies elsewhere.
std::string artifact_prefix(const storage::ObjectStore& artifacts, const std::string& artifact_uri);

}  // namespace tidemill::pipeline
