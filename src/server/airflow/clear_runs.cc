// Runs that are run again as a whole (airflow.api_fastapi.core_api.routes.public.dag_run).

#include <fmt/format.h>

#include "base/error.h"
#include "server/airflow/lookups.h"
#include "server/airflow/query.h"

namespace tidemill::server::airflow {
namespace {

using workflow::DagRun;

net::Response contradiction(const std::string& what) {
  Problems problems;
  problems.add("value_error", {"body"}, "Value error, " + what, nullptr, {{"error", Json::object()}});
  return refuse(422, problems.list());
}

bool contradicts_itself(const Json& body) {
  return body.at("only_failed").get<bool>() && body.at("only_new").get<bool>();
}

// The tasks that are, or would be, cleared.
std::vector<workflow::TaskInstance> clear_run(Call& call, const DagRun& run, const Input& input) {
  find_dag(call, run.dag_id);
  workflow::ClearOptions options;
  options.only_failed = input.body.at("only_failed").get<bool>();
  options.is_dry_run = input.body.at("dry_run").get<bool>();
  std::vector<workflow::TaskInstance> cleared;
  // A run has an instance of each task from its beginning, so that none is ever new.
  if (!input.body.at("only_new").get<bool>()) {
    cleared = call.operations.clear(run.dag_id, run.run_id, options);
  }
  if (!options.is_dry_run && input.has_sent("note")) {
    call.operations.set_note(run.dag_id, run.run_id, optional_text(input.body, "note"));
  }
  return cleared;
}

net::Response clear(Call& call, const Input& input) {
  const DagRun run = find_run(call, input.text("dag_id"), input.text("dag_run_id"));
  if (contradicts_itself(input.body)) return contradiction("only_new and only_failed are mutually exclusive");
  Documents documents(call);
  metadata::Transaction transaction(call.operations.store().database());
  Json instances = Json::array();
  for (const auto& one : clear_run(call, run, input)) instances.push_back(documents.of(one));
  if (input.body.at("dry_run").get<bool>()) {
    const auto total = static_cast<int64_t>(instances.size());
    return net::Response::json(collection("task_instances", std::move(instances), total));
  }
  transaction.commit();
  return net::Response::json(documents.of(find_run(call, run.dag_id, run.run_id)));
}

// Errors: kInvalidArgument for a DAG that is not clear, kNotFound.
std::vector<DagRun> named_runs(Call& call, const Input& input) {
  const std::string& dag_id = input.text("dag_id");
  std::vector<DagRun> runs;
  for (const Json& entry : input.body.at("dag_runs")) {
    const auto run_id = entry.at("dag_run_id").get<std::string>();
    const std::string of_entry = optional_text(entry, "dag_id").value_or(dag_id == "~" ? "" : dag_id);
    if (dag_id == "~" && (of_entry.empty() || of_entry == "~")) {
      throw Error(
          ErrorCode::kInvalidArgument,
          fmt::format("When the URL dag_id is '~', every entry must provide a concrete dag_id (missing "
                      "on dag_run_id: '{}').",
                      run_id));
    }
    if (dag_id != "~" && of_entry != dag_id) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("Entry dag_id '{}' does not match the URL dag_id '{}'.", of_entry, dag_id));
    }
    runs.push_back(find_run(call, of_entry, run_id));
  }
  return runs;
}

net::Response clear_many(Call& call, const Input& input) {
  if (contradicts_itself(input.body)) return contradiction("only_new and only_failed are mutually exclusive");
  for (const char* of_partitions : {"partition_key", "partition_date_start", "partition_date_end"}) {
    if (input.body.at(of_partitions).is_null()) continue;
    throw Error(ErrorCode::kInvalidArgument, "there are no partitions: name the runs in dag_runs");
  }
  if (input.body.at("dag_runs").empty()) {
    return contradiction(
        "Exactly one of dag_runs (non-empty), partition_key, or a partition date window "
        "(partition_date_start / "
        "partition_date_end) must be provided.");
  }
  Documents documents(call);
  metadata::Transaction transaction(call.operations.store().database());
  Json instances = Json::array(), runs = Json::array();
  for (const DagRun& run : named_runs(call, input)) {
    for (const auto& one : clear_run(call, run, input)) instances.push_back(documents.of(one));
    runs.push_back(documents.of(find_run(call, run.dag_id, run.run_id)));
  }
  if (input.body.at("dry_run").get<bool>()) {
    const auto total = static_cast<int64_t>(instances.size());
    return net::Response::json(collection("task_instances", std::move(instances), total));
  }
  transaction.commit();
  const auto total = static_cast<int64_t>(runs.size());
  return net::Response::json(offset_collection("dag_runs", std::move(runs), total));
}

}  // namespace

std::vector<Operation> clear_run_operations() {
  return {
      {"POST",
       "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/clear",
       clear,
       "clear_dag_run",
       "DagRun",
       "Run a run again; with dry_run (the default) say what would be cleared",
       {},
       "DAGRunClearBody",
       "ResponseClearDagRun"},
      {"POST",
       "/api/v2/dags/{dag_id}/clearDagRuns",
       clear_many,
       "clear_dag_runs",
       "DagRun",
       "Run several runs again, with ~ of any DAGs",
       {},
       "BulkDAGRunClearBody",
       "ResponseClearDagRuns"},
  };
}

}  // namespace tidemill::server::airflow
