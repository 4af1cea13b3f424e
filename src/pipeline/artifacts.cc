#include "pipeline/artifacts.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"

namespace tidemill::pipeline {
namespace {

constexpr std::string_view kProxied = "mlflow-artifacts:";

// "mlflow-artifacts://HOST:PORT/1" names the server too.
struct ProxiedUri {
  std::string authority;  // "HOST:PORT" or ""
  std::string path;       // "/1"
};

ProxiedUri parse_proxied(const std::string& uri) {
  std::string rest = uri.substr(kProxied.size());
  if (!rest.starts_with("//")) return {"", rest};
  const size_t slash = std::min(rest.find('/', 2), rest.size());
  return {rest.substr(2, slash - 2), rest.substr(slash)};
}

// As the stores of objects write addresses.
std::string plain(const std::string& uri) {
  if (uri.starts_with("file://")) return uri.substr(7);
  if (uri.starts_with(kProxied)) return std::string(kProxied) + parse_proxied(uri).path;
  return uri;
}

}  // namespace

std::unique_ptr<storage::ObjectStore> open_artifacts(const std::string& root, const std::string& tracking_uri,
                                                     const storage::StoreOptions& options) {
  if (root.starts_with('/')) return storage::open_object_store("file:" + root, options);
  if (!root.starts_with(kProxied)) return storage::open_object_store(root, options);
  const size_t scheme_end = tracking_uri.find("://");
  if (!tracking_uri.starts_with("http") || scheme_end == std::string::npos) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("the artifacts at '{}' are kept by an MLflow server: let tracking.uri name it, "
                            "http://HOST:PORT",
                            root));
  }
  const ProxiedUri proxied = parse_proxied(root);
  const std::string server =
      proxied.authority.empty() ? tracking_uri : tracking_uri.substr(0, scheme_end + 3) + proxied.authority;
  return storage::open_object_store(fmt::format("mlflow-artifacts+{}#{}", server, proxied.path), options);
}

std::string artifact_prefix(const storage::ObjectStore& artifacts, const std::string& artifact_uri) {
  const std::string path = plain(artifact_uri);
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
