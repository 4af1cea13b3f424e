// /api/v2/variables (airflow.api_fastapi.core_api.routes.public.variables).

#include "metadata/variables.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "server/airflow/lookups.h"
#include "server/airflow/query.h"
#include "server/audit_log.h"

namespace tidemill::server::airflow {
namespace {

using metadata::Variable;

const OrderNames kOrders = {{"key", "key"}, {"id", "key"}, {"description", "description"}};

Error no_such_variable(const std::string& key) {
  return {ErrorCode::kNotFound, fmt::format("The Variable with key: `{}` was not found", key)};
}

Variable find_variable(Call& call, const std::string& key) {
  if (auto found = metadata::find_variable(call.project.metadata(), key)) return *found;
  throw no_such_variable(key);
}

// As Airflow keeps what is no text: Variable.set(serialize_json=True).
std::string stored_text(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump(2);
}

net::Response list(Call& call, const Input& input) {
  std::vector<Variable> variables;
  const workflow::Pattern pattern = pattern_of(input.query, "variable_key");
  for (Variable& one : metadata::list_variables(call.project.metadata())) {
    if (matches(pattern, one.key)) variables.push_back(std::move(one));
  }
  const std::string order = order_of(input.query, kOrders, "key");
  const bool by_description = order.find("description") != std::string::npos;
  if (by_description) {
    std::stable_sort(variables.begin(), variables.end(),
                     [](const Variable& a, const Variable& b) { return a.description < b.description; });
  }
  if (order.starts_with('-')) std::reverse(variables.begin(), variables.end());
  Json items = Json::array();
  for (const Variable& one : page_of_items(variables, page_of(input.query))) {
    items.push_back(variable_document(one));
  }
  return net::Response::json(
      collection("variables", std::move(items), static_cast<int64_t>(variables.size())));
}

net::Response get(Call& call, const Input& input) {
  return net::Response::json(variable_document(find_variable(call, input.text("variable_key"))));
}

net::Response create(Call& call, const Input& input) {
  refuse_team(input.body);
  metadata::Database& database = call.project.metadata_for_writing();
  const auto key = input.body.at("key").get<std::string>();
  metadata::Transaction transaction(database);
  if (metadata::find_variable(database, key)) {
    throw Error(ErrorCode::kConflict, fmt::format("The Variable with key: `{}` already exists", key));
  }
  metadata::set_variable(database, key, stored_text(input.body.at("value")),
                         optional_text(input.body, "description"));
  note_in_log(call, "post_variable", key);
  transaction.commit();
  return net::Response::json(variable_document(find_variable(call, key)));
}

net::Response change(Call& call, const Input& input) {
  refuse_team(input.body);
  const std::string& key = input.text("variable_key");
  if (input.body.at("key") != key) {
    throw Error(ErrorCode::kInvalidArgument,
                "Invalid body, key from request body doesn't match uri parameter");
  }
  metadata::Database& database = call.project.metadata_for_writing();
  metadata::Transaction transaction(database);
  Variable variable = find_variable(call, key);
  if (input.is_to_change("value")) variable.value = stored_text(input.body.at("value"));
  if (input.is_to_change("description")) variable.description = optional_text(input.body, "description");
  metadata::set_variable(database, key, variable.value, variable.description.value_or(""));
  note_in_log(call, "patch_variable", key);
  transaction.commit();
  return net::Response::json(variable_document(variable));
}

net::Response remove(Call& call, const Input& input) {
  const std::string& key = input.text("variable_key");
  metadata::Database& database = call.project.metadata_for_writing();
  metadata::Transaction transaction(database);
  if (!metadata::delete_variable(database, key)) throw no_such_variable(key);
  note_in_log(call, "delete_variable", key);
  transaction.commit();
  return net::Response::no_content();
}

}  // namespace

std::vector<Operation> variable_operations() {
  const Fields mask = {text("update_mask").list().optional(Json::array())};
  const char* const all = "/api/v2/variables";
  const char* const one = "/api/v2/variables/{variable_key}";
  return {
      {"GET", all, list, "get_variables", "Variable", "List Variables",
       joined({page_fields(kOrders), pattern_fields("variable_key")}), nullptr, "VariableCollectionResponse"},
      {"POST",
       all,
       create,
       "post_variable",
       "Variable",
       "Create a Variable",
       {},
       "VariableBody",
       "VariableResponse",
       201},
      {"GET", one, get, "get_variable", "Variable", "Get a Variable", {}, nullptr, "VariableResponse"},
      {"PATCH", one, change, "patch_variable", "Variable", "Change a Variable", mask, "VariableBody",
       "VariableResponse"},
      {"DELETE", one, remove, "delete_variable", "Variable", "Delete a Variable", {}, nullptr, nullptr, 204},
  };
}

}  // namespace tidemill::server::airflow
