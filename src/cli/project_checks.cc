#include "cli/project_checks.h"

#include <filesystem>
#include <set>

#include <fmt/format.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/registered_versions.h"
#include "metadata/variables.h"
#include "pipeline/model_files.h"

namespace tidemill::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kManifestEnding = "/manifest.json";

bool is_published(const storage::ObjectStore& objects, const std::string& prefix) {
  return objects.head(prefix + std::string(kManifestEnding)).has_value();
}

void check_inputs(const storage::ObjectStore& objects, const std::string& prefix,
                  const pipeline::Manifest& manifest) {
  if (manifest.dataset == "raw_data") return;  // its inputs are files that arrived from elsewhere
  for (const auto& [input, hash] : manifest.inputs) {
    if (is_published(objects, input)) continue;
    throw Error(ErrorCode::kCorrupted,
                fmt::format("{} was made from {}, which is missing: restore it, or make that day again",
                            prefix, input));
  }
}

// The nearest folder above that exists; "" for what is no local path.
fs::path existing_folder(fs::path path) {
  if (!path.has_filename()) path = path.parent_path();  // "shop/"
  while (!path.empty() && !fs::exists(path)) path = path.parent_path();
  return path;
}

}  // namespace

std::string check_writer_lock(Services& services) {
  const std::optional<std::string> writer = services.present_writer();
  if (writer) throw Error(ErrorCode::kConflict, *writer + " is writing this project");
  return "free";
}

std::string check_disk(Services& services) {
  constexpr uint64_t kLowBytes = uint64_t{1} << 30;
  std::set<dev_t> seen;
  std::string found;
  for (const fs::path& place :
       {services.project_dir(), fs::path(services.objects().engine_uri("x")).parent_path(),
        fs::path(services.artifacts().engine_uri("x")).parent_path()}) {
    const fs::path folder = existing_folder(place);
    struct stat status {};
    if (folder.empty() || stat(folder.c_str(), &status) != 0) continue;
    const uint64_t free_bytes = fs::space(folder).available;
    if (free_bytes < kLowBytes) {
      throw Error(ErrorCode::kResourceExhausted,
                  fmt::format("{} MB free in {}, less than 1 GB", free_bytes >> 20, folder.string()));
    }
    if (!seen.insert(status.st_dev).second) continue;
    found += fmt::format("{}{} GB free in {}", found.empty() ? "" : ", ", free_bytes >> 30, folder.string());
  }
  return found;
}

std::string check_objects(Services& services) {
  const storage::ObjectStore& objects = services.objects();
  size_t datasets = 0;
  for (const storage::ObjectInfo& object : objects.list("")) {
    if (!object.key.ends_with(kManifestEnding)) continue;
    const std::string prefix = object.key.substr(0, object.key.size() - kManifestEnding.size());
    const auto manifest = pipeline::read_manifest(objects, prefix);
    if (!manifest) continue;  // removed since it was listed
    pipeline::verify_content(objects, prefix, *manifest);
    check_inputs(objects, prefix, *manifest);
    ++datasets;
  }
  return fmt::format("{}: {} published folders are what their manifests say", objects.uri(), datasets);
}

std::string check_prepared_data(Services& services) {
  const auto latest = metadata::get_variable(services.metadata(), dags::kLatestPreparedData);
  if (!latest) return "nothing has been prepared yet";
  const std::string prefix = pipeline::prepared_prefix(Date::parse(*latest));
  if (!is_published(services.objects(), prefix)) {
    throw Error(ErrorCode::kCorrupted, fmt::format("the Variable {0} names {1}, but {2} is missing: run "
                                                   "'tidemill prepare --date {1}'",
                                                   dags::kLatestPreparedData, *latest, prefix));
  }
  return fmt::format("{} is {}", dags::kLatestPreparedData, *latest);
}

std::string check_artifacts(Services& services) {
  const std::string& name = services.options().registered_model;
  const auto versions = versions_of(services.tracking(), name);
  if (versions.empty()) return "no version of " + name + " yet";
  std::string first;
  std::vector<std::string> others;
  for (const tracking::ModelVersion& version : versions) {
    try {
      pipeline::read_model_files(version, services.artifacts());
    } catch (const Error& error) {
      if (first.empty()) {
        first = error.message();
      } else {
        others.push_back(std::to_string(version.version));
      }
    }
  }
  if (!first.empty()) {
    const std::string more = others.empty() ? "" : "; also damaged: version " + join(others);
    throw Error(ErrorCode::kCorrupted, first + more);
  }
  return fmt::format("the files of {} versions of {} are what was registered", versions.size(), name);
}

}  // namespace tidemill::cli
