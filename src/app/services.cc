#include "app/services.h"

#include <fmt/format.h>
#include <malloc.h>

#include "app/project_file/init.h"
#include "app/project_lock.h"
#include "base/error.h"
#include "base/json.h"
#include "metadata/migrate.h"
#include "pipeline/artifacts.h"

namespace tidemill::app {
namespace {

namespace fs = std::filesystem;

// The stored artifact locations follow a project that was moved.
int64_t relocate(tracking::Store& store, const std::string& from, const std::string& to) {
  try {
    return store.relocate(from, to);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kPermissionDenied) throw;
    throw Error(ErrorCode::kPermissionDenied,
                fmt::format("this project was moved from {} and {} cannot be written to, so it does not know "
                            "where its models are: run a command once where it can be written to, or show it "
                            "at its old place",
                            from, store.uri()));
  }
}

// Opens `uri`; for one who only reads, an empty database when there is no such file. What lives on a server
// is made where it is missing, whoever comes first.
template <typename Open>
auto open_or_empty(const std::string& uri, bool is_writer, const Open& open) {
  if (metadata::is_on_a_server(uri)) return open(uri, /*create=*/true);
  try {
    return open(uri, /*create=*/is_writer);
  } catch (const Error& error) {
    if (is_writer || error.code() != ErrorCode::kNotFound) throw;
  }
  return open("sqlite::memory:", /*create=*/true);
}

dags::ProjectOptions options_of(const Project& project) {
  return {project.name,
          project.tracking.experiment,
          project.tracking.registered_model,
          project.ingest,
          project.validate,
          project.prepare,
          project.train,
          project.schedule,
          project.alerts,
          project.retention};
}

bool is_remote(const std::string& place) {
  return place.starts_with("s3:");
}

bool is_mlflow_server(const std::string& uri) {
  return uri.starts_with("http:") || uri.starts_with("https:");
}

engine::S3Folder s3_folder_of(storage::S3Access access) {
  return {
      std::move(access.uri),           std::move(access.endpoint),      access.path_style,
      std::move(access.region),        std::move(access.access_key_id), std::move(access.secret_access_key),
      std::move(access.session_token), std::move(access.ca_file)};
}

}  // namespace

ProjectServices::ProjectServices(Project project, std::function<void(const std::string&)> notify)
    : project_(std::move(project)), options_(options_of(project_)), notify_(std::move(notify)) {}

std::string ProjectServices::show_config(bool as_json) const {
  return as_json ? project_to_json(project_).dump() + "\n" : show_project(project_);
}

storage::ObjectStore& ProjectServices::objects() {
  if (!objects_) objects_ = open_objects(project_.storage_uri);
  return *objects_;
}

std::unique_ptr<storage::ObjectStore> ProjectServices::open_objects(const std::string& uri) {
  return storage::open_object_store(uri, project_.stores);
}

storage::ObjectStore& ProjectServices::artifacts() {
  if (!artifacts_) {
    artifacts_ = pipeline::open_artifacts(experiment_artifacts(), project_.tracking.uri, project_.stores);
  }
  return *artifacts_;
}

std::string ProjectServices::artifact_root() {
  const std::string& place = project_.tracking.artifacts;
  if (is_remote(place)) return open_objects(place)->uri();
  return (project_.dir / place).lexically_normal().string();
}

std::string ProjectServices::experiment_artifacts() {
  auto experiment = tracking().get_experiment_by_name(project_.tracking.experiment);
  if (!experiment) {
    if (!is_mlflow_server(project_.tracking.uri)) return artifact_root();
    experiment = tracking().get_experiment("0");  // Default, the first that the server made
  }
  std::string root = experiment->artifact_location;
  const std::string own = "/" + experiment->experiment_id;
  if (root.ends_with(own)) root.erase(root.size() - own.size());
  return root.empty() ? "/" : root;
}

void ProjectServices::sweep() {
  objects().sweep();
  if (!is_mlflow_server(project_.tracking.uri)) return artifacts().sweep();
  // Wherever the server keeps them, what was to be sent there was prepared here.
  const fs::path scratch = project_.dir / ".tidemill" / "scratch";
  std::error_code failure;
  fs::remove_all(scratch, failure);
  if (failure) throw_system_error(failure.value(), "remove", scratch.string());
}

engine::EngineOptions ProjectServices::engine_options() const {
  engine::EngineOptions options;
  options.thread_count = project_.thread_count;
  options.memory_limit_bytes = project_.memory_limit_bytes;
  options.readable_paths = {project_.dir.string()};
  options.spill_dir = project_.dir / ".tidemill" / "spill";
  return options;
}

