#include <fmt/format.h>

#include "base/error.h"
#include "base/id.h"
#include "tracking/sql/rows.h"
#include "tracking/sql/sql_store.h"
#include "tracking/validation.h"

namespace tidemill::tracking::sql {
namespace {

constexpr std::string_view kSelect =
    "SELECT model_id, experiment_id, name, artifact_location, creation_timestamp_ms, "
    "last_updated_timestamp_ms, "
    "status, model_type, source_run_id, status_message FROM logged_models ";

Error model_not_found(const std::string& model_id) {
  return {ErrorCode::kNotFound, fmt::format("Logged model with ID '{}' not found.", model_id)};
}

}  // namespace

LoggedModel SqlStore::logged_model_from(const metadata::Row& row) {
  LoggedModel model;
  model.model_id = row.text(0);
  model.experiment_id = std::to_string(row.integer(1));
  model.name = row.text(2);
  model.artifact_location = row.text(3);
  model.creation_timestamp_ms = row.integer(4);
  model.last_updated_timestamp_ms = row.integer(5);
  model.status = static_cast<LoggedModelStatus>(row.integer(6));
  model.model_type = row.optional_text(7);
  model.source_run_id = row.optional_text(8);
  model.status_message = row.optional_text(9);
  model.tags = tags_of(
      "SELECT tag_key, tag_value FROM logged_model_tags WHERE model_id = ? ORDER BY tag_key COLLATE \"C\"",
      {model.model_id});
  for (const Tag& param : tags_of("SELECT param_key, param_value FROM logged_model_params WHERE model_id = ? "
                                  "ORDER BY param_key COLLATE \"C\"",
                                  {model.model_id})) {
    model.params.push_back({param.key, param.value});
  }
  for (const metadata::Row& metric_row : database_->query(
           "SELECT metric_name, metric_value, metric_timestamp_ms, metric_step, dataset_name, dataset_digest "
           "FROM logged_model_metrics WHERE model_id = ? ORDER BY metric_name COLLATE \"C\", "
           "metric_timestamp_ms, "
           "metric_step",
           {model.model_id})) {
    model.metrics.push_back({metric_row.text(0), metric_row.is_null(1) ? 0 : metric_row.real(1),
                             metric_row.integer(2), metric_row.integer(3), model.model_id,
                             text_or_empty(metric_row, 4), text_or_empty(metric_row, 5)});
  }
  return model;
}

LoggedModel SqlStore::create_logged_model(const NewLoggedModel& model) {
  check_logged_model_name(model.name);
  const std::string model_id = model.model_id.empty() ? "m-" + new_id() : model.model_id;
  check_run_id(model_id);
  metadata::Transaction transaction(*database_);
  const Experiment experiment = require_active_experiment(model.experiment_id);
  if (database_->query_first("SELECT 1 FROM logged_models WHERE model_id = ?", {model_id})) {
    throw Error(ErrorCode::kAlreadyExists,
                fmt::format("Logged model with ID '{}' already exists.", model_id));
  }
  const int64_t experiment_id = parse_experiment_id(experiment.experiment_id);
  const int64_t now_ms = clock_.now_ms();
  database_->execute(
      "INSERT INTO logged_models (model_id, experiment_id, name, artifact_location, creation_timestamp_ms, "
      "last_updated_timestamp_ms, status, lifecycle_stage, model_type, source_run_id, status_message) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, 'active', ?, ?, NULL)",
      {model_id, experiment_id, model.name,
       append_path(experiment.artifact_location, "models/" + model_id + "/artifacts"), now_ms, now_ms,
       static_cast<int64_t>(LoggedModelStatus::kPending), text_or_null(model.model_type),
       text_or_null(model.source_run_id)});
  for (const Param& param : model.params) put_logged_model_param(model_id, experiment_id, param);
  for (const Tag& tag : model.tags) put_logged_model_tag(model_id, experiment_id, tag);
  LoggedModel created = get_logged_model(model_id);
  transaction.commit();
  return created;
}

int64_t SqlStore::require_logged_model(const std::string& model_id) {
  const auto row =
      database_->query_first("SELECT experiment_id FROM logged_models WHERE model_id = ?", {model_id});
  if (!row) throw model_not_found(model_id);
  return row->integer(0);
}

LoggedModel SqlStore::finalize_logged_model(const std::string& model_id, LoggedModelStatus status) {
  metadata::Transaction transaction(*database_);
  require_logged_model(model_id);
  database_->execute("UPDATE logged_models SET status = ?, last_updated_timestamp_ms = ? WHERE model_id = ?",
                     {static_cast<int64_t>(status), clock_.now_ms(), model_id});
  LoggedModel model = get_logged_model(model_id);
  transaction.commit();
  return model;
}

std::optional<LoggedModel> SqlStore::find_logged_model(const std::string& model_id) {
  const metadata::ReadTransaction moment(*database_);
  const auto row = database_->query_first(
      std::string(kSelect) + "WHERE model_id = ? AND lifecycle_stage <> 'deleted'", {model_id});
  if (!row) return std::nullopt;
  return logged_model_from(*row);
}

LoggedModel SqlStore::get_logged_model(const std::string& model_id) {
  if (auto model = find_logged_model(model_id)) return *std::move(model);
  throw model_not_found(model_id);
}

std::vector<LoggedModel> SqlStore::list_logged_models(const std::string& experiment_id,
                                                      const std::string& source_run_id) {
  const metadata::ReadTransaction moment(*database_);
  std::vector<LoggedModel> models;
  for (const metadata::Row& row :
       database_->query(std::string(kSelect) + "WHERE experiment_id = ? AND lifecycle_stage <> 'deleted' "
                                               "AND (? = '' OR source_run_id = ?) "
                                               "ORDER BY creation_timestamp_ms DESC, model_id COLLATE \"C\"",
                        {parse_experiment_id(experiment_id), source_run_id, source_run_id})) {
    models.push_back(logged_model_from(row));
  }
  return models;
}

void SqlStore::put_logged_model_param(const std::string& model_id, int64_t experiment_id,
                                      const Param& param) {
  const Param checked = checked_param(param);
  database_->execute(
      "INSERT INTO logged_model_params (model_id, experiment_id, param_key, param_value) VALUES (?, ?, ?, ?)",
      {model_id, experiment_id, checked.key, checked.value});
}

void SqlStore::put_logged_model_tag(const std::string& model_id, int64_t experiment_id, const Tag& tag) {
  database_->execute(
      "INSERT INTO logged_model_tags (model_id, experiment_id, tag_key, tag_value) VALUES (?, ?, ?, ?) "
      "ON CONFLICT (model_id, tag_key) DO UPDATE SET tag_value = excluded.tag_value",
      {model_id, experiment_id, tag.key, tag.value});
}

void SqlStore::set_logged_model_tags(const std::string& model_id, const std::vector<Tag>& tags) {
  metadata::Transaction transaction(*database_);
  const int64_t experiment_id = require_logged_model(model_id);
  for (const Tag& tag : tags) put_logged_model_tag(model_id, experiment_id, tag);
  transaction.commit();
}

void SqlStore::delete_logged_model_tag(const std::string& model_id, const std::string& key) {
  metadata::Transaction transaction(*database_);
  require_logged_model(model_id);
  if (database_->execute("DELETE FROM logged_model_tags WHERE model_id = ? AND tag_key = ?",
                         {model_id, key}) == 0) {
    throw Error(ErrorCode::kNotFound,
                fmt::format("No tag with key '{}' found for model with ID '{}'.", key, model_id));
  }
  transaction.commit();
}

void SqlStore::log_logged_model_params(const std::string& model_id, const std::vector<Param>& params) {
  metadata::Transaction transaction(*database_);
  const int64_t experiment_id = require_logged_model(model_id);
  for (const Param& param : params) put_logged_model_param(model_id, experiment_id, param);
  transaction.commit();
}

void SqlStore::delete_logged_model(const std::string& model_id) {
  const int64_t changed = database_->execute(
      "UPDATE logged_models SET lifecycle_stage = 'deleted', last_updated_timestamp_ms = ? WHERE model_id = "
      "?",
      {clock_.now_ms(), model_id});
  if (changed == 0) throw model_not_found(model_id);
}

}  // namespace tidemill::tracking::sql
