#include "pipeline/copy_objects.h"

#include <algorithm>
#include <fstream>
#include <map>

#include <fmt/format.h>

#include "base/digest.h"
#include "base/error.h"
#include "storage/scratch_dir.h"

namespace tidemill::pipeline {
namespace {

// By folder ("" for objects in none), in order of their keys.
std::map<std::string, std::vector<storage::ObjectInfo>> folders_of(const storage::ObjectStore& store) {
  std::map<std::string, std::vector<storage::ObjectInfo>> folders;
  for (storage::ObjectInfo& object : store.list("")) {
    const size_t slash = object.key.rfind('/');
    folders[slash == std::string::npos ? "" : object.key.substr(0, slash)].push_back(std::move(object));
  }
  return folders;
}

std::string require(const storage::ObjectStore& store, const std::string& key) {
  std::optional<std::string> bytes = store.get(key);
  if (!bytes) throw Error(ErrorCode::kNotFound, fmt::format("{} is gone from {}", key, store.uri()));
  return *std::move(bytes);
}

bool holds_equal(const storage::ObjectStore& to, const storage::ObjectInfo& object,
                 const std::string& bytes) {
  const auto present = to.head(object.key);
  return present && present->size_bytes == object.size_bytes && to.get(object.key) == bytes;
}

class Copier {
 public:
  Copier(const storage::ObjectStore& from, storage::ObjectStore& to) : from_(from), to_(to) {}

  // A folder that its manifest describes: all of it at once.
  void copy_dataset(const std::string& prefix, const std::vector<storage::ObjectInfo>& objects) {
    const std::optional<Manifest> manifest = read_manifest(from_, prefix);
    if (is_present(prefix, objects)) {
      ++outcome_.present_folder_count;
      return;
    }
    verify_content(from_, prefix, *manifest);
    storage::ScratchDir scratch(to_);
    for (const storage::ObjectInfo& object : objects) {
      const std::string bytes = require(from_, object.key);
      const std::filesystem::path path = scratch.path() / object.key.substr(prefix.size() + 1);
      std::ofstream file(path, std::ios::binary);
      if (!file.write(bytes.data(), static_cast<std::streamsize>(bytes.size())).flush()) {
        throw_system_error(errno, "write", path.string());
      }
      count(bytes);
    }
    scratch.publish(prefix);
    verify_content(to_, prefix, *manifest);
    ++outcome_.copied_folder_count;
  }

  void copy_single(const std::vector<storage::ObjectInfo>& objects) {
    bool has_copied = false;
    for (const storage::ObjectInfo& object : objects) {
      const std::string bytes = require(from_, object.key);
      if (holds_equal(to_, object, bytes)) continue;
      to_.put(object.key, bytes);
      if (!holds_equal(to_, object, bytes)) {
        throw Error(ErrorCode::kCorrupted,
                    fmt::format("{} in {} is not what was written", object.key, to_.uri()));
      }
      count(bytes);
      has_copied = true;
    }
    ++(has_copied ? outcome_.copied_folder_count : outcome_.present_folder_count);
  }

  const CopyOutcome& outcome() const { return outcome_; }

 private:
  // Equal manifests list equal files; what stands beside them (a validation report) is compared.
  bool is_present(const std::string& prefix, const std::vector<storage::ObjectInfo>& objects) {
    const std::string manifest_key = prefix + "/" + kManifestFile;
    if (to_.get(manifest_key) != from_.get(manifest_key)) return false;
    const std::optional<Manifest> manifest = manifest_in_target(prefix);
    if (!manifest) return false;
    for (const storage::ObjectInfo& object : objects) {
      const std::string name = object.key.substr(prefix.size() + 1);
      const bool is_listed = std::any_of(manifest->files.begin(), manifest->files.end(),
                                         [&](const ManifestFile& file) { return file.name == name; });
      if (!is_listed && to_.get(object.key) != from_.get(object.key)) return false;
    }
    return true;
  }

  // nullopt when it is not there or damaged: then it is copied again.
  std::optional<Manifest> manifest_in_target(const std::string& prefix) {
    try {
      std::optional<Manifest> manifest = read_manifest(to_, prefix);
      if (manifest) verify_content(to_, prefix, *manifest);
      return manifest;
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kCorrupted) return std::nullopt;
      throw;
    }
  }

  void count(const std::string& bytes) {
    ++outcome_.object_count;
    outcome_.byte_count += bytes.size();
  }

  const storage::ObjectStore& from_;
  storage::ObjectStore& to_;
  CopyOutcome outcome_;
};

}  // namespace

CopyOutcome copy_objects(const storage::ObjectStore& from, storage::ObjectStore& to, Progress& progress) {
  const auto folders = folders_of(from);
  Copier copier(from, to);
  size_t done = 0;
  for (const auto& [prefix, objects] : folders) {
    progress.step(prefix.empty() ? "copying" : "copying " + prefix,
                  static_cast<double>(done++) / static_cast<double>(folders.size()));
    const std::string manifest = prefix + "/" + kManifestFile;
    const bool has_manifest =
        std::any_of(objects.begin(), objects.end(),
                    [&manifest](const storage::ObjectInfo& object) { return object.key == manifest; });
    if (has_manifest) {
      copier.copy_dataset(prefix, objects);
    } else {
      copier.copy_single(objects);
    }
  }
  return copier.outcome();
}

}  // namespace tidemill::pipeline
