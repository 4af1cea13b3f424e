// Finding model versions: by conditions, by alias.

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/error.h"
#include "tracking/sql/conditions.h"
#include "tracking/sql/model_version_rows.h"
#include "tracking/sql/sql_store.h"
#include "tracking/validation.h"

namespace tidemill::tracking::sql {
namespace {

constexpr std::array kAttributes = {
    Attribute{"name", "v.name", ValueKind::kText},
    Attribute{"run_id", "v.run_id", ValueKind::kText},
    Attribute{"source_path", "v.source", ValueKind::kText},
    Attribute{"version_number", "v.version", ValueKind::kNumber},
};
constexpr std::array kOrders = {
    Attribute{"name", "v.name", ValueKind::kText},
    Attribute{"version_number", "v.version", ValueKind::kNumber},
    Attribute{"creation_timestamp", "v.creation_time", ValueKind::kNumber},
    Attribute{"last_updated_timestamp", "v.last_updated_time", ValueKind::kNumber},
};

}  // namespace

Page<ModelVersion> SqlStore::search_model_versions(const ModelVersionQuery& query) {
  Statement statement{std::string(kSelectModelVersions), {}};
  // MLflow keeps versions of prompts in the same tables.
  statement.add(
      "WHERE v.current_stage <> 'Deleted_Internal' AND NOT EXISTS (SELECT 1 FROM model_version_tags p "
      "WHERE p.name = v.name AND p.key = 'mlflow.prompt.is_prompt' AND p.value = 'true')");
  for (const Condition& condition : query.conditions) {
    if (condition.field == Field::kTag) {
      statement.add(
          "AND EXISTS (SELECT 1 FROM model_version_tags t WHERE t.name = v.name AND t.version = v.version "
          "AND t.key = ? AND",
          {condition.key});
      add_comparison(statement, "t.value", ValueKind::kKeyedText, condition);
      statement.add(")");
    } else {
      const Attribute& attribute = find_attribute(kAttributes, condition.key);
      statement.add("AND");
      add_comparison(statement, attribute.column, attribute.kind, condition);
    }
  }
  statement.add("ORDER BY");
  for (const OrderBy& order : query.order_by) {
    add_order(statement, find_attribute(kOrders, order.key), order.ascending);
  }
  if (query.order_by.empty()) statement.add("v.last_updated_time DESC NULLS LAST,");
  statement.add("v.name COLLATE \"C\" ASC, v.version DESC");
  add_page(statement, query.page);

  const metadata::ReadTransaction moment(*database_);
  std::vector<ModelVersion> versions;
  for (const metadata::Row& row : database_->query(statement.text, statement.parameters)) {
    versions.push_back(model_version_from(row));
  }
  return page_of(std::move(versions), query.page);
}

void SqlStore::set_registered_model_alias(const std::string& name, const std::string& alias,
                                          int64_t version) {
  check_alias(alias);
  check_alias_not_reserved(alias);
  metadata::Transaction transaction(*database_);
  get_model_version(name, version);
  const int64_t changed = database_->execute(
      "UPDATE registered_model_aliases SET version = ? WHERE name = ? AND alias = ?", {version, name, alias});
  if (changed == 0) {
    database_->execute("INSERT INTO registered_model_aliases (alias, version, name) VALUES (?, ?, ?)",
                       {alias, version, name});
  }
  transaction.commit();
}

void SqlStore::delete_registered_model_alias(const std::string& name, const std::string& alias) {
  check_alias(alias);
  metadata::Transaction transaction(*database_);
  require_registered_model(name);
  database_->execute("DELETE FROM registered_model_aliases WHERE name = ? AND alias = ?", {name, alias});
  transaction.commit();
}

ModelVersion SqlStore::get_model_version_by_alias(const std::string& name, const std::string& alias) {
  check_alias(alias);
  const metadata::ReadTransaction moment(*database_);
  require_registered_model(name);
  std::string lower = alias;
  std::ranges::transform(lower, lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? c | 0x20 : c; });
  if (lower == "latest") {
    const std::vector<ModelVersion> latest = get_latest_versions(name, {});
    if (latest.empty()) {
      throw Error(ErrorCode::kNotFound, fmt::format("Latest version not found for model {}.", name));
    }
    return *std::ranges::max_element(latest, {}, &ModelVersion::version);
  }
  const auto row = database_->query_first(
      "SELECT version FROM registered_model_aliases WHERE name = ? AND alias = ?", {name, alias});
  if (!row) {
    throw Error(ErrorCode::kInvalidArgument, fmt::format("Registered model alias {} not found.", alias));
  }
  return get_model_version(name, row->integer(0));
}

}  // namespace tidemill::tracking::sql
