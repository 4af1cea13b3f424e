// Artifact URIs when the project's folder has moved.

#include <array>

#include <fmt/format.h>

#include "tracking/sql/sql_store.h"

namespace tidemill::tracking::sql {
namespace {

struct UriColumn {
  std::string_view table;
  std::string_view column;
};

constexpr std::array kUriColumns = {
    UriColumn{"experiments", "artifact_location"},   UriColumn{"runs", "artifact_uri"},
    UriColumn{"logged_models", "artifact_location"}, UriColumn{"model_versions", "source"},
    UriColumn{"model_versions", "storage_location"},
};

constexpr std::string_view kRootTag = "tidemill.artifactRoot";

// As Python's urllib.parse.quote writes a path.
std::string percent_encoded(std::string_view path) {
  constexpr std::string_view kPlain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-~/";
  std::string encoded;
  for (const char c : path) {
    if (kPlain.find(c) != std::string_view::npos) {
      encoded += c;
    } else {
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return encoded;
}

std::string without_last_slash(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

}  // namespace

void SqlStore::record_artifact_root() {
  if (database_->is_on_a_server()) return;
  database_->execute(
      "INSERT INTO experiment_tags (key, value, experiment_id) SELECT ?, ?, experiment_id FROM experiments "
      "WHERE experiment_id = 0 ON CONFLICT (key, experiment_id) DO NOTHING",
      {std::string(kRootTag), artifact_root_});
}

std::optional<std::string> SqlStore::recorded_artifact_root() {
  // A server's experiments may belong to projects in other folders, on other machines: their artifacts have
  // not moved.
  if (database_->is_on_a_server()) return std::nullopt;
  const auto row = database_->query_first(
      "SELECT value FROM experiment_tags WHERE experiment_id = 0 AND key = ?", {std::string(kRootTag)});
  if (!row) return std::nullopt;
  return row->text(0);
}

int64_t SqlStore::relocate(const std::string& old_root, const std::string& new_root) {
  const std::string from = without_last_slash(old_root);
  const std::string to = without_last_slash(new_root);
  const std::array<std::pair<std::string, std::string>, 3> prefixes = {{
      {from, to},
      {"file://" + percent_encoded(from), "file://" + percent_encoded(to)},
      {"file:" + percent_encoded(from), "file:" + percent_encoded(to)},
  }};
  metadata::Transaction transaction(*database_);
  int64_t changed = 0;
  for (const auto& [old_prefix, new_prefix] : prefixes) {
    for (const auto& [table, column] : kUriColumns) {
      changed += database_->execute(fmt::format("UPDATE {0} SET {1} = ? || substr({1}, length(?) + 1) "
                                                "WHERE {1} = ? OR substr({1}, 1, length(?) + 1) = ?",
                                                table, column),
                                    {new_prefix, old_prefix, old_prefix, old_prefix, old_prefix + "/"});
    }
  }
  database_->execute("UPDATE experiment_tags SET value = ? WHERE experiment_id = 0 AND key = ? AND value = ?",
                     {to, std::string(kRootTag), from});
  transaction.commit();
  return changed;
}

}  // namespace tidemill::tracking::sql
