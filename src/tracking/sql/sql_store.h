#pragma once
// Store on MLflow's own tables (schema.sql), writing the rows that MLflow's SqlAlchemyStore writes.
//
// Works from revision 6953534de441 up to 3.17's head, whose registry tables have a `workspace` column with
// the default 'default': so every INSERT names its columns and no ON CONFLICT names a key of the registry.
// Source: mlflow/store/tracking/sqlalchemy_store.py, mlflow/store/model_registry/sqlalchemy_store.py
// (3.17.2).

#include <memory>
#include <string>
#include <vector>

#include "metadata/database.h"
#include "tracking/store.h"

namespace tidemill::tracking::sql {

class SqlStore final : public Store {
 public:
  // `artifact_root` without a slash at its end.
  SqlStore(std::unique_ptr<metadata::Database> database, std::string artifact_root, const Clock& clock)
      : database_(std::move(database)), artifact_root_(std::move(artifact_root)), clock_(clock) {}

  // Makes the tables in an empty database, or throws kNotFound; checks those of a filled one.
  void prepare_schema(bool create);

  std::string uri() const override { return database_->uri(); }
  std::unique_ptr<Batch> begin() override;

  // experiments.cc
  std::string create_experiment(const std::string& name, const std::vector<Tag>& tags,
                                const std::string& artifact_location) override;
  Experiment get_experiment(const std::string& experiment_id) override;
  std::optional<Experiment> get_experiment_by_name(const std::string& name) override;
  std::vector<Experiment> search_experiments(ViewType view) override;
  void set_experiment_tag(const std::string& experiment_id, const Tag& tag) override;
  void rename_experiment(const std::string& experiment_id, const std::string& new_name) override;
  void delete_experiment(const std::string& experiment_id) override;
  void restore_experiment(const std::string& experiment_id) override;

  // runs.cc
  RunInfo create_run(const NewRun& run) override;
  RunInfo update_run(const std::string& run_id, std::optional<RunStatus> status,
                     std::optional<int64_t> end_time_ms, const std::string& run_name) override;
  Run get_run(const std::string& run_id) override;
  std::optional<Run> find_run(const std::string& run_id) override;
  void delete_run(const std::string& run_id) override;
  void restore_run(const std::string& run_id) override;

  // run_search.cc
  Page<Run> search_runs(const RunQuery& query) override;

  // run_data.cc
  void log_batch(const std::string& run_id, const std::vector<Metric>& metrics,
                 const std::vector<Param>& params, const std::vector<Tag>& tags) override;
  void set_tag(const std::string& run_id, const Tag& tag) override;
  void delete_tag(const std::string& run_id, const std::string& key) override;
  std::vector<Metric> get_metric_history(const std::string& run_id, const std::string& key) override;

  // run_inputs.cc
  void log_inputs(const std::string& run_id, const std::vector<DatasetInput>& datasets,
                  const std::vector<std::string>& model_ids) override;
  void log_outputs(const std::string& run_id, const std::vector<ModelOutput>& models) override;

  // logged_models.cc
  LoggedModel create_logged_model(const NewLoggedModel& model) override;
  LoggedModel finalize_logged_model(const std::string& model_id, LoggedModelStatus status) override;
  LoggedModel get_logged_model(const std::string& model_id) override;
  std::optional<LoggedModel> find_logged_model(const std::string& model_id) override;
  std::vector<LoggedModel> list_logged_models(const std::string& experiment_id,
                                              const std::string& source_run_id) override;
  void set_logged_model_tags(const std::string& model_id, const std::vector<Tag>& tags) override;
  void delete_logged_model_tag(const std::string& model_id, const std::string& key) override;
  void log_logged_model_params(const std::string& model_id, const std::vector<Param>& params) override;
  void delete_logged_model(const std::string& model_id) override;

