#include "server/airflow/operation.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <unordered_map>

#include <fmt/format.h>

#include "base/error.h"

namespace tidemill::server::airflow {
namespace {

constexpr std::array<std::string_view, 7> kIntegersInPaths = {
    "asset_id",        "backfill_id", "event_log_id",  "import_error_id",
    "task_try_number", "try_number",  "version_number"};

bool is_integer(std::string_view name) {
  return std::find(kIntegersInPaths.begin(), kIntegersInPaths.end(), name) != kIntegersInPaths.end();
}

const Operation& operation_of(const net::Request& request) {
  static const auto kByRoute = [] {
    std::unordered_map<std::string, const Operation*> all;
    for (const Operation& one : operations()) all.emplace(fmt::format("{} {}", one.method, one.path), &one);
    return all;
  }();
  const std::string_view method = request.method == "HEAD" ? "GET" : std::string_view(request.method);
  return *kByRoute.at(fmt::format("{} {}", method, request.route_pattern));
}

Json checked_path(const net::Request& request, Problems& problems) {
  Json path = Json::object();
  for (const auto& [name, value] : request.path_parameters) {
    const Field field = is_integer(name) ? integer(name).at_least(0) : text(name);
    path[name] = from_text(field, value, {"path", name}, problems);
  }
  return path;
}

Json checked_query(const Operation& operation, const net::Request& request, Problems& problems) {
  Json query = Json::object();
  for (const Field& field : operation.query) {
    const Json loc = {"query", field.name};
    const auto values = request.query_values(field.name);
    if (values.empty()) {
      if (field.is_required) problems.add("missing", loc, "Field required", nullptr);
      query[field.name] = field.fallback;
    } else if (field.is_list) {
      Json items = Json::array();
      for (const std::string_view value : values) items.push_back(from_text(field, value, loc, problems));
      query[field.name] = std::move(items);
    } else {
      query[field.name] = from_text(field, values.back(), loc, problems);
    }
  }
  // A filter that is not known here would otherwise give the wrong answer.
  for (const auto& [name, value] : request.query) {
    if (query.contains(name)) continue;
    problems.add("extra_forbidden", {"query", name}, "Extra inputs are not permitted", value);
  }
  return query;
}

Json checked_body(const char* schema, const net::Request& request, std::vector<std::string>& sent,
                  Problems& problems) {
  if (request.body.empty()) {
    problems.add("missing", {"body"}, "Field required", nullptr);
    return nullptr;
  }
  if (is_too_deep(request.body)) {
    problems.add("json_invalid", {"body", 0}, "JSON decode error", Json::object(),
                 {{"error", "too many levels"}});
    return nullptr;
  }
  Json body;
  try {
    body = Json::parse(request.body);
  } catch (const nlohmann::json::parse_error& error) {
    problems.add("json_invalid", {"body", error.byte}, "JSON decode error", Json::object(),
                 {{"error", "Expecting value"}});
    return nullptr;
  } catch (const nlohmann::json::exception& error) {  // a number beyond any double
    problems.add("json_invalid", {"body", 0}, "JSON decode error", Json::object(), {{"error", error.what()}});
    return nullptr;
  }
  if (body.is_object()) {
    for (const auto& item : body.items()) sent.push_back(item.key());
  }
  return checked(schema_named(schema), body, {"body"}, problems);
}

}  // namespace

const char* path_type(std::string_view name) {
  return is_integer(name) ? "integer" : "string";
}

const std::string& Input::text(const char* path_parameter) const {
  return path.at(path_parameter).get_ref<const std::string&>();
}

bool Input::has_sent(const std::string& field) const {
  return std::find(sent.begin(), sent.end(), field) != sent.end();
}

bool Input::is_to_change(const std::string& field) const {
  const Json& mask = query.at("update_mask");
  return has_sent(field) && (mask.empty() || std::find(mask.begin(), mask.end(), field) != mask.end());
}

const std::vector<Operation>& operations() {
  static const std::vector<Operation> kAll = [] {
    std::vector<Operation> all;
    for (auto& some : {monitor_operations(),
                       dag_operations(),
                       dag_run_operations(),
                       dag_run_change_operations(),
                       wait_operations(),
                       clear_operations(),
                       clear_run_operations(),
                       task_instance_operations(),
                       task_instance_change_operations(),
                       log_operations(),
                       xcom_operations(),
                       task_operations(),
                       dag_source_operations(),
                       variable_operations(),
                       pool_operations(),
                       asset_operations(),
                       backfill_operations(),
                       event_log_operations(),
                       job_operations(),
                       empty_operations(),
                       token_operations()}) {
      all.insert(all.end(), some.begin(), some.end());
    }
    return all;
  }();
  return kAll;
}

net::Response run_operation(Call& call) {
  const Operation& operation = operation_of(call.request);
  Problems problems;
  Input input;
  input.path = checked_path(call.request, problems);
  input.query = checked_query(operation, call.request, problems);
  if (operation.body != nullptr) {
    input.body = checked_body(operation.body, call.request, input.sent, problems);
  }
  if (!problems.empty()) return refuse(422, problems.list());
  // What is listed and counted is of one moment. Health is asked for when the database may not answer.
  std::optional<metadata::ReadTransaction> moment;
  if (std::string_view(operation.method) == "GET" && operation.access == Access::kSignedIn) {
    moment.emplace(call.operations.store().database());
  }
  net::Response response = operation.handle(call, input);
  // Those that answer as they should say so by 200.
  if (response.status() == 200) response.set_status(operation.status);
  return response;
}

net::Response refuse(int status, const Json& detail) {
  return net::Response::json({{"detail", detail}}, status);
}

net::Response not_unique(const std::string& message) {
  return refuse(409, {{"reason", "Unique constraint violation"},
                      {"statement", "hidden"},
                      {"orig_error", "hidden"},
                      {"message", message}});
}

}  // namespace tidemill::server::airflow
