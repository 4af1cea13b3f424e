// /dags/D: the last runs as a grid of tasks and runs, and the tasks of the newest as a graph.

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "base/date.h"
#include "server/pages/dag_frame.h"
#include "server/pages/endpoints.h"
#include "server/pages/parts.h"
#include "workflow/drawing.h"

namespace tidemill::server::pages {
namespace {

using workflow::Dag;
using GridRun = workflow::Store::GridRun;

constexpr int64_t kShownRuns = 25;
constexpr int64_t kShownCells = 500;  // a page stays under 150 kB however many tasks a DAG has
constexpr int kBarHeight = 56;

int64_t run_length_ms(const workflow::DagRun& run, int64_t now_ms) {
  return run.start_ms ? run.end_ms.value_or(now_ms) - *run.start_ms : 0;
}

// As high as the run was long, beside the longest of those that are shown.
Html run_bar(const workflow::DagRun& run, int64_t longest_ms, int64_t now_ms) {
  const int64_t length_ms = run_length_ms(run, now_ms);
  const int height =
      longest_ms > 0 ? std::max<int>(4, static_cast<int>(kBarHeight * length_ms / longest_ms)) : 4;
  const std::string label =
      fmt::format("{}: {}, {}", run.run_id, name_of(run.state), duration_text(length_ms));
  const Html bar =
      element("svg", {{"viewBox", fmt::format("0 0 18 {}", kBarHeight)}, {"aria-hidden", "true"}},
              {element("rect", {{"x", "0"},
                                {"y", std::to_string(kBarHeight - height)},
                                {"width", "18"},
                                {"height", std::to_string(height)},
                                {"rx", "3"}})});
  return link(
      run_path(run.dag_id, run.run_id), bar,
      {{"class", fmt::format("run-bar {}", name_of(run.state))}, {"aria-label", label}, {"title", label}});
}

std::string day_of(const workflow::DagRun& run) {
  return format_utc_ms(run.logical_date_ms.value_or(run.run_after_ms)).substr(5, 5);
}

Html head_of(const std::vector<GridRun>& runs, int64_t now_ms) {
  int64_t longest_ms = 0;
  for (const GridRun& one : runs) longest_ms = std::max(longest_ms, run_length_ms(one.run, now_ms));
  std::vector<Html> cells = {element("td", {}, {fmt::format("longest {}", duration_text(longest_ms))})};
  for (const GridRun& one : runs) {
    cells.push_back(element(
        "th", {{"scope", "col"}},
        {element("span", {{"class", "day"}}, {day_of(one.run)}), run_bar(one.run, longest_ms, now_ms)}));
  }
  return element("thead", {}, {element("tr", {}, cells)});
}

Html row_of(const workflow::Task& task, const std::vector<GridRun>& runs) {
  std::vector<Html> cells = {element("th", {{"scope", "row"}, {"title", task.doc}}, {task.id})};
  for (const GridRun& one : runs) {
    const auto found = std::find_if(one.tasks.begin(), one.tasks.end(),
                                    [&](const workflow::TaskInstance& ti) { return ti.task_id == task.id; });
    if (found == one.tasks.end()) {
      cells.push_back(element("td"));
      continue;
    }
    const std::string state = state_name(found->state);
    cells.push_back(element("td", {},
                            {state_square(state, fmt::format("{}: {}", task.id, state),
                                          task_path({one.run.dag_id, one.run.run_id, task.id}))}));
  }
  return element("tr", {}, cells);
}

Html grid_of(const Dag& dag, const std::vector<GridRun>& runs, int64_t now_ms) {
  if (runs.empty()) return element("p", {{"class", "empty"}}, {"It has not run yet."});
  std::vector<Html> rows;
  for (const workflow::Task* task : workflow::topological_order(dag)) rows.push_back(row_of(*task, runs));
  return element(
      "div", {{"class", "run-grid"}, {"tabindex", "0"}, {"role", "group"}, {"aria-label", "Grid of runs"}},
      {element("table", {}, {head_of(runs, now_ms), element("tbody", {}, rows)})});
}

Html legend() {
  std::vector<Html> items;
  for (const char* state : {"success", "running", "queued", "scheduled", "failed", "upstream_failed",
                            "up_for_retry", "skipped", "none"}) {
    std::string words(state);
    std::replace(words.begin(), words.end(), '_', ' ');
    items.push_back(
        element("li", {},
                {element("span", {{"class", fmt::format("square {}", state)}, {"aria-hidden", "true"}}),
                 words == "none" ? "no status" : words}));
  }
  return element("ul", {{"class", "legend"}, {"aria-label", "Colours"}}, items);
}

Html graph_of(const Dag& dag, const GridRun* newest) {
  workflow::TaskStates states;
  if (newest) {
    for (const workflow::TaskInstance& one : newest->tasks) states[one.task_id] = state_name(one.state);
  }
  const auto path_of = [&](const workflow::Task& task) {
    return newest ? task_path({dag.id, newest->run.run_id, task.id}) : std::string();
  };
  return element("div",
                 {{"class", "graph"}, {"tabindex", "0"}, {"role", "group"}, {"aria-label", "Graph of tasks"}},
                 {Html::trusted(workflow::draw_svg_for_page(dag, states, path_of))});
}

Html graph_card(const Dag& dag, const GridRun& newest) {
  const std::string& run_id = newest.run.run_id;
  if (run_id.empty()) return card("Tasks", {graph_of(dag, nullptr)});
  const std::string state(name_of(newest.run.state));
  const Html which = element("span", {{"class", "row"}, {"data-announce", run_id + " " + state}},
                             {link(run_path(dag.id, run_id), run_id), state_chip(state)});
  return element("section", {{"class", "card"}},
                 {element("header", {}, {element("h2", {}, {"Tasks of the newest run"}), which}),
                  graph_of(dag, &newest)});
}

net::Response show_dag(Call& call) {
  const Dag& dag = call.operations.dag(call.request.path_parameter("dag_id"));
  const auto task_count = std::max<int64_t>(1, static_cast<int64_t>(dag.tasks.size()));
  std::vector<GridRun> runs =
      call.operations.store().grid(dag.id, std::clamp<int64_t>(kShownCells / task_count, 3, kShownRuns));
  const GridRun newest = runs.empty() ? GridRun{} : runs.front();
  std::reverse(runs.begin(), runs.end());
  return dag_page(call, dag, "",
                  live("overview", {graph_card(dag, newest),
                                    card(fmt::format("Last {} runs", std::max<size_t>(runs.size(), 1)),
                                         {grid_of(dag, runs, call.server.clock.now_ms()), legend()})}));
}

}  // namespace

std::vector<Endpoint> dag_endpoints() {
  return {{"GET", "/dags/{dag_id}", show_dag}};
}

}  // namespace tidemill::server::pages
