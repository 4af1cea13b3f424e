#include "pipeline/artifacts.h"

#include <fmt/format.h>

#include "base/error.h"

namespace tidemill::pipeline {

std::string artifact_prefix(const storage::ObjectStore& artifacts, const std::string& artifact_uri) {
  std::string path = artifact_uri;
  if (path.starts_with("file://")) path.erase(0, 7);
  std::string root = artifacts.engine_uri("x");
  root.pop_back();
  if (!path.starts_with(root)) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("the artifacts at '{}' are not under the project's artifact root '{}'",
                            artifact_uri, root));
  }
  return path.substr(root.size());
}

}  // namespace tidemill::pipeline
