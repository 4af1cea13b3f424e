// /dags/D/runs/R: a run's tasks beside each other in time, and all that is known of the run.

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "server/pages/endpoints.h"
#include "server/pages/layout.h"
#include "server/pages/parts.h"
#include "server/pages/run_forms.h"
#include "workflow/dag.h"

namespace tidemill::server::pages {
namespace {

using workflow::DagRun;
using workflow::TaskInstance;

// From when to when the bars reach.
struct Span {
  int64_t start_ms = 0, end_ms = 0;
};

Span span_of(const DagRun& run, const std::vector<TaskInstance>& tasks, int64_t now_ms) {
  Span span{run.start_ms.value_or(run.queued_at_ms), run.end_ms.value_or(now_ms)};
  for (const TaskInstance& one : tasks) {
    if (one.start_ms) span.start_ms = std::min(span.start_ms, *one.start_ms);
    if (one.start_ms) span.end_ms = std::max(span.end_ms, one.end_ms.value_or(now_ms));
  }
  return span;
}

// Where a task stands in its run: waiting, then working. In thousandths of the span.
Html bar_of(const TaskInstance& task, const Span& span, int64_t now_ms) {
  if (!task.start_ms || span.end_ms <= span.start_ms)
    return element("svg", {{"class", "gantt"}, {"aria-hidden", "true"}});
  const auto place = [&](int64_t ms) {
    return std::clamp<int64_t>(1000 * (ms - span.start_ms) / (span.end_ms - span.start_ms), 0, 1000);
  };
  const auto rect = [](const std::string& css_class, int64_t from, int64_t to, int64_t height) {
    const int64_t width = std::max<int64_t>(to - from, 4);
    return element("rect", {{"class", css_class},
                            {"x", std::to_string(std::min<int64_t>(from, 1000 - width))},
                            {"y", std::to_string((20 - height) / 2)},
                            {"width", std::to_string(width)},
                            {"height", std::to_string(height)}});
  };
  const int64_t start = place(*task.start_ms), end = place(task.end_ms.value_or(now_ms));
  Html rects;
  if (task.queued_at_ms && *task.queued_at_ms < *task.start_ms) {
    const int64_t queued = place(*task.queued_at_ms);
    if (start > queued) rects += rect("wait", queued, start, 4);
  }
  rects += rect("task " + state_name(task.state), start, end, 20);
  return element(
      "svg",
      {{"class", "gantt"},
       {"viewBox", "0 0 1000 20"},
       {"preserveAspectRatio", "none"},
       {"role", "img"},
       {"aria-label", fmt::format("{} after {}", duration_text(task.end_ms.value_or(now_ms) - *task.start_ms),
                                  duration_text(*task.start_ms - span.start_ms))}},
      {rects});
}

// In the order of the DAG; what it does not have any more comes last.
std::vector<TaskInstance> in_order(const workflow::Dag& dag, std::vector<TaskInstance> tasks) {
  std::map<std::string, size_t> place;
  for (const workflow::Task* task : workflow::topological_order(dag)) place.emplace(task->id, place.size());
  const auto place_of = [&](const TaskInstance& one) {
    const auto found = place.find(one.task_id);
    return found == place.end() ? place.size() : found->second;
  };
  std::stable_sort(tasks.begin(), tasks.end(),
                   [&](const TaskInstance& a, const TaskInstance& b) { return place_of(a) < place_of(b); });
  return tasks;
}

Html tasks_of(const DagRun& run, const std::vector<TaskInstance>& tasks, int64_t now_ms) {
  const Span span = span_of(run, tasks, now_ms);
  std::vector<TableRow> rows;
  for (const TaskInstance& one : tasks) {
    const workflow::TaskKey key{one.dag_id, one.run_id, one.task_id};
    rows.push_back({one.task_id,
                    {element("input", {{"type", "checkbox"},
                                       {"name", "task_id"},
                                       {"value", one.task_id},
                                       {"aria-label", "Choose " + one.task_id}}),
                     link(task_path(key), one.task_id), state_chip(state_name(one.state)),
                     bar_of(one, span, now_ms), duration(one.start_ms, one.end_ms, now_ms),
                     fmt::format("{} of {}", one.try_number, std::max(one.max_tries + 1, one.try_number)),
                     instant(one.start_ms)}});
  }
  return table({{"Choose", "pick"},
                {"Task", "title"},
                {"State"},
                {"When"},
                {"Took", "num"},
                {"Try", "num"},
                {"Started"}},
               rows, "It has no tasks yet.");
}

Html facts_of(Call& call, const DagRun& run) {
  std::vector<Html> sources;
  for (const workflow::AssetEvent& event : call.operations.store().asset_events_of(run.id)) {
    const std::string source = event.source_dag_id.value_or("");
    const bool is_from_run = event.source_run_id && !source.empty();
    sources.push_back(Html(event.asset + " of ") +
                      (is_from_run ? link(run_path(source, *event.source_run_id), *event.source_run_id)
                                   : Html("somebody outside")));
  }
  std::vector<std::pair<std::string, Html>> all = {
      {"Type", std::string(name_of(run.run_type))},
      {"Logical date", instant(run.logical_date_ms)},
      {"Queued", instant(run.queued_at_ms)},
      {"Started", instant(run.start_ms)},
      {"Ended", instant(run.end_ms)},
      {"Triggered by",
       std::string(name_of(run.triggered_by)) +
           (run.triggering_user_name.value_or("cli") == "cli" ? "" : ", " + *run.triggering_user_name)},
  };
  if (run.data_interval_start_ms && run.data_interval_start_ms != run.data_interval_end_ms) {
    all.emplace_back("Data of",
                     instant(run.data_interval_start_ms) + " to " + instant(run.data_interval_end_ms));
  }
  if (!sources.empty()) all.emplace_back("Started by", join(sources, ", "));
  if (run.backfill_id)
    all.emplace_back("Backfill", link(dag_path(run.dag_id) + "/backfills", std::to_string(*run.backfill_id)));
  if (run.clear_number > 0) all.emplace_back("Cleared", fmt::format("{} times", run.clear_number));
  all.emplace_back("Configuration", json_block(run.conf));
  return facts(all);
}

Html run_menu(const Call& call, const std::string& path) {
  const auto button = [](const char* state, const char* text) {
    return element("button", {{"name", "state"}, {"value", state}, {"class", "small"}}, {text});
  };
  return element("details", {{"class", "menu"}},
                 {element("summary", {{"class", "button"}}, {"Whole run…"}),
                  post_form(call, path + "/state", {},
                            {element("p", {}, {"Clear all its tasks, or end it as one or the other."}),
                             element("div", {{"class", "row"}},
                                     {button("queued", "Clear all"), button("success", "Mark success"),
                                      button("failed", "Mark failed")})})});
}

net::Response show_run(Call& call) {
  const DagRun run = run_of(call);
  const workflow::Dag& dag = call.operations.dag(run.dag_id);
  const int64_t now_ms = call.server.clock.now_ms();
  const std::vector<TaskInstance> tasks =
      in_order(dag, call.operations.store().task_instances_of(run.dag_id, run.run_id));
  const std::string path = run_path(run.dag_id, run.run_id), state(name_of(run.state));
  const Html title = live("run-state",
                          {element("span", {{"class", "row"}, {"data-announce", "The run is " + state}},
                                   {state_chip(state), duration(run.start_ms, run.end_ms, now_ms)})},
                          "row");
  const Html task_form = post_form(
      call, path + "/tasks", {{"class", "stack"}},
      {element("div", {{"class", "row spread"}},
               {element("h2", {}, {"Tasks"}),
                element("div", {{"class", "actions"}},
                        {clear_menu("The tasks that are ticked; all where none is."), mark_menu()})}),
       live("tasks", {tasks_of(run, tasks, now_ms)})});
  const Html note = post_form(
      call, path + "/note", {{"class", "stack"}},
      {text_area("Note", "note", run.note.value_or(""), {{"rows", "2"}, {"maxlength", "1000"}}),
       element("div", {{"class", "actions"}}, {element("button", {{"class", "small"}}, {"Save the note"})})});
  const Html remove =
      confirm(call, "Delete the run…", "The run, its tasks and what they returned go away for good.",
              path + "/delete", "Delete it");
  return page(
      call, {run.run_id, "/dags"},
      join({crumbs({{"DAGs", "/dags"}, {dag.id, dag_path(dag.id)}, {"Runs", dag_path(dag.id) + "/runs"}},
                   run.run_id),
            done_notice(call), page_head(run.run_id, title, {run_menu(call, path), remove}), task_form,
            element("div", {{"class", "cards pair"}},
                    {card("Run", {live("facts", {facts_of(call, run)})}), card("Note", {note})})}));
}

}  // namespace

std::vector<Endpoint> run_endpoints() {
  return {{"GET", "/dags/{dag_id}/runs/{run_id}", show_run}};
}

}  // namespace tidemill::server::pages
