#include "storage/mlflow_artifacts/mlflow_artifacts_store.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <fstream>
#include <system_error>

#include <fmt/format.h>

#include "base/error.h"
#include "base/id.h"
#include "base/json.h"
#include "storage/key.h"

namespace tidemill::storage {
namespace {

namespace fs = std::filesystem;

constexpr int kDownloads = 4;  // tries of a file whose sending breaks off

constexpr std::string_view kApi = "/api/2.0/mlflow-artifacts/artifacts";

// The server decodes names until nothing is left to decode.
void check_name(const std::string& key) {
  const auto is_hex = [&](size_t i) {
    return i < key.size() && std::isxdigit(static_cast<unsigned char>(key[i])) != 0;
  };
  for (size_t i = 0; i < key.size(); ++i) {
    if (key[i] == '#' || key[i] == '\\' || (key[i] == '%' && is_hex(i + 1) && is_hex(i + 2))) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("object key '{}' has '{}', which an MLflow server does not keep as it is", key,
                              key.substr(i, key[i] == '%' ? 3 : 1)));
    }
  }
}

std::string folder_of(const std::string& key) {
  const size_t slash = key.rfind('/');
  return slash == std::string::npos ? "" : key.substr(0, slash);
}

// What seals a folder: a reader that finds it expects the rest.
bool is_seal(const std::string& name) {
  return name == "MLmodel" || name == "manifest.json";
}

void make_folder(const fs::path& dir) {
  std::error_code failure;
  fs::create_directories(dir, failure);
  if (failure) throw_system_error(failure.value(), "create folder", dir.string());
}

}  // namespace

MlflowArtifactsStore::MlflowArtifactsStore(const std::string& server_uri, net::MlflowServerOptions options,
                                           std::string root, fs::path scratch_root)
    : server_(server_uri, std::move(options)),
      root_(std::move(root)),
      scratch_root_(std::move(scratch_root)) {
  while (root_.starts_with('/')) root_.erase(0, 1);
  if (!root_.empty() && !root_.ends_with('/')) root_ += '/';
}

std::string MlflowArtifactsStore::uri() const {
  return fmt::format("mlflow-artifacts:/{} at {}", root_, server_.uri());
}

std::string MlflowArtifactsStore::path_of(const std::string& key) const {
  return fmt::format("{}/{}", kApi, net::percent_encode(root_ + key, /*keep_slashes=*/true));
}

std::vector<MlflowArtifactsStore::Entry> MlflowArtifactsStore::entries_of(
    const std::string& folder_key) const {
  std::string path = root_ + folder_key;
  while (path.ends_with('/')) path.pop_back();
  net::HttpRequest request;
  request.url = std::string(kApi);
  if (!path.empty()) request.url += "?path=" + net::percent_encode(path);
  const net::HttpResponse response = server_.send(request, net::Repeat::kAlways);
  std::vector<Entry> entries;
  if (!response.is_success()) {
    const Error error = server_.error_of(request, response);
    if (error.code() == ErrorCode::kNotFound) return entries;
    throw error;
  }
  const Json answer = Json::parse(response.body, nullptr, /*allow_exceptions=*/false);
  if (!answer.is_object()) throw server_.not_mlflow(response);
  for (const Json& file : answer.value("files", Json::array())) {
    const std::string name = file.value("path", "");
    const Json size = file.value("file_size", Json(0));
    entries.push_back({name.substr(name.rfind('/') + 1), file.value("is_dir", false),
                       size.is_string() ? std::stoull(size.get<std::string>()) : size.get<uint64_t>()});
  }
  return entries;
}

std::optional<MlflowArtifactsStore::Entry> MlflowArtifactsStore::entry_of(const std::string& key) const {
  const std::string name = key.substr(key.rfind('/') + 1);
  for (Entry& entry : entries_of(folder_of(key))) {
    if (entry.name == name) return std::move(entry);
  }
  return std::nullopt;
}

std::optional<ObjectInfo> MlflowArtifactsStore::head(const std::string& key) const {
  check_key(key);
  check_name(key);
  const auto entry = entry_of(key);
  if (!entry || entry->is_folder) return std::nullopt;
  return ObjectInfo{key, entry->size_bytes};
}

std::optional<std::string> MlflowArtifactsStore::get(const std::string& key) const {
  // Asked for what it does not have, a server fails in ways that depend on where it keeps its artifacts.
  if (!head(key)) return std::nullopt;
  net::HttpRequest request;
  request.url = path_of(key);
  net::HttpResponse response = server_.send(request, net::Repeat::kAlways);
  if (response.is_success()) return std::move(response.body);
  const Error error = server_.error_of(request, response);
  if (error.code() == ErrorCode::kNotFound) return std::nullopt;
  throw error;
}

void MlflowArtifactsStore::collect(const std::string& folder_key, const std::string& prefix,
                                   std::vector<ObjectInfo>& out) const {
  for (const Entry& entry : entries_of(folder_key)) {
    const std::string key = folder_key + entry.name;
    if (entry.is_folder) {
      const std::string as_prefix = key + "/";
      const size_t shared = std::min(as_prefix.size(), prefix.size());
      if (as_prefix.compare(0, shared, prefix, 0, shared) == 0) collect(as_prefix, prefix, out);
    } else if (key.starts_with(prefix)) {
      out.push_back({key, entry.size_bytes});
    }
  }
}