  // registered_models.cc
  RegisteredModel create_registered_model(const std::string& name, const std::vector<Tag>& tags,
                                          const std::optional<std::string>& description) override;
  RegisteredModel get_registered_model(const std::string& name) override;
  std::optional<RegisteredModel> find_registered_model(const std::string& name) override;
  RegisteredModel update_registered_model(const std::string& name, const std::string& description) override;
  RegisteredModel rename_registered_model(const std::string& name, const std::string& new_name) override;
  void delete_registered_model(const std::string& name) override;
  Page<RegisteredModel> search_registered_models(const RegisteredModelQuery& query) override;
  void set_registered_model_tag(const std::string& name, const Tag& tag) override;
  void delete_registered_model_tag(const std::string& name, const std::string& key) override;

  // model_versions.cc
  ModelVersion create_model_version(const NewModelVersion& version) override;
  ModelVersion get_model_version(const std::string& name, int64_t version) override;
  ModelVersion update_model_version(const std::string& name, int64_t version,
                                    const std::string& description) override;
  ModelVersion transition_model_version_stage(const std::string& name, int64_t version,
                                              const std::string& stage,
                                              bool archive_existing_versions) override;
  void delete_model_version(const std::string& name, int64_t version) override;
  std::vector<ModelVersion> get_latest_versions(const std::string& name,
                                                const std::vector<std::string>& stages) override;
  Page<ModelVersion> search_model_versions(const ModelVersionQuery& query) override;
  void set_model_version_tag(const std::string& name, int64_t version, const Tag& tag) override;
  void delete_model_version_tag(const std::string& name, int64_t version, const std::string& key) override;
  void set_registered_model_alias(const std::string& name, const std::string& alias,
                                  int64_t version) override;
  void delete_registered_model_alias(const std::string& name, const std::string& alias) override;
  ModelVersion get_model_version_by_alias(const std::string& name, const std::string& alias) override;

  // relocate.cc
  std::optional<std::string> recorded_artifact_root() override;
  int64_t relocate(const std::string& old_root, const std::string& new_root) override;

 private:
  void create_schema();
  void check_schema();
  void record_artifact_root();

  Experiment require_active_experiment(const std::string& experiment_id);
  void set_experiment_stage(const std::string& experiment_id, LifecycleStage from, LifecycleStage to);
  // The experiment of a run that may be changed.
  int64_t require_active_run(const std::string& run_id);
  void set_run_name(const std::string& run_id, const std::string& name);
  void put_run_tag(const std::string& run_id, const Tag& tag);
  void put_param(const std::string& run_id, const Param& param);
  void put_metric(const std::string& run_id, const Metric& metric);
  void put_model_metric(const std::string& run_id, int64_t experiment_id, const Metric& metric);
  std::string put_dataset(int64_t experiment_id, const Dataset& dataset);
  // Fills all but info of runs that are in order of their ids or not.
  void load_run_data(std::vector<Run>& runs);
  void load_run_inputs(std::vector<Run>& runs);
  // The experiment of a logged model; kNotFound.
  int64_t require_logged_model(const std::string& model_id);
  LoggedModel logged_model_from(const metadata::Row& row);
  void put_logged_model_param(const std::string& model_id, int64_t experiment_id, const Param& param);
  void put_logged_model_tag(const std::string& model_id, int64_t experiment_id, const Tag& tag);
  void require_registered_model(const std::string& name);
  RegisteredModel registered_model_from(const metadata::Row& row);
  void put_registered_model_tag(const std::string& name, const Tag& tag);
  void touch_registered_model(const std::string& name, int64_t now_ms);
  ModelVersion model_version_from(const metadata::Row& row);
  void put_model_version_tag(const std::string& name, int64_t version, const Tag& tag);
  // What a source "models:/..." stands for: storage location and run.
  void resolve_source(NewModelVersion& version, std::string& storage_location);
  std::vector<Tag> tags_of(std::string_view sql, const std::vector<metadata::Value>& parameters);

  std::unique_ptr<metadata::Database> database_;
  std::string artifact_root_;
  const Clock& clock_;
};

}  // namespace tidemill::tracking::sql
