#pragma once
// Artifacts of runs and logged models as objects: the tracking store says where they are (an artifact URI),
// this finds them in the store of objects that holds the artifact root.

#include <string>

#include "storage/object_store.h"

namespace tidemill::pipeline {

// The key prefix of `artifact_uri` (a path, a file: or an s3: URI) in `artifacts`.
// Errors: kInvalidArgument when it lies elsewhere.
std::string artifact_prefix(const storage::ObjectStore& artifacts, const std::string& artifact_uri);

}  // namespace tidemill::pipeline
