#pragma once
// One operation of the REST API: what the router, the check of what was sent and the OpenAPI document are
// made of.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/airflow/schema.h"
#include "server/call.h"

namespace tidemill::server::airflow {

// What was sent, checked: of the right kinds, defaults filled in, instants as milliseconds.
struct Input {                    // NOLINT(bugprone-exception-escape): moving a Json does not throw
  Json path;                      // by the names in the path: texts, and integers where the name says so
  Json query;                     // by the operation's fields
  Json body;                      // by the body's schema, null when there is none
  std::vector<std::string> sent;  // the body's fields that were in it

  const std::string& text(const char* path_parameter) const;
  bool has_sent(const std::string& field) const;
  // Sent in the body of a PATCH, and named by `update_mask` where there is one.
  bool is_to_change(const std::string& field) const;
};

struct Operation {
  const char* method;
  const char* path;  // of net::Router: "/api/v2/dags/{dag_id}"
  net::Response (*handle)(Call& call, const Input& input);
  const char* id;       // Airflow's operationId, of which its client makes the method's name
  const char* tag;      // and the class's
  const char* summary;  // what it does, in a few words
  std::vector<Field> query{};
  const char* body = nullptr;    // schema
  const char* answer = nullptr;  // schema; nullptr: no content, or `other_answer` alone
  int status = 200;
  Access access = Access::kSignedIn;
  const char* other_answer = nullptr;  // another content type that it answers with: "application/x-ndjson"
};

// The one table. Each resource's file exports its part.
const std::vector<Operation>& operations();
std::vector<Operation> asset_operations();
std::vector<Operation> backfill_operations();
std::vector<Operation> clear_operations();
std::vector<Operation> clear_run_operations();
std::vector<Operation> dag_operations();
std::vector<Operation> dag_run_operations();
std::vector<Operation> dag_run_change_operations();
std::vector<Operation> dag_source_operations();
std::vector<Operation> empty_operations();
std::vector<Operation> event_log_operations();
std::vector<Operation> job_operations();
std::vector<Operation> log_operations();
std::vector<Operation> monitor_operations();
std::vector<Operation> pool_operations();
std::vector<Operation> task_operations();
std::vector<Operation> task_instance_operations();
std::vector<Operation> task_instance_change_operations();
std::vector<Operation> token_operations();
std::vector<Operation> variable_operations();
std::vector<Operation> wait_operations();
std::vector<Operation> xcom_operations();

// Of a name in a path: "integer" or "string".
const char* path_type(std::string_view name);

// The operation's Endpoint::handle: checks what was sent, 422 when it is wrong, and calls Operation::handle.
net::Response run_operation(Call& call);

// {"detail": ...} with that status.
net::Response refuse(int status, const Json& detail);
// 409, as Airflow tells that a name is taken.
net::Response not_unique(const std::string& message = "there is one of this name already");

}  // namespace tidemill::server::airflow
