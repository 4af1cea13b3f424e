// The known backends. To add one: a folder beside file/, and a line in kSchemes.

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "storage/file/file_store.h"
#include "storage/memory/memory_store.h"
#include "storage/mlflow_artifacts/mlflow_artifacts_store.h"
#include "storage/object_store.h"
#include "storage/s3/s3_store.h"

namespace tidemill::storage {
namespace {

namespace fs = std::filesystem;

// `rest` is what follows the scheme and its colon.
std::unique_ptr<ObjectStore> open_file(const std::string& uri, const std::string& rest,
                                       const StoreOptions& options) {
  std::string path = rest;
  if (path.starts_with("//")) {
    path.erase(0, 2);
    if (!path.starts_with('/')) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("storage uri '{}' names a host; write file:FOLDER or file:///FOLDER", uri));
    }
  }
  if (path.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("storage uri '{}' names no folder; write file:FOLDER", uri));
  }
  return std::make_unique<FileStore>(options.base_dir / path);
}

std::unique_ptr<ObjectStore> open_memory(const std::string& uri, const std::string& rest,
                                         const StoreOptions&) {
  if (!rest.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("storage uri '{}': nothing may follow memory:", uri));
  }
  return std::make_unique<MemoryStore>();
}

// "mlflow-artifacts+http://HOST:PORT#FOLDER": a folder in the artifacts of an MLflow server.
std::unique_ptr<ObjectStore> open_mlflow_artifacts(const std::string& uri, const std::string&,
                                                   const StoreOptions& options) {
  const std::string address = uri.substr(uri.find('+') + 1);
  const size_t hash = std::min(address.find('#'), address.size());
  return std::make_unique<MlflowArtifactsStore>(
      address.substr(0, hash), net::mlflow_server_options(),
      hash < address.size() ? address.substr(hash + 1) : "",
      fs::absolute(options.base_dir) / ".tidemill" / "scratch" / "mlflow-artifacts");
}

struct Scheme {
  std::string_view name;
  std::unique_ptr<ObjectStore> (*open)(const std::string& uri, const std::string& rest,
                                       const StoreOptions& options);
};

constexpr std::array kSchemes = {
    Scheme{"file", open_file},
    Scheme{"memory", open_memory},
    Scheme{"s3", s3::open},
    Scheme{"mlflow-artifacts+http", open_mlflow_artifacts},
    Scheme{"mlflow-artifacts+https", open_mlflow_artifacts},
};

}  // namespace

std::unique_ptr<ObjectStore> open_object_store(const std::string& uri, const StoreOptions& options) {
  const size_t colon = uri.find(':');
  const std::string name = uri.substr(0, colon);
  std::vector<std::string> known;
  for (const Scheme& scheme : kSchemes) {
    if (colon != std::string::npos && scheme.name == name)
      return scheme.open(uri, uri.substr(colon + 1), options);
    known.push_back(fmt::format("{}:", scheme.name));
  }
  const std::string hint = colon == std::string::npos ? fmt::format("; for a folder write file:{}", uri)
                                                      : did_you_mean(name + ":", known);
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("storage uri '{}' has an unknown scheme; known: {}{}", uri, join(known), hint));
}

std::unique_ptr<ObjectStore> open_object_store(const std::string& uri, const fs::path& base_dir) {
  return open_object_store(uri, StoreOptions{.base_dir = base_dir});
}

}  // namespace tidemill::storage
