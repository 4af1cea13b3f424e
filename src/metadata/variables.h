#pragma once
// Airflow's Variables: named texts that outlive a run, such as last_trained_data. Composable: call several
// inside one Transaction.

#include <optional>
#include <string>
#include <vector>

#include "metadata/database.h"

namespace tidemill::metadata {

struct Variable {
  std::string key;
  std::string value;
  std::optional<std::string> description;
};

// nullopt when there is none.
std::optional<std::string> get_variable(Database& database, const std::string& key);
std::optional<Variable> find_variable(Database& database, const std::string& key);
// Replaces the value; a description that is not given stays as it was.
// Errors: kInvalidArgument for an empty key or one of more than 250 characters (Airflow's limit).
void set_variable(Database& database, const std::string& key, const std::string& value,
                  const std::optional<std::string>& description = std::nullopt);
// False when there was none.
bool delete_variable(Database& database, const std::string& key);
// By key.
std::vector<Variable> list_variables(Database& database);

}  // namespace tidemill::metadata
