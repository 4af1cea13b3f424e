#include "storage/memory/memory_store.h"

#include <fstream>
#include <iterator>
#include <system_error>

#include "base/error.h"
#include "base/id.h"
#include "storage/key.h"

namespace tidemill::storage {
namespace {

namespace fs = std::filesystem;

std::string read_whole(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw_system_error(errno, "open", path.string());
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

MemoryStore::MemoryStore() : scratch_root_(fs::temp_directory_path() / ("tidemill-" + new_id())) {}

MemoryStore::~MemoryStore() {
  std::error_code ignored;
  fs::remove_all(scratch_root_, ignored);
}

std::optional<std::string> MemoryStore::get(const std::string& key) const {
  check_key(key);
  const std::lock_guard lock(mutex_);
  const auto found = objects_.find(key);
  if (found == objects_.end()) return std::nullopt;
  return found->second;
}

std::optional<ObjectInfo> MemoryStore::head(const std::string& key) const {
  check_key(key);
  const std::lock_guard lock(mutex_);
  const auto found = objects_.find(key);
  if (found == objects_.end()) return std::nullopt;
  return ObjectInfo{key, found->second.size()};
}

std::vector<ObjectInfo> MemoryStore::list(const std::string& prefix) const {
  check_prefix(prefix);
  const std::lock_guard lock(mutex_);
  std::vector<ObjectInfo> found;
  for (auto it = objects_.lower_bound(prefix); it != objects_.end() && it->first.starts_with(prefix); ++it) {
    found.push_back({it->first, it->second.size()});
  }
  return found;
}

void MemoryStore::put(const std::string& key, std::string_view bytes) {
  check_key(key);
  const std::lock_guard lock(mutex_);
  // The same refusals as a file system's: an object is not also a folder.
  for (size_t slash = key.find('/'); slash != std::string::npos; slash = key.find('/', slash + 1)) {
    if (objects_.contains(key.substr(0, slash))) throw_system_error(ENOTDIR, "replace", key);
  }
  const auto below = objects_.lower_bound(key + "/");
  if (below != objects_.end() && below->first.starts_with(key + "/")) {
    throw_system_error(EISDIR, "replace", key);
  }
  objects_[key] = std::string(bytes);
}

void MemoryStore::remove(const std::string& key) {
  check_key(key);
  const std::lock_guard lock(mutex_);
  objects_.erase(key);
}

std::string MemoryStore::engine_uri(const std::string& key) const {
  throw Error(ErrorCode::kNotImplemented,
              "the SQL engine cannot read '" + key + "' from a memory: store; use a file: store");
}

fs::path MemoryStore::local_file(const std::string& key, const fs::path& dir) const {
  const std::optional<std::string> bytes = get(key);
  if (!bytes) throw_system_error(ENOENT, "open", key);
  fs::create_directories(dir);
  fs::path path = dir / fs::path(key).filename();
  if (!(std::ofstream(path, std::ios::binary) << *bytes)) throw_system_error(errno, "write", path.string());
  return path;
}

fs::path MemoryStore::make_scratch_dir() {
  fs::path dir = scratch_root_ / new_id();
  std::error_code failure;
  fs::create_directories(dir, failure);
  if (failure) throw_system_error(failure.value(), "create folder", dir.string());
  return dir;
}

void MemoryStore::publish(const std::string& prefix, const fs::path& scratch_dir) {
  check_key(prefix);
  std::map<std::string, std::string> fresh;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(scratch_dir)) {
    if (!entry.is_regular_file()) continue;
    const std::string key = prefix + "/" + entry.path().lexically_relative(scratch_dir).generic_string();
    fresh[key] = read_whole(entry.path());
  }
  fs::remove_all(scratch_dir);
  const std::lock_guard lock(mutex_);
  if (objects_.contains(prefix)) throw_system_error(ENOTDIR, "publish folder", prefix);
  const std::string root = prefix + "/";
  for (auto it = objects_.lower_bound(root); it != objects_.end() && it->first.starts_with(root);) {
    it = objects_.erase(it);
  }
  objects_.merge(fresh);
}

void MemoryStore::sweep() {
  std::error_code ignored;
  fs::remove_all(scratch_root_, ignored);
}

}  // namespace tidemill::storage
