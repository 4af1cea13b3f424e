// /api/v2/dags/{dag_id}/tasks (airflow.api_fastapi.core_api.routes.public.tasks).

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "server/airflow/lookups.h"
#include "server/airflow/query.h"

namespace tidemill::server::airflow {
namespace {

constexpr const char* kSortable[] = {"task_id",
                                     "task_display_name",
                                     "owner",
                                     "start_date",
                                     "end_date",
                                     "trigger_rule",
                                     "depends_on_past",
                                     "wait_for_downstream",
                                     "retries",
                                     "queue",
                                     "pool",
                                     "pool_slots",
                                     "execution_timeout",
                                     "retry_delay",
                                     "retry_exponential_backoff",
                                     "priority_weight",
                                     "weight_rule",
                                     "ui_color",
                                     "ui_fgcolor",
                                     "operator_name"};

net::Response list(Call& call, const Input& input) {
  const workflow::Dag& dag = find_dag(call, input.text("dag_id"));
  std::string order = optional_text(input.query, "order_by").value_or("task_id");
  const bool is_descending = order.starts_with('-');
  if (is_descending) order.erase(0, 1);
  const bool is_known = std::any_of(std::begin(kSortable), std::end(kSortable),
                                    [&](const char* name) { return order == name; });
  if (!is_known) {
    throw Error(
        ErrorCode::kInvalidArgument,
        fmt::format("Ordering with '{}' is disallowed or the attribute does not exist on the model", order));
  }
  std::vector<Json> tasks;
  for (const workflow::Task& task : dag.tasks) tasks.push_back(task_document(dag, task));
  std::stable_sort(tasks.begin(), tasks.end(), [&](const Json& a, const Json& b) {
    return is_descending ? b.at(order) < a.at(order) : a.at(order) < b.at(order);
  });
  return net::Response::json(collection("tasks", tasks, static_cast<int64_t>(tasks.size())));
}

net::Response get(Call& call, const Input& input) {
  const workflow::Dag& dag = find_dag(call, input.text("dag_id"));
  if (const workflow::Task* task = dag.find_task(input.text("task_id"))) {
    return net::Response::json(task_document(dag, *task));
  }
  throw Error(ErrorCode::kNotFound, fmt::format("Task with id {} was not found", input.text("task_id")));
}

}  // namespace

std::vector<Operation> task_operations() {
  return {
      {"GET",
       "/api/v2/dags/{dag_id}/tasks",
       list,
       "get_tasks",
       "Task",
       "List a DAG's tasks",
       {text("order_by").optional("task_id")},
       nullptr,
       "TaskCollectionResponse"},
      {"GET",
       "/api/v2/dags/{dag_id}/tasks/{task_id}",
       get,
       "get_task",
       "Task",
       "Get a task",
       {},
       nullptr,
       "TaskResponse"},
  };
}

}  // namespace tidemill::server::airflow
