// POST /api/v2/dags/{dag_id}/clearTaskInstances
// (airflow.api_fastapi.core_api.routes.public.task_instances.post_clear_task_instances).

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "server/airflow/lookups.h"
#include "server/airflow/query.h"

namespace tidemill::server::airflow {
namespace {

using workflow::TaskInstance;

// What contradicts itself in the body, in Airflow's words; "" when nothing does.
std::string contradiction_in(const Json& body) {
  const bool has_start = !body.at("start_date").is_null(), has_end = !body.at("end_date").is_null();
  const bool has_run = !body.at("dag_run_id").is_null();
  if (body.at("only_failed").get<bool>() && body.at("only_running").get<bool>()) {
    return "only_failed and only_running both are set to True";
  }
  if (has_start && has_end && body.at("start_date") > body.at("end_date")) {
    return "end_date is sooner than start_date";
  }
  if (has_run && has_start && has_end) {
    return "Exactly one of dag_run_id or (start_date and end_date) must be provided";
  }
  if (has_run && has_start) return "Exactly one of dag_run_id or start_date must be provided";
  if (has_run && has_end) return "Exactly one of dag_run_id or end_date must be provided";
  const Json& ids = body.at("task_ids");
  if (ids.is_array() && ids.empty()) return "task_ids list should have at least 1 element.";
  return "";
}

// A task's id, or [id, map_index]. nullopt for anything else.
std::optional<std::string> task_id_of(const Json& item) {
  if (item.is_string()) return item.get<std::string>();
  const bool is_pair =
      item.is_array() && item.size() == 2 && item[0].is_string() && item[1].is_number_integer();
  if (is_pair) return item[0].get<std::string>();
  return std::nullopt;
}

workflow::ClearOptions options_of(const Json& body) {
  workflow::ClearOptions options;
  options.include_upstream = body.at("include_upstream").get<bool>();
  options.include_downstream = body.at("include_downstream").get<bool>();
  options.include_past = body.at("include_past").get<bool>();
  options.include_future = body.at("include_future").get<bool>();
  options.only_failed = body.at("only_failed").get<bool>();
  options.only_running = body.at("only_running").get<bool>();
  options.reset_dag_runs = body.at("reset_dag_runs").get<bool>();
  options.is_dry_run = body.at("dry_run").get<bool>();
  return options;
}

// Those of a run, or of the runs between two logical dates.
std::vector<TaskInstance> clear_all(Call& call, const std::string& dag_id, const Json& body,
                                    workflow::ClearOptions options) {
  workflow::Store& store = call.operations.store();
  if (const auto run_id = optional_text(body, "dag_run_id")) {
    if (!store.find_run(dag_id, *run_id)) {
      throw Error(ErrorCode::kNotFound, fmt::format("Dag Run id {} not found in dag {}", *run_id, dag_id));
    }
    return call.operations.clear(dag_id, *run_id, options);
  }
  workflow::RunFilter filter;
  filter.dag_id = dag_id;
  if (!options.include_past) filter.logical_date_from_ms = optional_integer(body, "start_date");
  if (!options.include_future) filter.logical_date_to_ms = optional_integer(body, "end_date");
  options.include_past = options.include_future = false;
  std::vector<TaskInstance> cleared;
  for (const workflow::DagRun& run : store.list_runs(filter, {-1})) {
    for (TaskInstance& one : call.operations.clear(dag_id, run.run_id, options)) {
      cleared.push_back(std::move(one));
    }
  }
  return cleared;
}

bool is_under_way(const TaskInstance& instance) {
  return instance.state == workflow::TaskState::kRunning || instance.state == workflow::TaskState::kQueued ||
         instance.state == workflow::TaskState::kScheduled;
}

net::Response clear(Call& call, const Input& input) {
  const std::string& dag_id = find_dag(call, input.text("dag_id")).id;
  Problems problems;
  if (const std::string wrong = contradiction_in(input.body); !wrong.empty()) {
    problems.add("value_error", {"body"}, "Value error, " + wrong, nullptr, {{"error", Json::object()}});
  }
  workflow::ClearOptions options = options_of(input.body);
  if (input.body.at("task_ids").is_array()) {
    for (const Json& item : input.body.at("task_ids")) {
      if (const auto id = task_id_of(item)) {
        options.task_ids.push_back(*id);
      } else {
        problems.add("string_type", {"body", "task_ids"}, "Input should be a valid string", item);
      }
    }
  }
  if (!problems.empty()) return refuse(422, problems.list());

  metadata::Transaction transaction(call.operations.store().database());
  const std::vector<TaskInstance> cleared = clear_all(call, dag_id, input.body, options);
  if (!options.is_dry_run && input.body.at("prevent_running_task").get<bool>() &&
      std::any_of(cleared.begin(), cleared.end(), is_under_way)) {
    throw Error(
        ErrorCode::kConflict,
        "AirflowClearRunningTaskException: Disable 'prevent_running_task' to proceed, or wait until the "
        "task is not running, queued, or scheduled state.");
  }
  Documents documents(call);
  Json items = Json::array();
  for (const TaskInstance& before : cleared) {
    const workflow::TaskKey key{before.dag_id, before.run_id, before.task_id};
    if (!options.is_dry_run && input.has_sent("note")) {
      call.operations.set_task_note(key, optional_text(input.body, "note"));
    }
    items.push_back(documents.of(options.is_dry_run ? before : find_instance(call, key)));
  }
  transaction.commit();
  return net::Response::json(
      offset_collection("task_instances", std::move(items), static_cast<int64_t>(cleared.size())));
}

}  // namespace

std::vector<Operation> clear_operations() {
  return {{"POST",
           "/api/v2/dags/{dag_id}/clearTaskInstances",
           clear,
           "post_clear_task_instances",
           "Task Instance",
           "Run tasks again; with dry_run (the default) say which would be cleared",
           {},
           "ClearTaskInstancesBody",
           "TaskInstanceCollectionResponse"}};
}

}  // namespace tidemill::server::airflow
