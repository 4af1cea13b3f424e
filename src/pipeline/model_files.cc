#include "pipeline/model_files.h"

#include <fmt/format.h>

#include "base/digest.h"
#include "base/error.h"
#include "pipeline/artifacts.h"
#include "pipeline/dataset.h"
#include "tracking/mlflow_model/mlflow_model.h"

namespace tidemill::pipeline {
namespace {

[[noreturn]] void throw_damaged(const tracking::ModelVersion& version, const std::string& path,
                                const std::string& damage) {
  throw Error(
      ErrorCode::kCorrupted,
      fmt::format("'{}' of {} version {} {}: restore it from a copy, or use another version (tidemill "
                  "models list)",
                  path, version.name, version.version, damage));
}

}  // namespace

std::optional<ModelFiles> read_model_files(const tracking::ModelVersion& version,
                                           const storage::ObjectStore& artifacts) {
  const std::string prefix = artifact_prefix(artifacts, version.storage_location);
  const auto read = [&](const std::string& name) {
    const std::string key = prefix + "/" + name;
    auto bytes = artifacts.get(key);
    if (!bytes) throw_damaged(version, artifacts.engine_uri(key), "is missing");
    return std::move(*bytes);
  };
  const auto recorded = tracking::recorded_files(read("MLmodel"));
  if (!recorded) return std::nullopt;
  ModelFiles files;
  files.preparation_path = artifacts.engine_uri(prefix + "/" + kPreparationFile);
  for (const tracking::RecordedFile& file : *recorded) {
    std::string bytes = read(file.name);
    if (!file.sha256.empty() && sha256_hex(bytes) != file.sha256) {
      throw_damaged(version, artifacts.engine_uri(prefix + "/" + file.name),
                    "is not what was written (its sha256 is another than in MLmodel)");
    }
    (file.name == kPreparationFile ? files.preparation : files.graph) = std::move(bytes);
  }
  return files;
}

}  // namespace tidemill::pipeline
