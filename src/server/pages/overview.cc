// GET /: how the guide's checklists stand, what runs and what is in Production.

#include <fmt/format.h>

#include "server/pages/endpoints.h"
#include "server/pages/figures.h"
#include "server/pages/layout.h"
#include "server/pages/overview_facts.h"
#include "server/pages/parts.h"
#include "server/pages/versions.h"

namespace tidemill::server::pages {
namespace {

constexpr size_t kNameBytes = 80;

// Of the project's model; of all of them while it has no version.
std::string model_link(const Call& call, const Overview& overview) {
  return overview.versions.empty() ? "/models" : model_path(call.project.options().registered_model);
}

// Of ui/app.css.
const char* class_of(LightState state) {
  switch (state) {
    case LightState::kGood:
      return "light good";
    case LightState::kUnderWay:
      return "light running";
    case LightState::kAttention:
      return "light warn";
    case LightState::kBad:
      return "light bad";
    case LightState::kNeutral:
      break;
  }
  return "light idle";
}

Html light_item(const Light& light) {
  // The word is for those who hear the page or do not tell its colours apart.
  const Html word =
      element("span", {{"class", "visually-hidden"}}, {fmt::format(": {}", word_of(light.state))});
  return element("li", {},
                 {element("span", {{"class", class_of(light.state)}}, {link(light.link, light.name) + word}),
                  element("p", {{"class", "muted"}}, {light.reason})});
}

Html checklist(const std::string& title, const std::vector<Light>& lights) {
  std::vector<Html> items;
  for (const Light& light : lights) items.push_back(light_item(light));
  return card(title, {element("ul", {{"class", "lights"}}, items)});
}

Html figure_card(const std::string& title, const Html& figure, const Html& detail) {
  return card(title,
              {element("p", {{"class", "count"}}, {figure}), element("p", {{"class", "muted"}}, {detail})});
}

Html version_card(const Call& call, const std::string& title, const std::optional<VersionFacts>& version,
                  const std::string& without) {
  if (!version) return figure_card(title, "–", without);
  const std::string path = version_path(call.project.options().registered_model, version->version);
  std::string detail =
      fmt::format("{}, test_rmse {}", shortened(version->model, kNameBytes), metric_text(version->test_rmse));
  if (!version->data_date.empty()) detail += ", data to " + shortened(version->data_date, kNameBytes);
  return figure_card(title, link(path, fmt::format("Version {}", version->version)), detail);
}

Html scheduler_card(const Overview& overview) {
  const bool is_alive = overview.facts.scheduler_is_alive;
  Html detail = "Last sign of life: ";
  detail += overview.heartbeat_ms ? instant(overview.heartbeat_ms) : Html("never");
  if (!is_alive) detail += "; it runs in 'tidemill up'";
  return card("Scheduler", {element("p", {},
                                    {element("span", {{"class", is_alive ? "light good" : "light bad"}},
                                             {is_alive ? "Alive" : "Not running"})}),
                            element("p", {{"class", "muted"}}, {detail})});
}

Html next_run_card(const Overview& overview) {
  const DagFacts* next = nullptr;
  for (const DagFacts& dag : overview.dags) {
    if (dag.next_run_ms && (next == nullptr || *dag.next_run_ms < *next->next_run_ms)) next = &dag;
  }
  if (next == nullptr) return figure_card("Next run", "–", "No DAG runs by the clock.");
  return figure_card("Next run", instant(next->next_run_ms), link(dag_path(next->dag_id), next->dag_id));
}

Html failures(const DagFacts& dag) {
  if (dag.failed_run_count == 0) return "0";
  return link(with_query(dag_path(dag.dag_id) + "/runs", {{"state", "failed"}}),
              count_text(static_cast<uint64_t>(dag.failed_run_count)), {{"class", "bad"}});
}

Html dags_table(const std::vector<DagFacts>& dags) {
  std::vector<TableRow> rows;
  for (const DagFacts& dag : dags) {
    Html last = element("span", {{"class", "muted"}}, {"never run"});
    if (dag.newest_run) {
      last = link(run_path(dag.dag_id, dag.newest_run->run_id),
                  state_chip(workflow::name_of(dag.newest_run->state)));
    }
    const Html paused = dag.is_paused ? " " + state_chip("paused") : Html();
    rows.push_back({dag.dag_id,
                    {link(dag_path(dag.dag_id), dag.dag_id) + paused, last, failures(dag), dag.schedule,
                     instant(dag.next_run_ms)}});
  }
  return table({{"DAG", "title"}, {"Last run"}, {"Failed runs", "num"}, {"Schedule"}, {"Next run"}}, rows,
               "There are no DAGs.");
}

net::Response overview(Call& call) {
  const Overview overview = read_overview(call);
  const std::string model = model_link(call, overview);
  std::optional<VersionFacts> newest;
  if (!overview.versions.empty()) newest = overview.versions.front();
  const Html figures =
      element("div", {{"class", "cards figures"}},
              {version_card(call, "Newest version", newest, "No version has been registered yet."),
               version_card(call, "In Production", overview.production, "No version is in Production."),
               scheduler_card(overview), next_run_card(overview)});
  const Html lists = element("div", {{"class", "cards checklists"}},
                             {checklist("Daily", daily_lights(overview.facts)),
                              checklist("Weekly", weekly_lights(overview.facts, model)),
                              checklist("Monthly", monthly_lights(overview.facts, model))});
  Html problems;
  for (const std::string& problem : overview.problems) problems += notice("bad", problem);
  return page(call, {"Overview", "/"},
              page_head("Overview", "How " + call.server.project_name + " stands", {}) +
                  live("overview", {problems, figures, lists, dags_table(overview.dags)}));
}

}  // namespace

std::vector<Endpoint> overview_endpoints() {
  return {{"GET", "/", overview}};
}

}  // namespace tidemill::server::pages
