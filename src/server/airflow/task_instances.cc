// GET of /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances
// (airflow.api_fastapi.core_api.routes.public.task_instances).

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "server/airflow/lookups.h"
#include "server/airflow/query.h"

namespace tidemill::server::airflow {
namespace {

using workflow::TaskInstance;
using workflow::TaskKey;

const OrderNames kOrders = {{"id", "id"},
                            {"state", "state"},
                            {"duration", "duration"},
                            {"start_date", "start_date"},
                            {"end_date", "end_date"},
                            {"map_index", "task_id"},
                            {"try_number", "try_number"},
                            {"logical_date", "logical_date"},
                            {"run_after", "run_after"},
                            {"data_interval_start", "logical_date"},
                            {"data_interval_end", "logical_date"},
                            {"operator", "operator"},
                            {"pool", "pool"},
                            {"task_id", "task_id"}};

const Constants kConstants = {{text("queue").list().optional(Json::array()), kQueue},
                              {text("executor").list().optional(Json::array()), nullptr},
                              {integer("version_number").list().optional(Json::array()), 1},
                              {integer("map_index").list().optional(Json::array()), -1},
                              {text("queue_name"), kQueue, /*is_pattern=*/true},
                              {text("rendered_map_index"), nullptr, /*is_pattern=*/true}};

TaskKey key_of(const Input& input) {
  return {input.text("dag_id"), input.text("dag_run_id"), input.text("task_id")};
}

Error no_such_try(const TaskKey& key, const std::string& middle) {
  return {
      ErrorCode::kNotFound,
      fmt::format("The Task Instance with dag_id: `{}`, run_id: `{}`, task_id: `{}`{} and map_index: `-1` "
                  "was not found",
                  key.dag_id, key.run_id, key.task_id, middle)};
}

// False for a name that is no state.
bool take_states(workflow::TaskFilter& filter, const Json& names) {
  if (names.is_null()) return true;
  for (const Json& name : names) {
    if (name.is_null() || name == "no_status" || name == "none") {
      filter.states.push_back(std::nullopt);
      continue;
    }
    const auto state = name.is_string() ? workflow::task_state_named(name.get<std::string>()) : std::nullopt;
    if (!state) return false;
    filter.states.push_back(state);
  }
  return true;
}

net::Response no_such_state() {
  return refuse(422,
                "Invalid value for state. Valid values are removed, scheduled, queued, running, success, "
                "restarting, failed, up_for_retry, upstream_failed, skipped");
}

Json documents_of(Call& call, const workflow::TaskFilter& filter, const workflow::Page& page) {
  Documents documents(call);
  Json instances = Json::array();
  for (const TaskInstance& one : call.operations.store().list_task_instances(filter, page)) {
    instances.push_back(documents.of(one));
  }
  return instances;
}

net::Response list(Call& call, const Input& input) {
  const std::string& dag_id = input.text("dag_id");
  const std::string& run_id = input.text("dag_run_id");
  workflow::TaskFilter filter;
  if (run_id != "~") {
    if (dag_id == "~") {
      throw Error(ErrorCode::kInvalidArgument, "dag_id is required when dag_run_id is specified");
    }
    if (!call.operations.store().find_run(dag_id, run_id)) {
      throw Error(ErrorCode::kNotFound,
                  fmt::format("DagRun with dag_id: `{}` and run_id: `{}` was not found", dag_id, run_id));
    }
    filter.run_id = run_id;
  }
  if (dag_id != "~") filter.dag_id = find_dag(call, dag_id).id;
  const Json& query = input.query;
  if (!take_states(filter, query.at("state"))) return no_such_state();
  take_ranges(filter, query);
  filter.pools = texts_of(query, "pool");
  filter.operators = texts_of(query, "operator");
  filter.try_numbers = query.at("try_number").get<std::vector<int64_t>>();
  filter.task_id = optional_text(query, "task_id").value_or("");
  filter.dag_id_pattern = pattern_of(query, "dag_id");
  filter.run_id_pattern = pattern_of(query, "run_id");
  filter.task_id_pattern = pattern_of(query, "task_display_name");
  filter.pool_pattern = pattern_of(query, "pool_name");
  filter.operator_pattern = pattern_of(query, "operator_name");
  filter.order_by = order_of(query, kOrders, "run_after,dag_id,run_id,task_id");
  const workflow::Page page = cursor_page_of(query);
  if (finds_none(query, kConstants)) {
    return net::Response::json(cursor_collection("task_instances", Json::array(), 0, query));
  }
  return net::Response::json(cursor_collection("task_instances", documents_of(call, filter, page),
                                               call.operations.store().count_task_instances(filter), query));
}

net::Response list_batch(Call& call, const Input& input) {
  workflow::TaskFilter filter;
  if (!take_states(filter, input.body.at("state"))) return no_such_state();
  filter.dag_ids = texts_of(input.body, "dag_ids");
  filter.run_ids = texts_of(input.body, "dag_run_ids");
  filter.task_ids = texts_of(input.body, "task_ids");
  filter.pools = texts_of(input.body, "pool");
  take_ranges(filter, input.body);
  Json order = {{"order_by", Json::array()}};
  if (const auto by = optional_text(input.body, "order_by")) order["order_by"].push_back(*by);
  filter.order_by = order_of(order, kOrders, "run_after,dag_id,run_id,task_id");
  static const Constants kOfBatch = {kConstants[0], kConstants[1]};  // queue and executor
  if (finds_none(input.body, kOfBatch)) filter.task_ids = {""};
  return net::Response::json(offset_collection("task_instances",
                                               documents_of(call, filter, batch_page_of(input.body)),
                                               call.operations.store().count_task_instances(filter)));
}

net::Response get(Call& call, const Input& input) {
  return net::Response::json(Documents(call).of(find_instance(call, key_of(input))));
}

net::Response tries(Call& call, const Input& input) {
  const TaskKey key = key_of(input);
  const std::vector<TaskInstance> all = call.operations.store().tries_of(key);
  if (all.empty()) throw no_such_try(key, "");
  Documents documents(call);
  Json items = Json::array();
  for (const TaskInstance& one : all) items.push_back(try_document(one, documents.version(key.dag_id)));
  return net::Response::json(
      collection("task_instances", std::move(items), static_cast<int64_t>(all.size())));
}

net::Response one_try(Call& call, const Input& input) {
  const TaskKey key = key_of(input);
  const auto number = input.path.at("task_try_number").get<int64_t>();
  for (const TaskInstance& one : call.operations.store().tries_of(key)) {
    if (one.try_number != number) continue;
    return net::Response::json(try_document(one, Documents(call).version(key.dag_id)));
  }
  throw no_such_try(key, fmt::format(", try_number: `{}`", number));
}

// Tasks are never mapped here.
net::Response mapped(Call& call, const Input& input) {
  const TaskKey key = key_of(input);
  const bool is_known = find_dag(call, key.dag_id).find_task(key.task_id) != nullptr;
  throw Error(ErrorCode::kNotFound,
              fmt::format("Task id {} {}", key.task_id, is_known ? "is not mapped" : "not found"));
}

net::Response links(Call& call, const Input& input) {
  if (!call.operations.store().find_task_instance(key_of(input))) {
    throw Error(ErrorCode::kNotFound, "TaskInstance not found");
  }
  return net::Response::json(collection("extra_links", Json::object(), 0));
}

std::string waiting_upstream(workflow::Store& store, const TaskInstance& instance,
                             const workflow::Task& task) {
  std::vector<std::string> waiting;
  for (const auto& other : store.task_statuses_of(instance.dag_id, instance.run_id)) {
    const bool is_upstream =
        std::find(task.upstream.begin(), task.upstream.end(), other.task_id) != task.upstream.end();
    if (is_upstream && !(other.state && is_finished(*other.state))) waiting.push_back(other.task_id);
  }
  return join(waiting);
}

// What a task that has not been queued waits for (airflow.ti_deps.deps).
net::Response dependencies(Call& call, const Input& input) {
  const TaskKey key = key_of(input);
  workflow::Store& store = call.operations.store();
  const auto instance = store.find_task_instance(key);
  if (!instance) throw no_such_try(key, "");
  Json waits_for = Json::array();
  const auto add = [&](const char* name, const std::string& reason) {
    waits_for.push_back({{"name", name}, {"reason", reason}});
  };
  const workflow::Dag* dag = find_dag_or_null(call, key.dag_id);
  const workflow::Task* task = dag == nullptr ? nullptr : dag->find_task(key.task_id);
  const bool waits = !instance->state || instance->state == workflow::TaskState::kScheduled;
  const auto run = store.find_run(key.dag_id, key.run_id);
  if (waits && task != nullptr && run) {
    if (state_of(call, *dag).is_paused) add("Dag Not Paused", fmt::format("Dag '{}' is paused.", dag->id));
    if (run->state != workflow::RunState::kRunning) {
      add("Dagrun Running",
          fmt::format("Task instance's dagrun was not in the 'running' state but in the state "
                      "'{}'.",
                      name_of(run->state)));
    }
    const auto pool = store.find_pool(instance->pool);
    if (!pool) {
      add("Pool Slots Available",
          fmt::format("Tasks using non-existent pool '{}' will not be scheduled", instance->pool));
    } else if (pool->slots >= 0 && pool->open_slots() < instance->pool_slots) {
      add("Pool Slots Available",
          fmt::format("Not scheduling since there are {} open slots in pool {} and require {} pool slots",
                      pool->open_slots(), pool->name, instance->pool_slots));
    }
    if (const std::string waiting = waiting_upstream(store, *instance, *task); !waiting.empty()) {
      add("Trigger Rule", fmt::format("Task's trigger rule '{}' is not met yet: {} has not ended",
                                      name_of(task->trigger_rule), waiting));
    }
  }
  return net::Response::json({{"dependencies", std::move(waits_for)}});
}

Fields filter_fields() {
  return joined({page_fields(kOrders),
                 {text("state").list().optional(Json::array()), text("pool").list().optional(Json::array()),
                  text("operator").list().optional(Json::array()),
                  integer("try_number").list().optional(Json::array())},
                 constant_fields(kConstants),
                 range_fields("run_after"),
                 range_fields("logical_date"),
                 range_fields("start_date"),
                 range_fields("end_date"),
                 seconds_range_fields("duration"),
                 pattern_fields("dag_id"),
                 pattern_fields("run_id"),
                 pattern_fields("task_display_name"),
                 pattern_fields("pool_name"),
                 pattern_fields("operator_name")});
}

std::vector<Operation> operations_of_one() {
  const char* const tag = "Task Instance";
  return {
      {"GET",
       "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}",
       get,
       "get_task_instance",
       tag,
       "Get a task of a run",
       {},
       nullptr,
       "TaskInstanceResponse"},
      {"GET",
       "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/tries",
       tries,
       "get_task_instance_tries",
       tag,
       "List its tries",
       {only_map_index()},
       nullptr,
       "TaskInstanceHistoryCollectionResponse"},
      {"GET",
       "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/tries/{task_try_number}",
       one_try,
       "get_task_instance_try_details",
       tag,
       "Get one of its tries",
       {only_map_index()},
       nullptr,
       "TaskInstanceHistoryResponse"},
      {"GET", "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/listMapped", mapped,
       "get_mapped_task_instances", tag, "Tasks are not mapped: 404", filter_fields(), nullptr,
       "HTTPExceptionResponse", 404},
      {"GET",
       "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/links",
       links,
       "get_extra_links",
       tag,
       "Its links: none",
       {only_map_index(), integer("try_number").optional()},
       nullptr,
       "ExtraLinkCollectionResponse"},
      {"GET",
       "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/dependencies",
       dependencies,
       "get_task_instance_dependencies",
       tag,
       "What it waits for",
       {only_map_index()},
       nullptr,
       "TaskDependencyCollectionResponse"},
  };
}

}  // namespace

std::vector<Operation> task_instance_operations() {
  const char* const tag = "Task Instance";
  std::vector<Operation> all = {
      {"GET", "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances", list, "get_task_instances", tag,
       "List a run's tasks, with ~ those of all DAGs or runs",
       joined({filter_fields(), {text("task_id").optional(), cursor_field()}}), nullptr,
       "TaskInstanceCollectionResponse"},
      {"POST",
       "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/list",
       list_batch,
       "get_task_instances_batch",
       tag,
       "List tasks of runs by a body",
       {},
       "TaskInstancesBatchBody",
       "TaskInstanceCollectionResponse"},
  };
  const std::vector<Operation> of_one = operations_of_one();
  all.insert(all.end(), of_one.begin(), of_one.end());
  return all;
}

}  // namespace tidemill::server::airflow
