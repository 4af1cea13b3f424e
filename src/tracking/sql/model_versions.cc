#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "tracking/model_uri.h"
#include "tracking/sql/model_version_rows.h"
#include "tracking/sql/rows.h"
#include "tracking/sql/sql_store.h"
#include "tracking/validation.h"

namespace tidemill::tracking::sql {

ModelVersion SqlStore::model_version_from(const metadata::Row& row) {
  ModelVersion version;
  version.name = row.text(0);
  version.version = row.integer(1);
  version.creation_time_ms = integer_or_zero(row, 2);
  version.last_updated_time_ms = integer_or_zero(row, 3);
  version.description = row.optional_text(4);
  version.user_id = row.optional_text(5);
  version.current_stage = row.optional_text(6).value_or(std::string(kStageNone));
  version.source = text_or_empty(row, 7);
  version.run_id = row.optional_text(8);
  version.status = row.optional_text(9).value_or("READY");
  version.status_message = row.optional_text(10);
  version.run_link = row.optional_text(11);
  version.storage_location = row.optional_text(12).value_or(version.source);
  version.tags = tags_of(
      "SELECT key, value FROM model_version_tags WHERE name = ? AND version = ? ORDER BY key COLLATE \"C\"",
      {version.name, version.version});
  for (const metadata::Row& alias : database_->query("SELECT alias FROM registered_model_aliases WHERE name "
                                                     "= ? AND version = ? ORDER BY alias COLLATE \"C\"",
                                                     {version.name, version.version})) {
    version.aliases.push_back(alias.text(0));
  }
  return version;
}

void SqlStore::resolve_source(NewModelVersion& version, std::string& storage_location) {
  storage_location = version.source;
  if (!version.source.starts_with("models:")) return;
  const ModelUri uri = parse_model_uri(version.source);
  if (!uri.model_id) {
    storage_location = resolve_model_version(*this, version.source).storage_location;
    return;
  }
  const LoggedModel model = get_logged_model(*uri.model_id);
  storage_location = model.artifact_location;
  if (version.run_id.empty()) version.run_id = model.source_run_id.value_or("");
}

ModelVersion SqlStore::create_model_version(const NewModelVersion& request) {
  NewModelVersion version = request;
  metadata::Transaction transaction(*database_);
  require_registered_model(version.name);
  std::string storage_location;
  resolve_source(version, storage_location);
  const int64_t now_ms = clock_.now_ms();
  const int64_t number =
      database_
          ->query("SELECT COALESCE(MAX(version), 0) + 1 FROM model_versions WHERE name = ?", {version.name})
          .front()
          .integer(0);
  database_->execute(
      "INSERT INTO model_versions (name, version, creation_time, last_updated_time, description, user_id, "
      "current_stage, source, run_id, status, status_message, run_link, storage_location) "
      "VALUES (?, ?, ?, ?, ?, NULL, 'None', ?, ?, 'READY', NULL, ?, ?)",
      {version.name, number, now_ms, now_ms, metadata::nullable(version.description), version.source,
       text_or_null(version.run_id), metadata::nullable(version.run_link), storage_location});
  for (const Tag& tag : version.tags) put_model_version_tag(version.name, number, tag);
  touch_registered_model(version.name, now_ms);
  ModelVersion created = get_model_version(version.name, number);
  transaction.commit();
  return created;
}

ModelVersion SqlStore::get_model_version(const std::string& name, int64_t version) {
  check_model_name(name);
  const metadata::ReadTransaction moment(*database_);
  const auto row = database_->query_first(
      std::string(kSelectModelVersions) +
          "WHERE v.name = ? AND v.version = ? AND v.current_stage <> 'Deleted_Internal'",
      {name, version});
  if (!row) {
    throw Error(ErrorCode::kNotFound,
                fmt::format("Model Version (name={}, version={}) not found", name, version));
  }
  return model_version_from(*row);
}

ModelVersion SqlStore::update_model_version(const std::string& name, int64_t version,
                                            const std::string& description) {
  metadata::Transaction transaction(*database_);
  get_model_version(name, version);
  database_->execute(
      "UPDATE model_versions SET description = ?, last_updated_time = ? WHERE name = ? AND version = ?",
      {description, clock_.now_ms(), name, version});
  ModelVersion updated = get_model_version(name, version);
  transaction.commit();
  return updated;
}

ModelVersion SqlStore::transition_model_version_stage(const std::string& name, int64_t version,
                                                      const std::string& stage,
                                                      bool archive_existing_versions) {
  const std::string new_stage = checked_stage(stage, archive_existing_versions);
  metadata::Transaction transaction(*database_);
  get_model_version(name, version);
  const int64_t now_ms = clock_.now_ms();
  if (archive_existing_versions) {
    database_->execute(
        "UPDATE model_versions SET current_stage = 'Archived', last_updated_time = ? "
        "WHERE name = ? AND version <> ? AND current_stage = ?",
        {now_ms, name, version, new_stage});
  }
  database_->execute(
      "UPDATE model_versions SET current_stage = ?, last_updated_time = ? WHERE name = ? AND version = ?",
      {new_stage, now_ms, name, version});
  touch_registered_model(name, now_ms);
  ModelVersion moved = get_model_version(name, version);
  transaction.commit();
  return moved;
}

void SqlStore::delete_model_version(const std::string& name, int64_t version) {
  metadata::Transaction transaction(*database_);
  get_model_version(name, version);
  const int64_t now_ms = clock_.now_ms();
  database_->execute("DELETE FROM registered_model_aliases WHERE name = ? AND version = ?", {name, version});
  // The row stays, so that its number is not given again; what it pointed to goes.
  database_->execute(
      "UPDATE model_versions SET current_stage = 'Deleted_Internal', last_updated_time = ?, description = "
      "NULL, "
      "user_id = NULL, source = 'REDACTED-SOURCE-PATH', run_id = 'REDACTED-RUN-ID', "
      "run_link = 'REDACTED-RUN-LINK', status_message = NULL WHERE name = ? AND version = ?",
      {now_ms, name, version});
  touch_registered_model(name, now_ms);
  transaction.commit();
}

std::vector<ModelVersion> SqlStore::get_latest_versions(const std::string& name,
                                                        const std::vector<std::string>& stages) {
  std::vector<std::string> wanted;
  for (const std::string& stage : stages) wanted.push_back(canonical_stage(stage));
  const metadata::ReadTransaction moment(*database_);
  require_registered_model(name);
  std::vector<ModelVersion> latest;
  for (const metadata::Row& row : database_->query(
           std::string(kSelectModelVersions) + "WHERE v.name = ? AND v.current_stage <> 'Deleted_Internal' "
                                               "AND v.version = (SELECT MAX(w.version) "
                                               "FROM model_versions w WHERE w.name = v.name AND "
                                               "w.current_stage = v.current_stage) ORDER BY v.version",
           {name})) {
    ModelVersion version = model_version_from(row);
    if (wanted.empty() || std::ranges::find(wanted, version.current_stage) != wanted.end()) {
      latest.push_back(std::move(version));
    }
  }
  return latest;
}

void SqlStore::put_model_version_tag(const std::string& name, int64_t version, const Tag& tag) {
  check_registered_model_tag(tag);
  const int64_t changed =
      database_->execute("UPDATE model_version_tags SET value = ? WHERE name = ? AND version = ? AND key = ?",
                         {tag.value, name, version, tag.key});
  if (changed > 0) return;
  database_->execute("INSERT INTO model_version_tags (key, value, name, version) VALUES (?, ?, ?, ?)",
                     {tag.key, tag.value, name, version});
}

void SqlStore::set_model_version_tag(const std::string& name, int64_t version, const Tag& tag) {
  metadata::Transaction transaction(*database_);
  get_model_version(name, version);
  put_model_version_tag(name, version, tag);
  transaction.commit();
}

void SqlStore::delete_model_version_tag(const std::string& name, int64_t version, const std::string& key) {
  metadata::Transaction transaction(*database_);
  get_model_version(name, version);
  database_->execute("DELETE FROM model_version_tags WHERE name = ? AND version = ? AND key = ?",
                     {name, version, key});
  transaction.commit();
}

}  // namespace tidemill::tracking::sql
