// GET /models/{name}/compare?left=1&right=2: two versions beside each other.

#include <set>

#include <fmt/format.h>

#include "server/pages/artifacts.h"
#include "server/pages/endpoints.h"
#include "server/pages/figures.h"
#include "server/pages/layout.h"
#include "server/pages/parts.h"
#include "server/pages/value_comparison.h"
#include "server/pages/versions.h"

namespace tidemill::server::pages {
namespace {

constexpr size_t kNameBytes = 120, kValueBytes = 160;
constexpr size_t kShown = 120;

std::string title_of(const TrackedVersion& version) {
  return fmt::format("Version {}", version.version.version);
}

Html verdict(const MetricPair& pair) {
  const auto better = pair.right_is_better();
  if (!better) return {};
  return element("span", {{"class", *better ? "chip good" : "chip warn"}}, {*better ? "better" : "worse"});
}

Html metrics(const TrackedVersion& left, const TrackedVersion& right) {
  std::vector<TableRow> rows;
  for (const MetricPair& pair : pair_metrics(*left.run, *right.run)) {
    if (rows.size() == kShown) break;
    const auto by = pair.difference(), share = pair.relative_difference();
    rows.push_back({"",
                    {element("code", {}, {shortened(pair.key, kNameBytes)}), metric_text(pair.left),
                     metric_text(pair.right), by ? fmt::format("{:+.4f}", *by) : "–",
                     share ? fmt::format("{:+.1f} %", 100 * *share) : "–", verdict(pair)}});
  }
  return card("Metrics", {table({{"Metric", "title"},
                                 {title_of(left), "num"},
                                 {title_of(right), "num"},
                                 {"Difference", "num"},
                                 {"of the first", "num"},
                                 {title_of(right) + " is"}},
                                rows, "Neither has logged a metric.")});
}

Html param_value(const std::optional<std::string>& value) {
  return value ? Html(shortened(*value, kValueBytes)) : element("span", {{"class", "muted"}}, {"–"});
}

// Those that differ; the others folded away.
Html params(const TrackedVersion& left, const TrackedVersion& right) {
  std::vector<TableRow> differing, equal;
  for (const ParamPair& pair : pair_params(*left.run, *right.run)) {
    std::vector<TableRow>& rows = pair.differs() ? differing : equal;
    if (rows.size() == kShown) continue;
    rows.push_back({"",
                    {element("code", {}, {shortened(pair.key, kNameBytes)}), param_value(pair.left),
                     param_value(pair.right)}});
  }
  const std::vector<Column> columns = {{"Parameter", "title"}, {title_of(left)}, {title_of(right)}};
  Html same;
  if (!equal.empty()) {
    same = element("details", {{"class", "block"}},
                   {element("summary", {}, {fmt::format("{} that are equal", equal.size())}),
                    table(columns, equal, "")});
  }
  return card("Parameters", {table(columns, differing, "All parameters are equal."), same});
}

Html plot_or_dash(const std::vector<Plot>& plots, const std::string& name, const std::string& of_what) {
  for (const Plot& plot : plots) {
    if (plot.name == name) return plot_figure(plot, of_what);
  }
  return element("p", {{"class", "empty"}}, {of_what + " has no " + shortened(name, kNameBytes)});
}

Html plots(Call& call, const TrackedVersion& left, const TrackedVersion& right) {
  const auto plots_of_run = [&](const TrackedVersion& version) {
    const tracking::RunInfo& info = version.run->info;
    return plots_of(artifact_folder(call, info.artifact_uri, tracked_run_path(info.run_id) + "/artifacts"));
  };
  const std::vector<Plot> of_left = plots_of_run(left), of_right = plots_of_run(right);
  std::set<std::string> names;
  for (const auto& some : {of_left, of_right}) {
    for (const Plot& plot : some) names.insert(plot.name);
  }
  std::vector<Html> pairs;
  for (const std::string& name : names) {
    pairs.push_back(plot_or_dash(of_left, name, title_of(left)));
    pairs.push_back(plot_or_dash(of_right, name, title_of(right)));
  }
  if (pairs.empty()) return {};
  return card(
      "Plots",
      {element("div", {{"class", "plots side-by-side"}},
               {element("h3", {}, {title_of(left)}), element("h3", {}, {title_of(right)}), join(pairs)})});
}

Html about(const TrackedVersion& version) {
  return card(
      link(version_path(version.version.name, version.version.version), title_of(version)),
      {facts({{"Stage", stage_chip(version.version.current_stage) + " " + aliases_text(version.version)},
              {"Model", version.model()},
              {"Data to", version.data_date()},
              {"Created (UTC)", instant(version.version.creation_time_ms)}})});
}

net::Response compare(Call& call) {
  const std::string& name = call.request.path_parameter("name");
  const auto number = [&](std::string_view side) { return call.request.query_value(side).value_or(""); };
  const TrackedVersion left = find_tracked_version(call, name, number("left"));
  const TrackedVersion right = find_tracked_version(call, name, number("right"));
  Html body = element("div", {{"class", "cards pair"}}, {about(left), about(right)});
  if (left.data_date() != right.data_date()) {
    body += notice("info", fmt::format("Each was measured on the test rows of its own day. On one test set: "
                                       "tidemill models compare {} {}",
                                       left.version.version, right.version.version));
  }
  if (left.run && right.run) {
    body += metrics(left, right) + params(left, right) + plots(call, left, right);
  } else {
    body += notice("warn", "The run of one of them is not kept, so there is nothing to compare.");
  }
  const std::string title = fmt::format("Versions {} and {}", left.version.version, right.version.version);
  const Html swap =
      link(with_query(model_path(name) + "/compare", {{"left", std::to_string(right.version.version)},
                                                      {"right", std::to_string(left.version.version)}}),
           "Swap sides", {{"class", "button small"}});
  return page(call, {title, "/models"},
              crumbs({{"Models", "/models"}, {shortened(name, kNameBytes), model_path(name)}}, title) +
                  page_head(title, "of " + shortened(name, kNameBytes), {swap}) + body);
}

}  // namespace

std::vector<Endpoint> model_compare_endpoints() {
  return {{"GET", "/models/{name}/compare", compare}};
}

}  // namespace tidemill::server::pages
