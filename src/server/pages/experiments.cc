// GET /experiments and /experiments/{experiment_id}: tracked runs, sorted as one likes.

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "net/http_client.h"
#include "server/pages/endpoints.h"
#include "server/pages/figures.h"
#include "server/pages/layout.h"
#include "server/pages/parts.h"
#include "server/pages/run_order.h"
#include "server/pages/versions.h"

namespace tidemill::server::pages {
namespace {

constexpr int64_t kRunsOnAPage = 50;
constexpr size_t kExperimentsShown = 200;
constexpr size_t kMetricsShown = 6;
constexpr size_t kNameBytes = 120;

std::string experiment_path(const std::string& experiment_id) {
  return "/experiments/" + net::percent_encode(experiment_id);
}

net::Response experiments(Call& call) {
  std::vector<TableRow> rows;
  for (const tracking::Experiment& one :
       call.project.tracking().search_experiments(tracking::ViewType::kActiveOnly)) {
    if (rows.size() == kExperimentsShown) break;
    rows.push_back({one.experiment_id,
                    {link(experiment_path(one.experiment_id), shortened(one.name, kNameBytes)),
                     shortened(one.experiment_id, kNameBytes), instant(one.creation_time_ms),
                     element("code", {}, {shortened(one.artifact_location, 2 * kNameBytes)})}});
  }
  return page(call, {"Experiments", "/experiments"},
              page_head("Experiments", "Tracked runs, as MLflow has them", {}) +
                  table({{"Experiment", "title"}, {"Id"}, {"Created (UTC)"}, {"Artifacts"}}, rows,
                        "Nothing has been tracked yet."));
}

// The usual metrics first, then others that these runs have.
std::vector<std::string> metrics_of(const std::vector<tracking::Run>& runs) {
  std::set<std::string> others;
  for (const tracking::Run& run : runs) {
    for (const tracking::Metric& metric : run.metrics) others.insert(metric.key);
  }
  std::vector<std::string> shown;
  for (const std::string& metric : usual_metrics()) {
    if (others.erase(metric) > 0) shown.push_back(metric);
  }
  for (const std::string& metric : others) {
    if (shown.size() < kMetricsShown) shown.push_back(metric);
  }
  return shown;
}

Html sortable_head(const Call& call, const RunOrder& order, const std::string& text, const std::string& key,
                   bool is_number) {
  const bool is_here = order.key == key;
  // First the end that is looked for: the newest, the smallest error.
  const bool ascending = is_here ? !order.ascending : key != "start_time";
  const char* sort = !is_here ? nullptr : order.ascending ? "ascending" : "descending";
  std::vector<std::pair<std::string, std::string>> query = {{"order", key},
                                                            {"direction", ascending ? "asc" : "desc"}};
  const std::string arrow = !is_here ? "" : order.ascending ? " ↑" : " ↓";
  return element("th",
                 {{"scope", "col"},
                  {"class", is_number ? std::optional<std::string>("num") : std::nullopt},
                  {"aria-sort", sort == nullptr ? std::nullopt : std::optional<std::string>(sort)}},
                 {link(with_query(call.request.raw_path, query), text + arrow)});
}

Html run_row(const tracking::Run& run, const std::vector<std::string>& metrics, int64_t now_ms) {
  std::vector<Html> cells = {
      element("th", {{"scope", "row"}},
              {unbroken(link(tracked_run_path(run.info.run_id), shortened(run.info.run_name, kNameBytes)))}),
      element("td", {}, {run_status_chip(run.info.status)}),
      element("td", {}, {unbroken(shortened(run.tag("tidemill.data_date").value_or(""), kNameBytes))}),
      element("td", {}, {instant(run.info.start_time_ms)}),
      element("td", {{"class", "num"}}, {duration(run.info.start_time_ms, run.info.end_time_ms, now_ms)})};
  for (const std::string& metric : metrics)
    cells.push_back(element("td", {{"class", "num"}}, {metric_text(run.metric(metric))}));
  return element("tr", {}, cells);
}

Html runs_table(const Call& call, const RunOrder& order, const std::vector<tracking::Run>& runs) {
  if (runs.empty())
    return element("div", {{"class", "table-wrap"}},
                   {element("p", {{"class", "empty"}}, {"There are no runs."})});
  const std::vector<std::string> metrics = metrics_of(runs);
  std::vector<Html> heads = {sortable_head(call, order, "Run", "run_name", false),
                             sortable_head(call, order, "Status", "status", false),
                             element("th", {{"scope", "col"}}, {"Data to"}),
                             sortable_head(call, order, "Started (UTC)", "start_time", false),
                             element("th", {{"scope", "col"}, {"class", "num"}}, {"Duration"})};
  for (const std::string& metric : metrics)
    heads.push_back(sortable_head(call, order, shortened(metric, kNameBytes), "metrics." + metric, true));
  std::vector<Html> rows;
  for (const tracking::Run& run : runs) rows.push_back(run_row(run, metrics, call.server.clock.now_ms()));
  return element(
      "div", {{"class", "table-wrap"}},
      {element("table", {}, {element("thead", {}, {element("tr", {}, heads)}), element("tbody", {}, rows)})});
}

net::Response experiment(Call& call) {
  const tracking::Experiment found =
      call.project.tracking().get_experiment(call.request.path_parameter("experiment_id"));
  const RunOrder order = run_order(call.request);
  tracking::RunQuery query;
  query.experiment_ids = {found.experiment_id};
  query.order_by = {order.order_by()};
  query.page = {kRunsOnAPage, std::string(call.request.query_value("page_token").value_or(""))};
  const auto runs = call.project.tracking().search_runs(query);
  const std::string title = shortened(found.name, kNameBytes);
  return page(call, {title, "/experiments"},
              crumbs({{"Experiments", "/experiments"}}, title) +
                  page_head(title, "Experiment " + shortened(found.experiment_id, kNameBytes), {}) +
                  runs_table(call, order, runs.items) + token_pager(call, runs.next_page_token));
}

}  // namespace

std::vector<Endpoint> experiment_endpoints() {
  return {{"GET", "/experiments", experiments}, {"GET", "/experiments/{experiment_id}", experiment}};
}

}  // namespace tidemill::server::pages
