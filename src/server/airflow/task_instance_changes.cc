// PATCH of a task of a run: its state and note
// (airflow.api_fastapi.core_api.services.public.task_instances).

#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "server/airflow/lookups.h"
#include "server/airflow/query.h"
#include "workflow/dag_graph.h"

namespace tidemill::server::airflow {
namespace {

using workflow::DagGraph;
using workflow::TaskInstance;
using workflow::TaskKey;

// The task, and as wanted those before and behind it, in an order in which each comes after its upstream.
std::vector<std::string> wanted_tasks(const workflow::Dag& dag, const std::string& task_id,
                                      const Json& body) {
  const DagGraph graph(dag);
  const size_t here = graph.find(task_id).value();
  std::set<size_t> numbers = {here};
  const auto add = [&](std::vector<size_t> DagGraph::Node::*next) {
    for (const size_t number : graph.reachable(here, next)) numbers.insert(number);
  };
  if (body.at("include_upstream").get<bool>()) add(&DagGraph::Node::upstream);
  if (body.at("include_downstream").get<bool>()) add(&DagGraph::Node::downstream);
  std::vector<std::string> ids;
  for (const size_t number : numbers) ids.push_back(graph[number].task->id);
  return ids;
}

std::vector<workflow::DagRun> wanted_runs(Call& call, const workflow::DagRun& run, const Json& body) {
  const bool past = body.at("include_past").get<bool>(), future = body.at("include_future").get<bool>();
  if ((!past && !future) || !run.logical_date_ms) return {run};
  workflow::RunFilter filter;
  filter.dag_id = run.dag_id;
  filter.order_by = "logical_date";
  if (!past) filter.logical_date_from_ms = run.logical_date_ms;
  if (!future) filter.logical_date_to_ms = run.logical_date_ms;
  return call.operations.store().list_runs(filter, {-1});
}

struct Wanted {
  TaskKey key;
  std::optional<workflow::TaskState> state;
  std::vector<TaskInstance> changed;  // those that are not in the state yet
};

// Errors: Airflow's for what is not there.
Wanted find_wanted(Call& call, const Input& input) {
  const TaskKey key{input.text("dag_id"), input.text("dag_run_id"), input.text("task_id")};
  const workflow::Dag& dag = find_dag(call, key.dag_id);
  if (dag.find_task(key.task_id) == nullptr) {
    throw Error(ErrorCode::kNotFound,
                fmt::format("Task '{}' not found in Dag '{}'", key.task_id, key.dag_id));
  }
  workflow::Store& store = call.operations.store();
  const auto run = store.find_run(key.dag_id, key.run_id);
  if (!run || !store.find_task_instance(key)) {
    throw Error(ErrorCode::kNotFound,
                fmt::format("The Task Instance with dag_id: `{}`, run_id: `{}`, task_id: `{}` and map_index: "
                            "`None` was not found",
                            key.dag_id, key.run_id, key.task_id));
  }
  Wanted wanted{key, std::nullopt, {}};
  const auto state = optional_text(input.body, "new_state");
  if (!state || !input.is_to_change("new_state")) return wanted;
  wanted.state = workflow::task_state_named(*state);
  const std::vector<std::string> task_ids = wanted_tasks(dag, key.task_id, input.body);
  for (const workflow::DagRun& one : wanted_runs(call, *run, input.body)) {
    for (const std::string& task_id : task_ids) {
      auto instance = store.find_task_instance(TaskKey{one.dag_id, one.run_id, task_id});
      if (instance && instance->state != wanted.state) wanted.changed.push_back(std::move(*instance));
    }
  }
  return wanted;
}

net::Response answer(Documents& documents, const std::vector<TaskInstance>& instances) {
  Json items = Json::array();
  for (const TaskInstance& one : instances) items.push_back(documents.of(one));
  const auto total = static_cast<int64_t>(items.size());
  return net::Response::json(offset_collection("task_instances", std::move(items), total));
}

net::Response change(Call& call, const Input& input) {
  metadata::Transaction transaction(call.operations.store().database());
  const Wanted wanted = find_wanted(call, input);
  if (input.is_to_change("note"))
    call.operations.set_task_note(wanted.key, optional_text(input.body, "note"));
  if (wanted.state) {
    if (wanted.changed.empty()) {
      throw Error(ErrorCode::kConflict, fmt::format("Task id {} is already in {} state", wanted.key.task_id,
                                                    name_of(*wanted.state)));
    }
    for (const TaskInstance& one : wanted.changed) {
      call.operations.mark({one.dag_id, one.run_id, one.task_id}, *wanted.state);
    }
  }
  transaction.commit();
  Documents documents(call);
  return answer(documents, {find_instance(call, wanted.key)});
}

net::Response dry_run(Call& call, const Input& input) {
  const Wanted wanted = find_wanted(call, input);
  Documents documents(call);
  if (!wanted.state) return answer(documents, {find_instance(call, wanted.key)});
  return answer(documents, wanted.changed);
}

}  // namespace

std::vector<Operation> task_instance_change_operations() {
  const Fields query = {text("update_mask").list().optional(Json::array()), only_map_index()};
  const char* const tag = "Task Instance";
  return {
      {"PATCH", "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}", change,
       "patch_task_instance", tag, "Mark a task of a run, or write a note", query, "PatchTaskInstanceBody",
       "TaskInstanceCollectionResponse"},
      {"PATCH", "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/dry_run", dry_run,
       "patch_task_instance_dry_run", tag, "Say what would be marked", query, "PatchTaskInstanceBody",
       "TaskInstanceCollectionResponse"},
  };
}

}  // namespace tidemill::server::airflow
