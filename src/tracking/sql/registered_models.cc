#include <array>

#include <fmt/format.h>

#include "base/error.h"
#include "tracking/sql/conditions.h"
#include "tracking/sql/rows.h"
#include "tracking/sql/sql_store.h"
#include "tracking/validation.h"

namespace tidemill::tracking::sql {
namespace {

constexpr std::string_view kSelect =
    "SELECT m.name, m.creation_time, m.last_updated_time, m.description FROM registered_models m ";

constexpr std::array kAttributes = {Attribute{"name", "m.name", ValueKind::kText}};
constexpr std::array kOrders = {
    Attribute{"name", "m.name", ValueKind::kText},
    Attribute{"timestamp", "m.last_updated_time", ValueKind::kNumber},
    Attribute{"last_updated_timestamp", "m.last_updated_time", ValueKind::kNumber},
};

Error model_not_found(const std::string& name) {
  return {ErrorCode::kNotFound, fmt::format("Registered Model with name={} not found", name)};
}

}  // namespace

RegisteredModel SqlStore::registered_model_from(const metadata::Row& row) {
  RegisteredModel model;
  model.name = row.text(0);
  model.creation_time_ms = integer_or_zero(row, 1);
  model.last_updated_time_ms = integer_or_zero(row, 2);
  model.description = row.optional_text(3);
  model.tags = tags_of(
      "SELECT key, value FROM registered_model_tags WHERE name = ? ORDER BY key COLLATE \"C\"", {model.name});
  for (const metadata::Row& alias : database_->query(
           "SELECT alias, version FROM registered_model_aliases WHERE name = ? ORDER BY alias COLLATE \"C\"",
           {model.name})) {
    model.aliases.push_back({alias.text(0), alias.integer(1)});
  }
  model.latest_versions = get_latest_versions(model.name, {});
  return model;
}

void SqlStore::require_registered_model(const std::string& name) {
  check_model_name(name);
  if (!database_->query_first("SELECT 1 FROM registered_models WHERE name = ?", {name}))
    throw model_not_found(name);
}

void SqlStore::touch_registered_model(const std::string& name, int64_t now_ms) {
  database_->execute("UPDATE registered_models SET last_updated_time = ? WHERE name = ?", {now_ms, name});
}

RegisteredModel SqlStore::create_registered_model(const std::string& name, const std::vector<Tag>& tags,
                                                  const std::optional<std::string>& description) {
  check_model_name(name);
  metadata::Transaction transaction(*database_);
  if (database_->query_first("SELECT 1 FROM registered_models WHERE name = ?", {name})) {
    throw Error(ErrorCode::kAlreadyExists, fmt::format("Registered Model (name={}) already exists.", name));
  }
  const int64_t now_ms = clock_.now_ms();
  database_->execute(
      "INSERT INTO registered_models (name, creation_time, last_updated_time, description) VALUES (?, ?, ?, "
      "?)",
      {name, now_ms, now_ms, metadata::nullable(description)});
  for (const Tag& tag : tags) put_registered_model_tag(name, tag);
  RegisteredModel model = get_registered_model(name);
  transaction.commit();
  return model;
}

std::optional<RegisteredModel> SqlStore::find_registered_model(const std::string& name) {
  check_model_name(name);
  const metadata::ReadTransaction moment(*database_);
  const auto row = database_->query_first(std::string(kSelect) + "WHERE m.name = ?", {name});
  if (!row) return std::nullopt;
  return registered_model_from(*row);
}

RegisteredModel SqlStore::get_registered_model(const std::string& name) {
  if (auto model = find_registered_model(name)) return *std::move(model);
  throw model_not_found(name);
}

RegisteredModel SqlStore::update_registered_model(const std::string& name, const std::string& description) {
  metadata::Transaction transaction(*database_);
  require_registered_model(name);
  database_->execute("UPDATE registered_models SET description = ?, last_updated_time = ? WHERE name = ?",
                     {description, clock_.now_ms(), name});
  RegisteredModel model = get_registered_model(name);
  transaction.commit();
  return model;
}

RegisteredModel SqlStore::rename_registered_model(const std::string& name, const std::string& new_name) {
  check_model_name(new_name);
  metadata::Transaction transaction(*database_);
  require_registered_model(name);
  if (name != new_name && find_registered_model(new_name)) {
    throw Error(ErrorCode::kAlreadyExists,
                fmt::format("Registered Model (name={}) already exists.", new_name));
  }
  const int64_t now_ms = clock_.now_ms();
  // Versions, tags and aliases follow: their keys cascade.
  database_->execute("UPDATE registered_models SET name = ?, last_updated_time = ? WHERE name = ?",
                     {new_name, now_ms, name});
  database_->execute("UPDATE model_versions SET last_updated_time = ? WHERE name = ?", {now_ms, new_name});
  RegisteredModel model = get_registered_model(new_name);
  transaction.commit();
  return model;
}

void SqlStore::delete_registered_model(const std::string& name) {
  metadata::Transaction transaction(*database_);
  require_registered_model(name);
  for (const char* table : {"model_version_tags", "model_versions", "registered_model_tags",
                            "registered_model_aliases", "registered_models"}) {
    database_->execute(fmt::format("DELETE FROM {} WHERE name = ?", table), {name});
  }
  transaction.commit();
}

Page<RegisteredModel> SqlStore::search_registered_models(const RegisteredModelQuery& query) {
  Statement statement{std::string(kSelect), {}};
  // MLflow keeps prompts in the same tables.
  statement.add(
      "WHERE NOT EXISTS (SELECT 1 FROM registered_model_tags p WHERE p.name = m.name "
      "AND p.key = 'mlflow.prompt.is_prompt' AND p.value = 'true')");
  for (const Condition& condition : query.conditions) {
    if (condition.field == Field::kTag) {
      statement.add(
          "AND EXISTS (SELECT 1 FROM registered_model_tags t WHERE t.name = m.name AND t.key = ? AND",
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
  statement.add("m.name COLLATE \"C\" ASC");
  add_page(statement, query.page);

  const metadata::ReadTransaction moment(*database_);
  std::vector<RegisteredModel> models;
  for (const metadata::Row& row : database_->query(statement.text, statement.parameters)) {
    models.push_back(registered_model_from(row));
  }
  return page_of(std::move(models), query.page);
}

void SqlStore::put_registered_model_tag(const std::string& name, const Tag& tag) {
  check_registered_model_tag(tag);
  const int64_t changed = database_->execute(
      "UPDATE registered_model_tags SET value = ? WHERE name = ? AND key = ?", {tag.value, name, tag.key});
  if (changed > 0) return;
  database_->execute("INSERT INTO registered_model_tags (key, value, name) VALUES (?, ?, ?)",
                     {tag.key, tag.value, name});
}

void SqlStore::set_registered_model_tag(const std::string& name, const Tag& tag) {
  metadata::Transaction transaction(*database_);
  require_registered_model(name);
  put_registered_model_tag(name, tag);
  transaction.commit();
}

void SqlStore::delete_registered_model_tag(const std::string& name, const std::string& key) {
  metadata::Transaction transaction(*database_);
  require_registered_model(name);
  database_->execute("DELETE FROM registered_model_tags WHERE name = ? AND key = ?", {name, key});
  transaction.commit();
}

}  // namespace tidemill::tracking::sql
