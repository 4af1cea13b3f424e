#include <fmt/format.h>

#include "base/error.h"
#include "tracking/sql/rows.h"
#include "tracking/sql/sql_store.h"
#include "tracking/validation.h"

namespace tidemill::tracking::sql {
namespace {

constexpr std::string_view kSelect =
    "SELECT experiment_id, name, artifact_location, lifecycle_stage, creation_time, last_update_time "
    "FROM experiments ";
constexpr std::string_view kSelectTags =
    "SELECT key, value FROM experiment_tags WHERE experiment_id = ? ORDER BY key COLLATE \"C\"";

Experiment experiment_from(const metadata::Row& row) {
  Experiment experiment;
  experiment.experiment_id = std::to_string(row.integer(0));
  experiment.name = row.text(1);
  experiment.artifact_location = text_or_empty(row, 2);
  experiment.lifecycle_stage = lifecycle_stage_from(row.text(3));
  experiment.creation_time_ms = integer_or_zero(row, 4);
  experiment.last_update_time_ms = integer_or_zero(row, 5);
  return experiment;
}

}  // namespace

std::string SqlStore::create_experiment(const std::string& name, const std::vector<Tag>& tags,
                                        const std::string& artifact_location) {
  check_experiment_name(name);
  metadata::Transaction transaction(*database_);
  if (get_experiment_by_name(name)) {
    throw Error(ErrorCode::kAlreadyExists, fmt::format("Experiment(name={}) already exists.", name));
  }
  const int64_t now_ms = clock_.now_ms();
  const int64_t id =
      database_
          ->query(
              "INSERT INTO experiments (name, artifact_location, lifecycle_stage, creation_time, "
              "last_update_time) VALUES (?, ?, 'active', ?, ?) RETURNING experiment_id",
              {name, text_or_null(artifact_location), now_ms, now_ms})
          .front()
          .integer(0);
  if (artifact_location.empty()) {
    database_->execute("UPDATE experiments SET artifact_location = ? WHERE experiment_id = ?",
                       {append_path(artifact_root_, std::to_string(id)), id});
    record_artifact_root();
  }
  for (const Tag& tag : tags) set_experiment_tag(std::to_string(id), tag);
  transaction.commit();
  return std::to_string(id);
}

Experiment SqlStore::get_experiment(const std::string& experiment_id) {
  const int64_t id = parse_experiment_id(experiment_id);
  const metadata::ReadTransaction moment(*database_);
  const auto row = database_->query_first(std::string(kSelect) + "WHERE experiment_id = ?", {id});
  if (!row) throw Error(ErrorCode::kNotFound, fmt::format("No Experiment with id={} exists", id));
  Experiment experiment = experiment_from(*row);
  experiment.tags = tags_of(kSelectTags, {id});
  return experiment;
}

std::optional<Experiment> SqlStore::get_experiment_by_name(const std::string& name) {
  const metadata::ReadTransaction moment(*database_);
  const auto row = database_->query_first(std::string(kSelect) + "WHERE name = ?", {name});
  if (!row) return std::nullopt;
  Experiment experiment = experiment_from(*row);
  experiment.tags = tags_of(kSelectTags, {row->integer(0)});
  return experiment;
}

std::vector<Experiment> SqlStore::search_experiments(ViewType view) {
  std::string sql(kSelect);
  if (view == ViewType::kActiveOnly) sql += "WHERE lifecycle_stage = 'active' ";
  if (view == ViewType::kDeletedOnly) sql += "WHERE lifecycle_stage = 'deleted' ";
  sql += "ORDER BY creation_time DESC NULLS LAST, experiment_id ASC";
  const metadata::ReadTransaction moment(*database_);
  std::vector<Experiment> experiments;
  for (const metadata::Row& row : database_->query(sql)) {
    experiments.push_back(experiment_from(row));
    experiments.back().tags = tags_of(kSelectTags, {row.integer(0)});
  }
  return experiments;
}

Experiment SqlStore::require_active_experiment(const std::string& experiment_id) {
  Experiment experiment = get_experiment(experiment_id);
  if (experiment.lifecycle_stage != LifecycleStage::kActive) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("The experiment {} must be in the 'active' state. Current state is {}.",
                            experiment_id, to_string(experiment.lifecycle_stage)));
  }
  return experiment;
}

void SqlStore::set_experiment_tag(const std::string& experiment_id, const Tag& tag) {
  check_experiment_tag(tag);
  metadata::Transaction transaction(*database_);
  require_active_experiment(experiment_id);
  database_->execute(
      "INSERT INTO experiment_tags (key, value, experiment_id) VALUES (?, ?, ?) "
      "ON CONFLICT (key, experiment_id) DO UPDATE SET value = excluded.value",
      {tag.key, tag.value, parse_experiment_id(experiment_id)});
  transaction.commit();
}

void SqlStore::rename_experiment(const std::string& experiment_id, const std::string& new_name) {
  check_experiment_name(new_name);
  metadata::Transaction transaction(*database_);
  require_active_experiment(experiment_id);
  const auto other = get_experiment_by_name(new_name);
  if (other && other->experiment_id != experiment_id) {
    throw Error(ErrorCode::kAlreadyExists, fmt::format("Experiment(name={}) already exists.", new_name));
  }
  database_->execute("UPDATE experiments SET name = ?, last_update_time = ? WHERE experiment_id = ?",
                     {new_name, clock_.now_ms(), parse_experiment_id(experiment_id)});
  transaction.commit();
}

void SqlStore::set_experiment_stage(const std::string& experiment_id, LifecycleStage from,
                                    LifecycleStage to) {
  const int64_t id = parse_experiment_id(experiment_id);
  metadata::Transaction transaction(*database_);
  const int64_t now_ms = clock_.now_ms();
  const std::string stage(to_string(to));
  const int64_t changed = database_->execute(
      "UPDATE experiments SET lifecycle_stage = ?, last_update_time = ? "
      "WHERE experiment_id = ? AND lifecycle_stage = ?",
      {stage, now_ms, id, std::string(to_string(from))});
  if (changed == 0) {
    throw Error(ErrorCode::kNotFound, fmt::format("No {} Experiment with id={} exists", to_string(from), id));
  }
  database_->execute(
      "UPDATE runs SET lifecycle_stage = ?, deleted_time = ? WHERE experiment_id = ?",
      {stage, to == LifecycleStage::kDeleted ? metadata::Value(now_ms) : metadata::Value(), id});
  transaction.commit();
}

void SqlStore::delete_experiment(const std::string& experiment_id) {
  set_experiment_stage(experiment_id, LifecycleStage::kActive, LifecycleStage::kDeleted);
}

void SqlStore::restore_experiment(const std::string& experiment_id) {
  set_experiment_stage(experiment_id, LifecycleStage::kDeleted, LifecycleStage::kActive);
}

}  // namespace tidemill::tracking::sql
