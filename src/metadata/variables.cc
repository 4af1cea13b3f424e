#include "metadata/variables.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace tidemill::metadata {

std::optional<std::string> get_variable(Database& database, const std::string& key) {
  const auto row = database.query_first("SELECT value FROM variable WHERE key = ?", {key});
  if (!row) return std::nullopt;
  return row->text(0);
}

std::optional<Variable> find_variable(Database& database, const std::string& key) {
  const auto row = database.query_first("SELECT key, value, description FROM variable WHERE key = ?", {key});
  if (!row) return std::nullopt;
  return Variable{row->text(0), row->text(1), row->optional_text(2)};
}

void set_variable(Database& database, const std::string& key, const std::string& value,
                  const std::optional<std::string>& description) {
  constexpr size_t kMaxKeyBytes = 250;
  if (key.empty() || key.size() > kMaxKeyBytes) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("a variable's key must have 1 to {} characters; '{}' has {}", kMaxKeyBytes,
                            key.substr(0, 40), key.size()));
  }
  if (!is_utf8(key) || !is_utf8(value) || !is_utf8(description.value_or(""))) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("Variable {}: key, value and description must be UTF-8 text",
                            is_utf8(key) ? "'" + key + "'" : "with another key"));
  }
  execute_counted(
      database,
      "INSERT INTO variable (key, value, description) VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET "
      "value = excluded.value, description = COALESCE(excluded.description, variable.description)",
      {key, value, nullable(description)});
}

bool delete_variable(Database& database, const std::string& key) {
  return execute_counted(database, "DELETE FROM variable WHERE key = ?", {key}) > 0;
}

std::vector<Variable> list_variables(Database& database) {
  std::vector<Variable> variables;
  for (const Row& row :
       database.query("SELECT key, value, description FROM variable ORDER BY key COLLATE \"C\"")) {
    variables.push_back({row.text(0), row.text(1), row.optional_text(2)});
  }
  return variables;
}

}  // namespace tidemill::metadata
