// /dags: all DAGs, whether they run, how the last runs went, when the next one comes.

#include <map>

#include <fmt/format.h>

#include "server/pages/dag_frame.h"
#include "server/pages/endpoints.h"
#include "server/pages/form_values.h"
#include "server/pages/layout.h"
#include "server/pages/parts.h"

namespace tidemill::server::pages {
namespace {

using workflow::Dag;
using workflow::DagRun;

constexpr int64_t kShownRuns = 14;

Html squares_of(const std::vector<DagRun>& newest_first, int64_t now_ms) {
  std::vector<Html> squares;
  for (auto run = newest_first.rbegin(); run != newest_first.rend(); ++run) {
    std::string label = fmt::format("{}: {}", run->run_id, name_of(run->state));
    if (run->start_ms) label += ", " + duration_text(run->end_ms.value_or(now_ms) - *run->start_ms);
    squares.push_back(state_square(name_of(run->state), label, run_path(run->dag_id, run->run_id)));
  }
  return squares.empty() ? element("span", {{"class", "muted"}}, {"No runs yet"})
                         : element("span", {{"class", "squares"}}, squares);
}

Html counts_of(const std::map<workflow::RunState, int64_t>& counts, const std::string& dag_id) {
  std::vector<Html> parts;
  for (const auto& [state, count] : counts) {
    if (count == 0) continue;
    const std::string name(name_of(state));
    parts.push_back(link(with_query(dag_path(dag_id) + "/runs", {{"state", name}}),
                         fmt::format("{} {}", count, name), {{"class", "chip " + name}}));
  }
  return element("span", {{"class", "row"}}, parts);
}

Html name_of_dag(const Dag& dag) {
  std::vector<Html> tags;
  for (const std::string& tag : dag.tags) tags.push_back(element("span", {{"class", "chip plain"}}, {tag}));
  return element("div", {{"class", "stack tight"}},
                 {element("strong", {}, {link(dag_path(dag.id), dag.id)}),
                  element("span", {{"class", "muted small"}}, {dag.description}),
                  tags.empty() ? Html() : element("span", {{"class", "row"}}, tags)});
}

net::Response show_dags(Call& call) {
  workflow::Store& store = call.operations.store();
  const int64_t now_ms = call.server.clock.now_ms();
  auto counts = store.run_counts();
  std::vector<TableRow> rows;
  for (const Dag& dag : call.operations.dags()) {
    workflow::RunFilter filter;
    filter.dag_id = dag.id;
    filter.order_by = "-run_after";
    const Html next = next_run(call, dag);
    rows.push_back(
        {dag.id,
         {pause_switch(call, dag.id, is_paused(call, dag), "/dags"), name_of_dag(dag), schedule_words(dag),
          squares_of(store.list_runs(filter, {kShownRuns}), now_ms), counts_of(counts[dag.id], dag.id),
          next.empty() ? element("span", {{"class", "muted"}}, {"–"}) : next,
          link(dag_path(dag.id) + "/trigger", "Trigger…",
               {{"class", "button small"}, {"aria-label", "Trigger " + dag.id}})}});
  }
  const Html list = table({{"On", "pick"},
                           {"DAG", "title"},
                           {"Schedule"},
                           {"Last runs"},
                           {"All runs"},
                           {"Next run (UTC)"},
                           {"Trigger", "actions"}},
                          rows, "This project has no DAGs.");
  return page(call, {"DAGs", "/dags"},
              join({done_notice(call), page_head("DAGs", "What runs, when, and how it went", {}),
                    live("dags", {list})}));
}

net::Response set_paused(Call& call) {
  const Form form(call.request);
  const std::string& dag_id = call.operations.dag(call.request.path_parameter("dag_id")).id;
  const bool is_paused = is_ticked(form, "is_paused");
  call.operations.set_paused(dag_id, is_paused);
  return done(back_path(form, dag_path(dag_id)), is_paused ? "paused" : "unpaused");
}

}  // namespace

std::vector<Endpoint> dags_endpoints() {
  return {{"GET", "/dags", show_dags}, {"POST", "/dags/{dag_id}/pause", set_paused}};
}

}  // namespace tidemill::server::pages
