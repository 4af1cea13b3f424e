// Trigger, change and delete runs (airflow.api_fastapi.core_api.routes.public.dag_run).

#include <fmt/format.h>

#include "base/error.h"
#include "server/airflow/lookups.h"
#include "server/airflow/query.h"
#include "workflow/log_files.h"

namespace tidemill::server::airflow {
namespace {

net::Response trigger(Call& call, const Input& input) {
  const std::string& dag_id = input.text("dag_id");
  if (find_dag_or_null(call, dag_id) == nullptr) {
    throw Error(ErrorCode::kNotFound, fmt::format("Dag with dag_id: '{}' not found", dag_id));
  }
  const auto from_ms = optional_integer(input.body, "data_interval_start");
  const auto to_ms = optional_integer(input.body, "data_interval_end");
  if (from_ms.has_value() != to_ms.has_value()) {
    Problems problems;
    problems.add(
        "value_error", {"body"},
        "Value error, Either both data_interval_start and data_interval_end must be provided or both "
        "must be None",
        nullptr, {{"error", Json::object()}});
    return refuse(422, problems.list());
  }
  if (!input.body.at("partition_key").is_null()) {
    throw Error(ErrorCode::kInvalidArgument, fmt::format("Dag with dag_id: '{}' is not partitioned", dag_id));
  }
  workflow::TriggerOptions options;
  options.run_id = optional_text(input.body, "dag_run_id");
  if (options.run_id && options.run_id->empty()) options.run_id.reset();
  options.logical_date_ms = optional_integer(input.body, "logical_date");
  options.run_after_ms = optional_integer(input.body, "run_after");
  if (from_ms) options.data_interval = workflow::DataInterval{*from_ms, *to_ms};
  if (!input.body.at("conf").is_null()) options.conf = input.body.at("conf").dump();
  options.note = optional_text(input.body, "note");
  try {
    return net::Response::json(Documents(call).of(call.operations.trigger(dag_id, options)));
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kAlreadyExists) return not_unique(error.message());
    throw;
  }
}

net::Response change(Call& call, const Input& input) {
  const workflow::DagRun run = find_run(call, input.text("dag_id"), input.text("dag_run_id"));
  metadata::Transaction transaction(call.operations.store().database());
  if (input.is_to_change("note")) {
    call.operations.set_note(run.dag_id, run.run_id, optional_text(input.body, "note"));
  }
  const auto state = optional_text(input.body, "state");
  if (state && input.is_to_change("state")) {
    call.operations.mark_run(run.dag_id, run.run_id, workflow::run_state_named(*state).value());
  }
  transaction.commit();
  return net::Response::json(Documents(call).of(find_run(call, run.dag_id, run.run_id)));
}

net::Response remove(Call& call, const Input& input) {
  const workflow::DagRun run = find_run(call, input.text("dag_id"), input.text("dag_run_id"));
  call.operations.delete_run(run.dag_id, run.run_id);
  workflow::remove_run_logs(call.server.log_dir, run);
  return net::Response::no_content();
}

}  // namespace

std::vector<Operation> dag_run_change_operations() {
  const char* const one = "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}";
  return {
      {"POST",
       "/api/v2/dags/{dag_id}/dagRuns",
       trigger,
       "trigger_dag_run",
       "DagRun",
       "Run a DAG",
       {},
       "TriggerDAGRunPostBody",
       "DAGRunResponse"},
      {"PATCH",
       one,
       change,
       "patch_dag_run",
       "DagRun",
       "Mark a run, or write a note",
       {text("update_mask").list().optional(Json::array())},
       "DAGRunPatchBody",
       "DAGRunResponse"},
      {"DELETE", one, remove, "delete_dag_run", "DagRun", "Delete a run", {}, nullptr, nullptr, 204},
  };
}

}  // namespace tidemill::server::airflow
