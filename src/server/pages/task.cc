// /dags/D/runs/R/tasks/T: a task of a run: its tries, its log, what it returned.

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "server/pages/endpoints.h"
#include "server/pages/layout.h"
#include "server/pages/parts.h"
#include "server/pages/run_forms.h"
#include "server/pages/task_log.h"
#include "workflow/dag.h"

namespace tidemill::server::pages {
namespace {

using workflow::TaskInstance;

Html tries_of(const std::vector<TaskInstance>& tries, const std::string& path, int shown) {
  if (tries.size() < 2) return {};
  std::vector<Tab> all;
  for (const TaskInstance& one : tries) {
    all.push_back({fmt::format("Try {}: {}", one.try_number, state_name(one.state)),
                   with_query(path, {{"try", std::to_string(one.try_number)}}), one.try_number == shown});
  }
  return tabs("Tries", all);
}

Html facts_of(const TaskInstance& task, const workflow::Dag& dag, int64_t now_ms) {
  const workflow::Task* defined = dag.find_task(task.task_id);
  std::vector<std::pair<std::string, Html>> all;
  if (defined && !defined->doc.empty()) all.emplace_back("What it does", defined->doc);
  all.emplace_back("Queued", instant(task.queued_at_ms));
  all.emplace_back("Started", instant(task.start_ms));
  all.emplace_back("Ended", instant(task.end_ms));
  all.emplace_back("Took", duration(task.start_ms, task.end_ms, now_ms));
  all.emplace_back("Try",
                   fmt::format("{} of {}", task.try_number, std::max(task.max_tries + 1, task.try_number)));
  if (task.next_retry_at_ms) all.emplace_back("Tried again at", instant(task.next_retry_at_ms));
  all.emplace_back("Pool", link("/pools", fmt::format("{} ({})", task.pool, task.pool_slots)));
  all.emplace_back("Operator", task.operator_name);
  if (task.hostname) {
    all.emplace_back("Where", *task.hostname + (task.pid ? fmt::format(", process {}", *task.pid) : ""));
  }
  if (task.note) all.emplace_back("Note", *task.note);
  return facts(all);
}

Html xcoms_of(Call& call, const TaskInstance& task) {
  std::vector<TableRow> rows;
  for (const workflow::XCom& one : call.operations.store().xcoms_of(task.dag_id, task.run_id)) {
    if (one.task_id != task.task_id) continue;
    rows.push_back({one.key,
                    {element("code", {{"class", "nowrap"}}, {one.key}), json_block(one.value),
                     instant(one.timestamp_ms)}});
  }
  return table({{"Key", "title"}, {"Value"}, {"When"}}, rows, "It has returned nothing.");
}

// The try that is asked for. Errors: kNotFound.
const TaskInstance& chosen(const Call& call, const std::vector<TaskInstance>& tries,
                           const std::string& task_id) {
  const std::string wanted(call.request.query_value("try").value_or(""));
  if (!wanted.empty()) {
    for (const TaskInstance& one : tries) {
      if (std::to_string(one.try_number) == wanted) return one;
    }
  } else if (!tries.empty()) {
    return tries.back();
  }
  throw Error(ErrorCode::kNotFound, tries.empty()
                                        ? fmt::format("Task {} has no instance in this run", task_id)
                                        : fmt::format("Task {} had no try {}", task_id, wanted));
}

net::Response show_task(Call& call) {
  const workflow::DagRun run = run_of(call);
  const workflow::Dag& dag = call.operations.dag(run.dag_id);
  const workflow::TaskKey key{run.dag_id, run.run_id, call.request.path_parameter("task_id")};
  const std::vector<TaskInstance> tries = call.operations.store().tries_of(key);
  const TaskInstance& task = chosen(call, tries, key.task_id);
  const int64_t now_ms = call.server.clock.now_ms();
  const std::string path = task_path(key), state = state_name(task.state);
  const Html title = live("task-state",
                          {element("span", {{"class", "row"}, {"data-announce", "The task is " + state}},
                                   {state_chip(state), duration(task.start_ms, task.end_ms, now_ms)})},
                          "row");
  const Html actions = post_form(
      call, run_path(run.dag_id, run.run_id) + "/tasks", {{"class", "actions"}},
      {hidden("task_id", key.task_id), hidden("back", path), clear_menu("This task."), mark_menu()});
  return page(
      call, {key.task_id + " · " + run.run_id, "/dags"},
      join(
          {crumbs({{"DAGs", "/dags"}, {dag.id, dag_path(dag.id)}, {run.run_id, run_path(dag.id, run.run_id)}},
                  key.task_id),
           done_notice(call), page_head(key.task_id, title, {actions}),
           live("tries", {tries_of(tries, path, task.try_number)}), log_view(call, key, task.try_number),
           element("div", {{"class", "cards pair"}},
                   {card("Task", {live("facts", {facts_of(task, dag, now_ms)})}),
                    card("What it returned (XCom)", {live("xcoms", {xcoms_of(call, task)})})})}));
}

}  // namespace

std::vector<Endpoint> task_endpoints() {
  return {{"GET", "/dags/{dag_id}/runs/{run_id}/tasks/{task_id}", show_task}};
}

}  // namespace tidemill::server::pages
