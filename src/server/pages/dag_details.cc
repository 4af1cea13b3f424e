// /dags/D/details: what a DAG is: its schedule, limits and tasks.

#include <fmt/format.h>

#include "base/text.h"
#include "server/pages/dag_frame.h"
#include "server/pages/endpoints.h"
#include "server/pages/parts.h"

namespace tidemill::server::pages {
namespace {

using workflow::Dag;
using workflow::Task;

Html yes_or_no(bool value) {
  return value ? "yes" : "no";
}

Html retries_of(const Task& task) {
  if (task.retries == 0) return "none";
  return fmt::format("{}, {} apart", task.retries,
                     duration_text(static_cast<int64_t>(task.retry_delay_s * 1000)));
}

Html settings_of(Call& call, const Dag& dag) {
  std::vector<Html> tags;
  for (const std::string& tag : dag.tags) tags.push_back(element("span", {{"class", "chip plain"}}, {tag}));
  const auto state = call.operations.store().find_dag(dag.id);
  std::vector<std::pair<std::string, Html>> all = {
      {"Description", dag.description},
      {"Schedule", schedule_words(dag)},
      {"Time zone", dag.time_zone},
      {"Owner", dag.owner},
      {"Tags", join(tags, " ")},
      {"Start date", instant(dag.start_date_ms == 0 ? std::nullopt : dag.start_date_ms)},
      {"End date", instant(dag.end_date_ms)},
      {"Catch up missed runs", yes_or_no(dag.catchup)},
      {"Runs at once", std::to_string(dag.max_active_runs)},
      {"Tasks at once", std::to_string(dag.max_active_tasks)},
      {"Time limit of a run",
       dag.dagrun_timeout_ms ? Html(duration_text(*dag.dagrun_timeout_ms)) : Html("none")},
      {"Default configuration", element("code", {}, {dag.default_conf})},
  };
  if (state) all.emplace_back("Known since", instant(state->first_seen_at_ms));
  return facts(all);
}

TableRow row_of(const Task& task) {
  const std::string limit = task.execution_timeout_ms ? duration_text(*task.execution_timeout_ms) : "none";
  const std::string pool =
      task.pool_slots == 1 ? task.pool : fmt::format("{} ({} slots)", task.pool, task.pool_slots);
  return {
      task.id,
      {element("div", {{"class", "stack tight"}},
               {element("strong", {}, {task.id}), element("span", {{"class", "muted small"}}, {task.doc})}),
       task.upstream.empty() ? Html("–") : Html(tidemill::join(task.upstream)),
       std::string(name_of(task.trigger_rule)), retries_of(task), limit, link("/pools", pool),
       task.operator_name, task.outlets.empty() ? Html("–") : Html(tidemill::join(task.outlets))}};
}

net::Response show_details(Call& call) {
  const Dag& dag = call.operations.dag(call.request.path_parameter("dag_id"));
  std::vector<TableRow> rows;
  for (const Task* task : workflow::topological_order(dag)) rows.push_back(row_of(*task));
  const Html tasks = table({{"Task", "title"},
                            {"After"},
                            {"Trigger rule"},
                            {"Retries", "nowrap"},
                            {"Time limit"},
                            {"Pool"},
                            {"Operator"},
                            {"Changes asset"}},
                           rows, "It has no tasks.");
  return dag_page(call, dag, "details",
                  card("Settings", {settings_of(call, dag),
                                    dag.doc.empty() ? Html() : element("pre", {}, {cut(dag.doc, 8 << 10)})}) +
                      element("h2", {}, {"Tasks"}) + tasks);
}

}  // namespace

std::vector<Endpoint> dag_details_endpoints() {
  return {{"GET", "/dags/{dag_id}/details", show_details}};
}

}  // namespace tidemill::server::pages
