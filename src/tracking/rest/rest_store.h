#pragma once
// tracking::Store over MLflow's REST API, as `mlflow server` 3.x offers it.
// Source: mlflow/store/tracking/rest_store.py, mlflow/store/model_registry/rest_store.py (3.17.2).
//
// What differs from the SQL store is listed in docs/reference/tracking-backends.md: the server gives ids and
// times, and every call stands for itself. Calls that change nothing when they come twice are sent again when
// the answer is lost. What makes something new is looked for first (by name, tags and times) and made again
// only when it is not there, unless the server was too slow: then it may still be made after the error.
//
// Beyond those of tracking/store.h every call has the errors of net/mlflow_server.h.

#include <functional>

#include "base/json_fwd.h"
#include "net/mlflow_server.h"
#include "tracking/store.h"

namespace tidemill::tracking::rest {

class RestStore final : public Store {
 public:
  explicit RestStore(const std::string& uri, net::MlflowServerOptions options)
      : server_(uri, std::move(options)) {}

  std::string uri() const override { return server_.uri(); }
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
  Page<Run> search_runs(const RunQuery& query) override;
  void delete_run(const std::string& run_id) override;
  void restore_run(const std::string& run_id) override;

  // run_data.cc
  void log_batch(const std::string& run_id, const std::vector<Metric>& metrics,
                 const std::vector<Param>& params, const std::vector<Tag>& tags) override;
  void set_tag(const std::string& run_id, const Tag& tag) override;
  void delete_tag(const std::string& run_id, const std::string& key) override;
  std::vector<Metric> get_metric_history(const std::string& run_id, const std::string& key) override;
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
  void set_registered_model_alias(const std::string& name, const std::string& alias,
                                  int64_t version) override;
  void delete_registered_model_alias(const std::string& name, const std::string& alias) override;

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
  ModelVersion get_model_version_by_alias(const std::string& name, const std::string& alias) override;

  // A server's artifacts do not move with a project.
  std::optional<std::string> recorded_artifact_root() override { return std::nullopt; }
  int64_t relocate(const std::string& old_root, const std::string& new_root) override;

 private:
  using Parameters = std::vector<std::pair<std::string, std::string>>;

  // `path` below /api/2.0/mlflow. The answer of 2xx, an object; every other throws.
  Json get(const std::string& path, const Parameters& parameters = {});
  // nullopt when MLflow says that it does not exist.
  std::optional<Json> find(const std::string& path, const Parameters& parameters);
  Json send(const std::string& method, const std::string& path, const Json& body, net::Repeat repeat);
  // Makes something by POST. When the answer is lost `made` looks for it; what it finds is the answer.
  Json create(const std::string& path, const Json& body, const std::function<std::optional<Json>()>& made);
  net::HttpResponse exchange(net::HttpRequest& request, net::Repeat repeat);
  Json parsed(const net::HttpResponse& response) const;

  // The answers as MLflow sends them.
  std::optional<Json> run_like(const NewRun& run);
  Json search_runs_page(const RunQuery& query);
  Json search_versions_page(const ModelVersionQuery& query);
  // What an answer about a version leaves out.
  ModelVersion completed(ModelVersion version);
  std::vector<ModelVersion> completed(std::vector<ModelVersion> versions);

  net::MlflowServer server_;
};

}  // namespace tidemill::tracking::rest
