#pragma once
// Experiments, runs, logged models and the model registry, with MLflow's semantics, so that what Tidemill
// tracks is what MLflow shows. Source: mlflow/store/tracking/abstract_store.py and
// mlflow/store/model_registry/abstract_store.py (3.17).
//
// Errors of every call: kNotFound for an unknown id or name, kAlreadyExists for a name that is taken,
// kInvalidArgument for names, keys and values that MLflow refuses (tracking/validation.h) and for changing
// what is deleted, and those of the database or server behind it.
//
// A Store is used by one thread at a time.

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "tracking/entities.h"
#include "tracking/query.h"

namespace tidemill::tracking {

struct NewRun {
  std::string experiment_id{};
  std::string run_name{};  // "": made up
  std::string user_id{};
  int64_t start_time_ms = 0;
  std::vector<Tag> tags{};
  // "": a new one. Given ids let a crashed attempt find what it made; a server gives its own.
  std::string run_id{};
};

struct NewLoggedModel {
  std::string experiment_id{};
  std::string name{};  // "model" in most projects
  std::string source_run_id{};
  std::string model_type{};
  std::vector<Tag> tags{};
  std::vector<Param> params{};
  std::string model_id{};  // "": a new one; see NewRun::run_id
};

struct NewModelVersion {
  std::string name{};
  std::string source{};  // "models:/<model_id>" fills run and storage location; or a URI of artifacts
  std::string run_id{};
  std::optional<std::string> description{};
  std::optional<std::string> run_link{};
  std::vector<Tag> tags{};
};

// Several calls as one. Undone, all of them, unless committed.
class Batch {
 public:
  virtual ~Batch() = default;
  virtual void commit() = 0;
};

class Store {
 public:
  virtual ~Store() = default;

  virtual std::string uri() const = 0;

  // What is called until commit() becomes durable and visible at once, at the cost of one commit. Batches
  // nest. Over REST every call stands for itself.
  [[nodiscard]] virtual std::unique_ptr<Batch> begin() = 0;

  // Experiments. Artifacts go to <artifact root>/<experiment id> unless `artifact_location` says otherwise.
  virtual std::string create_experiment(const std::string& name, const std::vector<Tag>& tags = {},
                                        const std::string& artifact_location = "") = 0;
  virtual Experiment get_experiment(const std::string& experiment_id) = 0;
  virtual std::optional<Experiment> get_experiment_by_name(const std::string& name) = 0;
  // In order of creation, the latest first.
  virtual std::vector<Experiment> search_experiments(ViewType view) = 0;
  virtual void set_experiment_tag(const std::string& experiment_id, const Tag& tag) = 0;
  virtual void rename_experiment(const std::string& experiment_id, const std::string& new_name) = 0;
  virtual void delete_experiment(const std::string& experiment_id) = 0;  // and its runs; can be restored
  virtual void restore_experiment(const std::string& experiment_id) = 0;
  // The id of the one called `name`, made when there is none. Errors: kInvalidArgument when it is deleted.
  std::string get_or_create_experiment(const std::string& name);

  // Runs. A new one is RUNNING, with artifacts at <experiment's location>/<run id>/artifacts.
  virtual RunInfo create_run(const NewRun& run) = 0;
  virtual RunInfo update_run(const std::string& run_id, std::optional<RunStatus> status,
                             std::optional<int64_t> end_time_ms, const std::string& run_name = "") = 0;
  virtual Run get_run(const std::string& run_id) = 0;
  // get_run, or nullopt when there is none.
  virtual std::optional<Run> find_run(const std::string& run_id) = 0;
  virtual Page<Run> search_runs(const RunQuery& query) = 0;
  virtual void delete_run(const std::string& run_id) = 0;
  virtual void restore_run(const std::string& run_id) = 0;

  // All or nothing. At most 1000 metrics, 100 params and 100 tags, 1000 together. A param keeps its first
  // value (another one: kInvalidArgument); a tag its last; an equal metric is kept once.
  virtual void log_batch(const std::string& run_id, const std::vector<Metric>& metrics,
                         const std::vector<Param>& params, const std::vector<Tag>& tags) = 0;
  virtual void set_tag(const std::string& run_id, const Tag& tag) = 0;
  virtual void delete_tag(const std::string& run_id, const std::string& key) = 0;
  // In order of timestamp, step, value.
  virtual std::vector<Metric> get_metric_history(const std::string& run_id, const std::string& key) = 0;
  // Datasets of one name and digest are stored once in an experiment.
  virtual void log_inputs(const std::string& run_id, const std::vector<DatasetInput>& datasets,
                          const std::vector<std::string>& model_ids = {}) = 0;
  virtual void log_outputs(const std::string& run_id, const std::vector<ModelOutput>& models) = 0;

