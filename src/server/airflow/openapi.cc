#include "server/airflow/openapi.h"

#include <cctype>
#include <set>
#include <string_view>

#include "server/airflow/operation.h"

namespace tidemill::server::airflow {
namespace {

Json reference(const std::string& schema) {
  return {{"$ref", "#/components/schemas/" + schema}};
}

Json json_content(const std::string& schema) {
  return {{"application/json", {{"schema", reference(schema)}}}};
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

Json parameters_of(const Operation& operation) {
  Json parameters = Json::array();
  const std::string_view path = operation.path;
  for (size_t at = path.find('{'); at != std::string_view::npos; at = path.find('{', at + 1)) {
    const std::string name(path.substr(at + 1, path.find('}', at) - at - 1));
    parameters.push_back(
        {{"name", name}, {"in", "path"}, {"required", true}, {"schema", {{"type", path_type(name)}}}});
  }
  for (const Field& field : operation.query) {
    Json schema = openapi_schema(field);
    Json parameter = {{"name", field.name}, {"in", "query"}, {"required", field.is_required}};
    if (!field.description.empty()) {
      parameter["description"] = field.description;
      schema.erase("description");
    }
    parameter["schema"] = std::move(schema);
    parameters.push_back(std::move(parameter));
  }
  return parameters;
}

Json responses_of(const Operation& operation) {
  Json content = Json::object();
  if (operation.answer != nullptr) content = json_content(operation.answer);
  if (operation.other_answer != nullptr) content[operation.other_answer] = {{"schema", {{"type", "string"}}}};
  Json good = {{"description", "Successful Response"}};
  if (!content.empty()) good["content"] = std::move(content);
  Json responses = {{std::to_string(operation.status), std::move(good)}};
  const auto add = [&](const char* status, const char* description, const char* schema) {
    responses[status] = {{"description", description}, {"content", json_content(schema)}};
  };
  const bool has_names = std::string_view(operation.path).find('{') != std::string_view::npos;
  const bool is_change = std::string_view(operation.method) != "GET";
  if (operation.access == Access::kSignedIn) {
    add("401", "Unauthorized", "HTTPExceptionResponse");
    add("403", "Forbidden", "HTTPExceptionResponse");
  }
  if (is_change || !operation.query.empty()) add("400", "Bad Request", "HTTPExceptionResponse");
  if (has_names) add("404", "Not Found", "HTTPExceptionResponse");
  if (is_change) add("409", "Conflict", "HTTPExceptionResponse");
  add("422", "Validation Error", "HTTPValidationError");
  return responses;
}

Json described(const Operation& operation) {
  Json one = {
      {"tags", {operation.tag}}, {"summary", operation.summary}, {"operationId", lower(operation.id)}};
  if (operation.access == Access::kSignedIn) one["security"] = Json::array({{{"HTTPBearer", Json::array()}}});
  Json parameters = parameters_of(operation);
  if (!parameters.empty()) one["parameters"] = std::move(parameters);
  if (operation.body != nullptr) {
    one["requestBody"] = {{"required", true}, {"content", json_content(operation.body)}};
  }
  one["responses"] = responses_of(operation);
  return one;
}

void add_schema(Json& schemas, const std::string& name) {
  if (schemas.contains(name)) return;
  const Schema& schema = schema_named(name);
  schemas[name] = openapi_schema(schema);
  for (const Field& field : schema.fields) {
    if (field.kind == Field::Kind::kDocument) add_schema(schemas, field.schema);
  }
}

}  // namespace

Json openapi_document(const std::string& version) {
  Json paths = Json::object(), schemas = Json::object();
  for (const char* name : {"HTTPExceptionResponse", "HTTPValidationError"}) add_schema(schemas, name);
  for (const Operation& operation : operations()) {
    paths[operation.path][lower(operation.method)] = described(operation);
    for (const char* name : {operation.body, operation.answer}) {
      if (name != nullptr) add_schema(schemas, name);
    }
  }
  return {{"openapi", "3.1.0"},
          {"info",
           {{"title", "Tidemill REST API"},
            {"description", "Airflow's REST API v2, as far as a Tidemill project has what it is about."},
            {"version", version}}},
          {"paths", std::move(paths)},
          {"components",
           {{"schemas", std::move(schemas)},
            {"securitySchemes", {{"HTTPBearer", {{"type", "http"}, {"scheme", "bearer"}}}}}}}};
}

}  // namespace tidemill::server::airflow