engine::Engine& ProjectServices::engine() {
  if (!engine_) {
    engine::EngineOptions options = engine_options();
    if (auto access = objects().s3_access()) {
      options.s3_folder = s3_folder_of(std::move(*access));
    } else {
      // The data may live outside the project folder; "" is the root of the object store.
      std::string root = objects().engine_uri("x");
      root.pop_back();
      options.readable_paths.push_back(root);
    }
    if (const auto* files = std::get_if<pipeline::FilesSource>(&project_.ingest.source)) {
      options.readable_paths.push_back(pipeline::landing_folder(*files, project_.dir).string());
    }
    engine_ = engine::open_engine(options);
    check_sql(project_, *engine_);
  }
  return *engine_;
}

void ProjectServices::close_engine() {
  if (!engine_) return;
  engine_.reset();
  malloc_trim(0);  // or the C library keeps what the engine held
}

std::unique_ptr<engine::Engine> ProjectServices::engine_for_file(const fs::path& file) {
  engine::EngineOptions options = engine_options();
  options.readable_paths.push_back(fs::absolute(file).parent_path().string());
  return engine::open_engine(options);
}

metadata::Database& ProjectServices::metadata() {
  if (!metadata_) {
    const auto open = [&](const std::string& uri, bool create) {
      return metadata::open_database(uri, project_.dir, {.create = create});
    };
    auto database = open_or_empty(project_.metadata_uri, is_writer_, open);
    metadata::migrate(*database, metadata::project_migrations());
    metadata_ = std::move(database);
  }
  return *metadata_;
}

metadata::Database& ProjectServices::metadata_for_writing() {
  become_writer();
  return metadata();
}

tracking::Store& ProjectServices::tracking() {
  if (tracking_) return *tracking_;
  const std::string root = artifact_root();
  const auto open = [&](const std::string& uri, bool create) {
    return tracking::open_store(uri, project_.dir, {root, create, is_patient_}, clock_);
  };
  tracking_ = open_or_empty(project_.tracking.uri, is_writer_, open);
  const auto recorded = tracking_->recorded_artifact_root();
  if (recorded && *recorded != root) {
    const int64_t changed = relocate(*tracking_, *recorded, root);
    notify_(fmt::format("this project was moved from {}: {} artifact locations in {} now point to {}",
                        *recorded, changed, tracking_->uri(), root));
  }
  return *tracking_;
}

std::optional<std::string> ProjectServices::present_writer() {
  const auto here = find_writer(project_.dir);
  return here || !metadata::is_on_a_server(project_.metadata_uri) ? here : metadata().present_writer();
}

std::unique_ptr<dags::WriterLock> ProjectServices::lock_for_writing(
    metadata::LockMode mode, int timeout_s, const std::function<void(const std::string&)>& on_wait) {
  const auto shared_database = [&]() -> metadata::Database* {
    become_writer();
    return metadata::is_on_a_server(project_.metadata_uri) ? &metadata() : nullptr;
  };
  return lock_project(project_.dir, mode, shared_database, timeout_s, on_wait);
}

void ProjectServices::become_writer() {
  if (!is_writer_) close_databases();  // what was opened to read may be an empty one in memory
  is_writer_ = true;
}

void ProjectServices::close_databases() {
  tracking_.reset();
  metadata_.reset();
}

dags::Services& TidemillApplication::open(const std::string& project_dir) {
  if (!services_)
    services_ = std::make_unique<ProjectServices>(load_project(project_dir, environment_), notify_);
  return *services_;
}

std::unique_ptr<dags::Services> TidemillApplication::open_again() const {
  return std::make_unique<ProjectServices>(services_->project(), notify_);
}

std::optional<std::string> TidemillApplication::environment_variable(const std::string& name) const {
  const auto found = environment_.find(name);
  if (found == environment_.end() || found->second.empty()) return std::nullopt;
  return found->second;
}

void TidemillApplication::init_project(const std::string& dir, const std::string& example) {
  app::init_project(dir, example);
}

std::vector<std::string> TidemillApplication::examples() const {
  return example_names();
}

std::string TidemillApplication::project_file_reference() const {
  return app::project_file_reference();
}

void TidemillApplication::close_databases() {
  if (services_) services_->close_databases();
}

std::string TidemillApplication::version() const {
  return std::string("tidemill ") + TIDEMILL_VERSION;
}

}  // namespace tidemill::app
