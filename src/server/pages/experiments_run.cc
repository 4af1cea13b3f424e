// GET /runs/{run_id}: everything one tracked run has logged, and its artifacts.

#include <fmt/format.h>

#include "net/http_client.h"
#include "pipeline/charts.h"
#include "server/pages/artifacts.h"
#include "server/pages/endpoints.h"
#include "server/pages/figures.h"
#include "server/pages/layout.h"
#include "server/pages/parts.h"
#include "server/pages/run_order.h"
#include "server/pages/tracked_values.h"
#include "server/pages/versions.h"

namespace tidemill::server::pages {
namespace {

constexpr size_t kTextBytes = 200;
constexpr size_t kHistoriesShown = 4;
constexpr size_t kPointsShown = 200;  // of each: more are thinned out evenly

std::optional<ArtifactFolder> folder_of(Call& call, const tracking::RunInfo& info) {
  return artifact_folder(call, info.artifact_uri, tracked_run_path(info.run_id) + "/artifacts");
}

// Of metrics that were logged more than once.
Html history_charts(Call& call, const tracking::Run& run) {
  std::vector<Html> charts;
  for (const tracking::Metric& metric : run.metrics) {
    if (charts.size() == kHistoriesShown) break;
    // One at step 0 was logged once, or over and over at one step, which draws no line.
    if (metric.step == 0) continue;
    const auto history = call.project.tracking().get_metric_history(run.info.run_id, metric.key);
    if (history.size() < 2) continue;
    const size_t every = (history.size() + kPointsShown - 1) / kPointsShown;
    std::vector<std::string> labels;
    pipeline::LineSeries series{shortened(metric.key, kTextBytes), {}};
    for (size_t i = 0; i < history.size(); i += every) {
      labels.push_back(std::to_string(history[i].step));
      series.y.push_back(history[i].value);
    }
    charts.push_back(element("figure", {{"class", "card drawn"}},
                             {Html::trusted(pipeline::lines_svg(
                                 shortened(metric.key, kTextBytes) + " by step", labels, {series}))}));
  }
  return charts.empty() ? Html() : element("div", {{"class", "cards pair"}}, charts);
}

Html data_list(const tracking::Run& run) {
  std::vector<Html> items;
  for (const tracking::DatasetInput& input : run.dataset_inputs) {
    items.push_back(element("li", {},
                            {shortened(input.dataset.name, kTextBytes), " ",
                             element("code", {{"class", "muted"}}, {shortened(input.dataset.digest, 40)})}));
  }
  return items.empty() ? Html("–") : element("ul", {{"class", "plain"}}, items);
}

Html about_card(const tracking::Run& run, int64_t now_ms) {
  const tracking::RunInfo& info = run.info;
  return card("About",
              {facts({{"Status", run_status_chip(info.status)},
                      {"Started (UTC)", instant(info.start_time_ms)},
                      {"Duration", duration(info.start_time_ms, info.end_time_ms, now_ms)},
                      {"User", shortened(info.user_id, kTextBytes)},
                      {"Run id", element("code", {}, {shortened(info.run_id, kTextBytes)})},
                      {"Data", data_list(run)},
                      {"Artifacts", element("code", {}, {shortened(info.artifact_uri, kTextBytes)})}})});
}

net::Response show_run(Call& call) {
  const tracking::Run run = call.project.tracking().get_run(call.request.path_parameter("run_id"));
  const tracking::Experiment experiment = call.project.tracking().get_experiment(run.info.experiment_id);
  const auto folder = folder_of(call, run.info);
  const std::string title = shortened(run.info.run_name, kTextBytes);
  return page(
      call, {title, "/experiments"},
      crumbs({{"Experiments", "/experiments"},
              {shortened(experiment.name, kTextBytes),
               "/experiments/" + net::percent_encode(experiment.experiment_id)}},
             title) +
          page_head(title, "A run of " + shortened(experiment.name, kTextBytes), {}) +
          live("run", {about_card(run, call.server.clock.now_ms()), history_charts(call, run)}) +
          plots_card(folder, title) +
          element("div", {{"class", "cards pair columns"}},
                  {element("div", {{"class", "stack"}},
                           {metrics_card(run.metrics), artifacts_card(folder, run.info.artifact_uri)}),
                   element("div", {{"class", "stack"}}, {params_card(run.params), tags_card(run.tags)})}));
}

net::Response get_artifact(Call& call) {
  const tracking::Run run = call.project.tracking().get_run(call.request.path_parameter("run_id"));
  return artifact(call, folder_of(call, run.info), call.request.path_parameter("file"));
}

}  // namespace

std::vector<Endpoint> tracked_run_endpoints() {
  return {{"GET", "/runs/{run_id}", show_run}, {"GET", "/runs/{run_id}/artifacts/{file...}", get_artifact}};
}

}  // namespace tidemill::server::pages