  // Logged models. A new one is PENDING, with artifacts at <experiment's location>/models/<model
  // id>/artifacts.
  virtual LoggedModel create_logged_model(const NewLoggedModel& model) = 0;
  virtual LoggedModel finalize_logged_model(const std::string& model_id, LoggedModelStatus status) = 0;
  virtual LoggedModel get_logged_model(const std::string& model_id) = 0;
  virtual std::optional<LoggedModel> find_logged_model(const std::string& model_id) = 0;
  // The active ones, the latest first; with `source_run_id` those of that run.
  virtual std::vector<LoggedModel> list_logged_models(const std::string& experiment_id,
                                                      const std::string& source_run_id = "") = 0;
  virtual void set_logged_model_tags(const std::string& model_id, const std::vector<Tag>& tags) = 0;
  virtual void delete_logged_model_tag(const std::string& model_id, const std::string& key) = 0;
  virtual void log_logged_model_params(const std::string& model_id, const std::vector<Param>& params) = 0;
  virtual void delete_logged_model(const std::string& model_id) = 0;

  // Registered models.
  virtual RegisteredModel create_registered_model(const std::string& name, const std::vector<Tag>& tags = {},
                                                  const std::optional<std::string>& description = {}) = 0;
  virtual RegisteredModel get_registered_model(const std::string& name) = 0;
  virtual std::optional<RegisteredModel> find_registered_model(const std::string& name) = 0;
  virtual RegisteredModel update_registered_model(const std::string& name,
                                                  const std::string& description) = 0;
  virtual RegisteredModel rename_registered_model(const std::string& name, const std::string& new_name) = 0;
  virtual void delete_registered_model(const std::string& name) = 0;  // with its versions, for good
  virtual Page<RegisteredModel> search_registered_models(const RegisteredModelQuery& query) = 0;
  virtual void set_registered_model_tag(const std::string& name, const Tag& tag) = 0;
  virtual void delete_registered_model_tag(const std::string& name, const std::string& key) = 0;

  // Model versions, numbered from 1 in each registered model. A new one is READY in stage None.
  virtual ModelVersion create_model_version(const NewModelVersion& version) = 0;
  virtual ModelVersion get_model_version(const std::string& name, int64_t version) = 0;
  virtual ModelVersion update_model_version(const std::string& name, int64_t version,
                                            const std::string& description) = 0;
  // With `archive_existing_versions` (Staging and Production only) the others in that stage become Archived.
  virtual ModelVersion transition_model_version_stage(const std::string& name, int64_t version,
                                                      const std::string& stage,
                                                      bool archive_existing_versions) = 0;
  virtual void delete_model_version(const std::string& name, int64_t version) = 0;
  // The highest version of each of `stages`; of all four when empty.
  virtual std::vector<ModelVersion> get_latest_versions(const std::string& name,
                                                        const std::vector<std::string>& stages = {}) = 0;
  virtual Page<ModelVersion> search_model_versions(const ModelVersionQuery& query) = 0;
  virtual void set_model_version_tag(const std::string& name, int64_t version, const Tag& tag) = 0;
  virtual void delete_model_version_tag(const std::string& name, int64_t version, const std::string& key) = 0;
  virtual void set_registered_model_alias(const std::string& name, const std::string& alias,
                                          int64_t version) = 0;
  virtual void delete_registered_model_alias(const std::string& name, const std::string& alias) = 0;
  // "latest" (any case) is the highest version.
  virtual ModelVersion get_model_version_by_alias(const std::string& name, const std::string& alias) = 0;

  // A project that was moved or copied. The store remembers the artifact root that its own experiments were
  // made under (nullopt: a store that several projects may share); relocate() rewrites every stored artifact
  // URI that lies under `old_root`, plain path or file: URI, in one transaction, and returns how many it
  // changed.
  virtual std::optional<std::string> recorded_artifact_root() = 0;
  virtual int64_t relocate(const std::string& old_root, const std::string& new_root) = 0;
};

struct StoreOptions {
  // Where artifacts go: an absolute folder, the project's data/mlflow, or "s3://bucket/prefix".
  std::string artifact_root{};
  bool create = true;      // false: kNotFound when there is no such store
  bool is_patient = true;  // false: a server that is away is told within seconds, for who only wants to know
};

// Opens by URI: "sqlite:mlflow.db" (relative to `base_dir`), an MLflow database of any revision from
// 6953534de441 to the head of 3.17. `clock` outlives the store.
// Errors: kInvalidArgument naming the URI and the known schemes, kConflict for a database of another
// revision, and those of the database.
std::unique_ptr<Store> open_store(const std::string& uri, const std::filesystem::path& base_dir,
                                  const StoreOptions& options, const Clock& clock);

}  // namespace tidemill::tracking