std::vector<ObjectInfo> MlflowArtifactsStore::list(const std::string& prefix) const {
  check_prefix(prefix);
  std::vector<ObjectInfo> objects;
  const size_t slash = prefix.rfind('/');
  collect(slash == std::string::npos ? "" : prefix.substr(0, slash + 1), prefix, objects);
  std::ranges::sort(objects, {}, &ObjectInfo::key);
  return objects;
}

// The refusals of a file system, where the server would only fail.
void MlflowArtifactsStore::check_place(const std::string& key) const {
  for (size_t slash = key.find('/'); slash != std::string::npos; slash = key.find('/', slash + 1)) {
    const auto above = entry_of(key.substr(0, slash));
    if (!above) return;
    if (!above->is_folder) throw_system_error(ENOTDIR, "replace", key);
  }
  const auto present = entry_of(key);
  if (present && present->is_folder) throw_system_error(EISDIR, "replace", key);
}

void MlflowArtifactsStore::upload(const std::string& key, net::HttpRequest request) const {
  check_key(key);
  check_name(key);
  request.method = "PUT";
  request.url = path_of(key);
  request.headers = {{"Content-Type", "application/octet-stream"}};
  const net::HttpResponse response = server_.send(request, net::Repeat::kAlways);
  if (!response.is_success()) throw server_.error_of(request, response);
}

void MlflowArtifactsStore::put(const std::string& key, std::string_view bytes) {
  check_key(key);
  check_name(key);
  check_place(key);
  net::HttpRequest request;
  request.body = std::string(bytes);
  upload(key, std::move(request));
}

void MlflowArtifactsStore::remove(const std::string& key) {
  if (head(key)) erase(key);  // of a folder the server would remove everything
}

void MlflowArtifactsStore::erase(const std::string& key) const {
  net::HttpRequest request;
  request.method = "DELETE";
  request.url = path_of(key);
  const net::HttpResponse response = server_.send(request, net::Repeat::kAlways);
  if (response.is_success()) return;
  const Error error = server_.error_of(request, response);
  if (error.code() != ErrorCode::kNotFound) throw error;
}

std::string MlflowArtifactsStore::engine_uri(const std::string& key) const {
  return fmt::format("mlflow-artifacts:/{}{}", root_, key);
}

fs::path MlflowArtifactsStore::local_file(const std::string& key, const fs::path& dir) const {
  if (!head(key)) throw_system_error(ENOENT, "open", engine_uri(key));
  make_folder(dir);
  fs::path path = dir / fs::path(key).filename();
  for (int attempt = 1; !download(key, path); ++attempt) {
    if (attempt == kDownloads) {
      throw Error(ErrorCode::kUnavailable,
                  fmt::format("{} breaks off when it sends {}, {} times in a row: see its log, or try again "
                              "later",
                              server_.uri(), engine_uri(key), attempt));
    }
  }
  return path;
}

bool MlflowArtifactsStore::download(const std::string& key, const fs::path& path) const {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  bool has_begun = false;
  net::HttpRequest request;
  request.url = path_of(key);
  request.on_body = [&](std::string_view piece) {
    has_begun = true;
    file.write(piece.data(), static_cast<std::streamsize>(piece.size()));
  };
  try {
    const net::HttpResponse response = server_.send(request, net::Repeat::kAlways);
    if (!response.is_success()) throw server_.error_of(request, response);
  } catch (const Error& error) {
    if (has_begun && error.code() == ErrorCode::kUnavailable) return false;
    throw;
  }
  file.close();
  if (!file) throw_system_error(errno, "write", path.string());
  return true;
}

fs::path MlflowArtifactsStore::make_scratch_dir() {
  fs::path dir = scratch_root_ / new_id();
  make_folder(dir);
  return dir;
}

void MlflowArtifactsStore::replace_folder(const std::string& prefix, const fs::path& scratch_dir) {
  check_key(prefix);
  check_name(prefix);
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(scratch_dir)) {
    if (entry.is_regular_file())
      names.push_back(entry.path().lexically_relative(scratch_dir).generic_string());
  }
  std::ranges::sort(names);
  const auto send = [&](const std::string& name) {
    net::HttpRequest request;
    request.body = net::FilePart{scratch_dir / name, 0, fs::file_size(scratch_dir / name)};
    upload(prefix + "/" + name, std::move(request));
  };

  std::vector<std::string> old;
  if (const auto present = entry_of(prefix)) {
    if (!present->is_folder) throw_system_error(ENOTDIR, "publish folder", prefix);
    for (const ObjectInfo& object : list(prefix + "/")) {
      const std::string name = object.key.substr(prefix.size() + 1);
      if (is_seal(name)) {
        erase(object.key);
      } else if (!std::ranges::binary_search(names, name)) {
        old.push_back(object.key);
      }
    }
  }
  for (const std::string& name : names) {
    if (!is_seal(name)) send(name);
  }
  for (const std::string& key : old) erase(key);
  for (const std::string& name : names) {
    if (is_seal(name)) send(name);
  }
}

void MlflowArtifactsStore::publish(const std::string& prefix, const fs::path& scratch_dir) {
  std::error_code ignored;  // what cannot be removed now is swept later
  try {
    replace_folder(prefix, scratch_dir);
  } catch (...) {
    fs::remove_all(scratch_dir, ignored);
    throw;
  }
  fs::remove_all(scratch_dir, ignored);
}

void MlflowArtifactsStore::sweep() {
  std::error_code failure;
  fs::remove_all(scratch_root_, failure);
  if (failure) throw_system_error(failure.value(), "remove", scratch_root_.string());
}

}  // namespace tidemill::storage
