// Params, metrics and tags of runs.

#include <algorithm>
#include <unordered_map>

#include <fmt/format.h>

#include "base/error.h"
#include "tracking/sql/rows.h"
#include "tracking/sql/sql_store.h"
#include "tracking/validation.h"

namespace tidemill::tracking::sql {

void SqlStore::log_batch(const std::string& run_id, const std::vector<Metric>& metrics,
                         const std::vector<Param>& params, const std::vector<Tag>& tags) {
  check_run_id(run_id);
  check_batch(metrics, params, tags);
  metadata::Transaction transaction(*database_);
  const int64_t experiment_id = require_active_run(run_id);
  for (const Param& param : params) put_param(run_id, checked_param(param));
  for (const Metric& metric : metrics) {
    put_metric(run_id, metric);
    if (!metric.model_id.empty()) put_model_metric(run_id, experiment_id, metric);
  }
  for (const Tag& tag : tags) put_run_tag(run_id, tag);
  transaction.commit();
}

void SqlStore::put_param(const std::string& run_id, const Param& param) {
  const int64_t added = database_->execute(
      "INSERT INTO params (key, value, run_uuid) VALUES (?, ?, ?) ON CONFLICT (key, run_uuid) DO NOTHING",
      {param.key, param.value, run_id});
  if (added == 1) return;
  const auto old =
      database_->query_first("SELECT value FROM params WHERE key = ? AND run_uuid = ?", {param.key, run_id});
  if (old->text(0) == param.value) return;
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("Changing param values is not allowed. Param with key='{}' was already logged with "
                          "value='{}' for run ID='{}'. Attempted logging new value '{}'.",
                          param.key, old->text(0), run_id, param.value));
}

void SqlStore::put_metric(const std::string& run_id, const Metric& metric) {
  const auto [value, is_nan] = stored_metric_value(metric.value);
  database_->execute(
      "INSERT INTO metrics (key, value, timestamp, run_uuid, step, is_nan) VALUES (?, ?, ?, ?, ?, ? <> 0) "
      "ON CONFLICT (key, timestamp, step, run_uuid, value, is_nan) DO NOTHING",
      {metric.key, value, metric.timestamp_ms, run_id, metric.step, is_nan});
  database_->execute(
      "INSERT INTO latest_metrics (key, value, timestamp, step, is_nan, run_uuid) VALUES (?, ?, ?, ?, ? <> "
      "0, ?) "
      "ON CONFLICT (key, run_uuid) DO UPDATE SET value = excluded.value, timestamp = excluded.timestamp, "
      "step = excluded.step, is_nan = excluded.is_nan "
      "WHERE (excluded.step, excluded.timestamp, excluded.value) > "
      "(latest_metrics.step, latest_metrics.timestamp, latest_metrics.value)",
      {metric.key, value, metric.timestamp_ms, metric.step, is_nan, run_id});
}

void SqlStore::put_model_metric(const std::string& run_id, int64_t experiment_id, const Metric& metric) {
  require_logged_model(metric.model_id);
  database_->execute(
      "INSERT INTO logged_model_metrics (model_id, metric_name, metric_timestamp_ms, metric_step, "
      "metric_value, "
      "experiment_id, run_id, dataset_uuid, dataset_name, dataset_digest) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, NULL, ?, ?) "
      "ON CONFLICT (model_id, metric_name, metric_timestamp_ms, metric_step, run_id) DO NOTHING",
      {metric.model_id, metric.key, metric.timestamp_ms, metric.step, stored_metric_value(metric.value).value,
       experiment_id, run_id, text_or_null(metric.dataset_name), text_or_null(metric.dataset_digest)});
}

void SqlStore::put_run_tag(const std::string& run_id, const Tag& tag) {
  const Tag checked = checked_run_tag(tag);
  if (checked.key == kTagRunName) {
    database_->execute("UPDATE runs SET name = ? WHERE run_uuid = ?", {checked.value, run_id});
  }
  database_->execute(
      "INSERT INTO tags (key, value, run_uuid) VALUES (?, ?, ?) "
      "ON CONFLICT (key, run_uuid) DO UPDATE SET value = excluded.value",
      {checked.key, checked.value, run_id});
}

void SqlStore::set_tag(const std::string& run_id, const Tag& tag) {
  metadata::Transaction transaction(*database_);
  require_active_run(run_id);
  put_run_tag(run_id, tag);
  transaction.commit();
}

void SqlStore::delete_tag(const std::string& run_id, const std::string& key) {
  metadata::Transaction transaction(*database_);
  require_active_run(run_id);
  if (database_->execute("DELETE FROM tags WHERE run_uuid = ? AND key = ?", {run_id, key}) == 0) {
    throw Error(ErrorCode::kNotFound, fmt::format("No tag with name: {} in run with id {}", key, run_id));
  }
  transaction.commit();
}

std::vector<Metric> SqlStore::get_metric_history(const std::string& run_id, const std::string& key) {
  std::vector<Metric> history;
  for (const metadata::Row& row :
       database_->query("SELECT value, timestamp, step, is_nan FROM metrics WHERE run_uuid = ? AND key = ? "
                        "ORDER BY timestamp, step, value",
                        {run_id, key})) {
    Metric& metric = history.emplace_back();
    metric.key = key;
    metric.value = metric_value_from(row.real(0), row.integer(3) != 0);
    metric.timestamp_ms = row.integer(1);
    metric.step = row.integer(2);
  }
  return history;
}

void SqlStore::load_run_data(std::vector<Run>& runs) {
  constexpr size_t kChunk = 100;
  for (size_t begin = 0; begin < runs.size(); begin += kChunk) {
    const size_t end = std::min(begin + kChunk, runs.size());
    std::unordered_map<std::string_view, Run*> by_id;
    std::vector<metadata::Value> ids;
    for (size_t i = begin; i < end; ++i) {
      by_id[runs[i].info.run_id] = &runs[i];
      ids.emplace_back(runs[i].info.run_id);
    }
    const std::string where =
        fmt::format("WHERE run_uuid IN ({}) ORDER BY key COLLATE \"C\"", placeholders(ids.size()));
    for (const metadata::Row& row :
         database_->query("SELECT run_uuid, key, value FROM params " + where, ids)) {
      by_id.at(row.text(0))->params.push_back({row.text(1), row.text(2)});
    }
    for (const metadata::Row& row : database_->query("SELECT run_uuid, key, value FROM tags " + where, ids)) {
      by_id.at(row.text(0))->tags.push_back({row.text(1), text_or_empty(row, 2)});
    }
    for (const metadata::Row& row : database_->query(
             "SELECT run_uuid, key, value, timestamp, step, is_nan FROM latest_metrics " + where, ids)) {
      Metric& metric = by_id.at(row.text(0))->metrics.emplace_back();
      metric.key = row.text(1);
      metric.value = metric_value_from(row.real(2), row.integer(5) != 0);
      metric.timestamp_ms = integer_or_zero(row, 3);
      metric.step = row.integer(4);
    }
  }
}

}  // namespace tidemill::tracking::sql
