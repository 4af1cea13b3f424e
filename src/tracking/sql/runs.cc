#include <fmt/format.h>

#include "base/error.h"
#include "base/id.h"
#include "tracking/sql/rows.h"
#include "tracking/sql/run_rows.h"
#include "tracking/sql/sql_store.h"
#include "tracking/validation.h"

namespace tidemill::tracking::sql {
namespace {

Error run_not_found(const std::string& run_id) {
  return {ErrorCode::kNotFound, fmt::format("Run with id={} not found", run_id)};
}

std::string run_name_of(const NewRun& run, const std::string& run_id) {
  std::string tagged;
  for (const Tag& tag : run.tags) {
    if (tag.key == kTagRunName) tagged = tag.value;
  }
  if (!run.run_name.empty() && !tagged.empty() && run.run_name != tagged) {
    throw Error(
        ErrorCode::kInvalidArgument,
        fmt::format("Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different "
                    "values (run_name='{}', mlflow.runName='{}').",
                    run.run_name, tagged));
  }
  if (!run.run_name.empty()) return run.run_name;
  return tagged.empty() ? "run-" + run_id.substr(0, 8) : tagged;
}

}  // namespace

RunInfo run_info_from(const metadata::Row& row) {
  RunInfo info;
  info.run_id = row.text(0);
  info.run_name = text_or_empty(row, 1);
  info.experiment_id = std::to_string(integer_or_zero(row, 2));
  info.user_id = text_or_empty(row, 3);
  info.status = run_status_from(row.text(4));
  info.start_time_ms = integer_or_zero(row, 5);
  info.end_time_ms = row.optional_integer(6);
  info.lifecycle_stage = lifecycle_stage_from(row.text(7));
  info.artifact_uri = text_or_empty(row, 8);
  return info;
}

RunInfo SqlStore::create_run(const NewRun& run) {
  const std::string run_id = run.run_id.empty() ? new_id() : run.run_id;
  check_run_id(run_id);
  metadata::Transaction transaction(*database_);
  const Experiment experiment = require_active_experiment(run.experiment_id);
  if (database_->query_first("SELECT 1 FROM runs WHERE run_uuid = ?", {run_id})) {
    throw Error(ErrorCode::kAlreadyExists, fmt::format("Run with id={} already exists", run_id));
  }
  RunInfo info;
  info.run_id = run_id;
  info.run_name = run_name_of(run, run_id);
  info.experiment_id = experiment.experiment_id;
  info.user_id = run.user_id;
  info.start_time_ms = run.start_time_ms;
  info.artifact_uri = append_path(experiment.artifact_location, run_id + "/artifacts");
  database_->execute(
      "INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status, "
      "start_time, "
      "end_time, source_version, lifecycle_stage, artifact_uri, experiment_id, deleted_time) "
      "VALUES (?, ?, 'UNKNOWN', '', '', ?, 'RUNNING', ?, NULL, '', 'active', ?, ?, NULL)",
      {run_id, info.run_name, info.user_id, info.start_time_ms, info.artifact_uri,
       parse_experiment_id(info.experiment_id)});
  for (const Tag& tag : run.tags) put_run_tag(run_id, tag);
  put_run_tag(run_id, {std::string(kTagRunName), info.run_name});
  transaction.commit();
  return info;
}

int64_t SqlStore::require_active_run(const std::string& run_id) {
  const auto row =
      database_->query_first("SELECT lifecycle_stage, experiment_id FROM runs WHERE run_uuid = ?", {run_id});
  if (!row) throw run_not_found(run_id);
  if (row->text(0) != to_string(LifecycleStage::kActive)) {
    throw Error(
        ErrorCode::kInvalidArgument,
        fmt::format("The run {} must be in the 'active' state. Current state is {}.", run_id, row->text(0)));
  }
  return row->integer(1);
}

void SqlStore::set_run_name(const std::string& run_id, const std::string& name) {
  database_->execute("UPDATE runs SET name = ? WHERE run_uuid = ?", {name, run_id});
  put_run_tag(run_id, {std::string(kTagRunName), name});
}

RunInfo SqlStore::update_run(const std::string& run_id, std::optional<RunStatus> status,
                             std::optional<int64_t> end_time_ms, const std::string& run_name) {
  metadata::Transaction transaction(*database_);
  require_active_run(run_id);
  const metadata::Value status_text =
      status ? metadata::Value(std::string(to_string(*status))) : metadata::Value();
  database_->execute(
      "UPDATE runs SET status = COALESCE(?, status), end_time = COALESCE(?, end_time) WHERE run_uuid = ?",
      {status_text, metadata::nullable(end_time_ms), run_id});
  if (!run_name.empty()) set_run_name(run_id, run_name);
  const auto row = database_->query_first(std::string(kSelectRuns) + "WHERE run_uuid = ?", {run_id});
  RunInfo info = run_info_from(*row);
  transaction.commit();
  return info;
}

std::optional<Run> SqlStore::find_run(const std::string& run_id) {
  const metadata::ReadTransaction moment(*database_);
  const auto row = database_->query_first(std::string(kSelectRuns) + "WHERE run_uuid = ?", {run_id});
  if (!row) return std::nullopt;
  std::vector<Run> runs(1);
  runs.front().info = run_info_from(*row);
  load_run_data(runs);
  load_run_inputs(runs);
  return std::move(runs.front());
}

Run SqlStore::get_run(const std::string& run_id) {
  if (auto run = find_run(run_id)) return *std::move(run);
  throw run_not_found(run_id);
}

void SqlStore::delete_run(const std::string& run_id) {
  const int64_t changed =
      database_->execute("UPDATE runs SET lifecycle_stage = 'deleted', deleted_time = ? WHERE run_uuid = ?",
                         {clock_.now_ms(), run_id});
  if (changed == 0) throw run_not_found(run_id);
}

void SqlStore::restore_run(const std::string& run_id) {
  const int64_t changed = database_->execute(
      "UPDATE runs SET lifecycle_stage = 'active', deleted_time = NULL WHERE run_uuid = ?", {run_id});
  if (changed == 0) throw run_not_found(run_id);
}

}  // namespace tidemill::tracking::sql
