// GET /models and /models/{name}: registered models and their versions.

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "pipeline/charts.h"
#include "server/pages/endpoints.h"
#include "server/pages/figures.h"
#include "server/pages/layout.h"
#include "server/pages/parts.h"
#include "server/pages/versions.h"

namespace tidemill::server::pages {
namespace {

constexpr int64_t kVersionsOnAPage = 50;
constexpr int64_t kModelsOnAPage = 100;
constexpr size_t kTextBytes = 200, kCellBytes = 100;

std::string token_of(const Call& call) {
  return std::string(call.request.query_value("page_token").value_or(""));
}

// Drawn by this program, with every text in it escaped.
Html chart(const std::string& title, const std::vector<TrackedVersion>& versions,
           const std::vector<std::string>& metrics) {
  std::vector<std::string> labels;
  std::vector<pipeline::LineSeries> series;
  for (const std::string& metric : metrics) series.push_back({metric, {}});
  for (auto version = versions.rbegin(); version != versions.rend(); ++version) {
    labels.push_back(fmt::format("v{}", version->version.version));
    for (pipeline::LineSeries& one : series)
      one.y.push_back(version->metric(one.name).value_or(std::numeric_limits<double>::quiet_NaN()));
  }
  return element(
      "figure", {{"class", "card drawn"}},
      {Html::trusted(pipeline::lines_svg(title, labels, series)),
       element("figcaption", {{"class", "visually-hidden"}}, {"The same numbers stand in the table."})});
}

Html metrics_charts(const std::vector<TrackedVersion>& versions) {
  const bool has_any = std::any_of(versions.begin(), versions.end(), [](const TrackedVersion& one) {
    return one.metric("test_rmse").has_value();
  });
  if (!has_any || versions.size() < 2) return {};
  return element("div", {{"class", "cards pair"}},
                 {chart("Errors by version (lower is better)", versions, {"test_rmse", "test_mae"}),
                  chart("R² by version (higher is better)", versions, {"test_r2"})});
}

Html run_cell(const TrackedVersion& version) {
  if (!version.run) return "–";
  return link(tracked_run_path(version.run->info.run_id), shortened(version.run->info.run_name, kCellBytes));
}

Html versions_table(const std::vector<TrackedVersion>& versions) {
  std::vector<Column> columns = {{"Version", "title"}, {"Stage"}, {"Model"}, {"Data to"}};
  for (const std::string& metric : usual_metrics()) columns.push_back({metric, "num"});
  for (const char* head : {"Run", "Promotion", "Created (UTC)"}) columns.push_back({head});
  std::vector<TableRow> rows;
  for (const TrackedVersion& version : versions) {
    const int64_t number = version.version.version;
    TableRow row{
        std::to_string(number),
        {unbroken(link(version_path(version.version.name, number), fmt::format("Version {}", number))),
         stage_chip(version.version.current_stage) + " " + aliases_text(version.version), version.model(),
         unbroken(version.data_date())}};
    for (const std::string& metric : usual_metrics())
      row.cells.emplace_back(metric_text(version.metric(metric)));
    row.cells.push_back(run_cell(version));
    row.cells.emplace_back(shortened(version.version.tag("tidemill.promotion").value_or(""), kCellBytes));
    row.cells.push_back(instant(version.version.creation_time_ms));
    rows.push_back(std::move(row));
  }
  return table(columns, rows, "No version has been registered yet.");
}

Html compare_form(const std::string& name, const std::vector<TrackedVersion>& versions) {
  if (versions.size() < 2) return {};
  std::vector<Choice> choices;
  for (const TrackedVersion& version : versions) {
    const std::string number = std::to_string(version.version.version);
    choices.push_back({number, fmt::format("Version {} ({})", number, version.version.current_stage)});
  }
  return element(
      "form", {{"class", "filters"}, {"method", "get"}, {"action", model_path(name) + "/compare"}},
      {choice_field("Compare", "left", choices[1].value, choices),
       choice_field("with", "right", choices[0].value, choices), element("button", {}, {"Compare"})});
}

net::Response model(Call& call) {
  const std::string& name = call.request.path_parameter("name");
  tracking::Store& store = call.project.tracking();
  const tracking::RegisteredModel registered = store.get_registered_model(name);
  const VersionPage shown = newest_versions(store, name, kVersionsOnAPage, token_of(call));
  Html moved, rollback;
  for (const tracking::ModelVersion& latest : registered.latest_versions) {
    if (latest.current_stage != tracking::kStageProduction) continue;
    const TrackedVersion production{latest};
    rollback = rollback_button(call, production);
    moved = moved_notice(call, version_path(name, latest.version), latest);
  }
  const std::string title = shortened(name, kTextBytes);
  return page(
      call, {title, "/models"},
      crumbs({{"Models", "/models"}}, title) + moved +
          page_head(title, shortened(registered.description.value_or("A registered model"), kTextBytes),
                    {rollback, compare_form(name, shown.versions)}) +
          live("versions", {metrics_charts(shown.versions), versions_table(shown.versions),
                            token_pager(call, shown.next_page_token)}));
}

Html stages_cell(const tracking::RegisteredModel& registered) {
  std::vector<Html> parts;
  for (const tracking::ModelVersion& version : registered.latest_versions) {
    if (version.current_stage == tracking::kStageArchived) continue;
    parts.push_back(
        link(version_path(registered.name, version.version), fmt::format("version {}", version.version)) +
        " " + stage_chip(version.current_stage));
  }
  return join(parts, ", ");
}

net::Response models(Call& call) {
  tracking::RegisteredModelQuery query;
  query.page = {kModelsOnAPage, token_of(call)};
  const auto found = call.project.tracking().search_registered_models(query);
  std::vector<TableRow> rows;
  for (const tracking::RegisteredModel& registered : found.items) {
    rows.push_back({registered.name,
                    {link(model_path(registered.name), shortened(registered.name, kTextBytes)),
                     stages_cell(registered), shortened(registered.description.value_or(""), kTextBytes),
                     instant(registered.last_updated_time_ms)}});
  }
  const Html empty = Html("No model has been registered yet: trigger ") +
                     link(dag_path("03_model_training_pipeline"), "03_model_training_pipeline") + ".";
  return page(
      call, {"Models", "/models"},
      page_head("Models", "Registered models and their versions", {}) +
          live("models",
               {table({{"Model", "title"}, {"Newest of each stage"}, {"Description"}, {"Updated (UTC)"}},
                      rows, empty),
                token_pager(call, found.next_page_token)}));
}

}  // namespace

std::vector<Endpoint> models_endpoints() {
  return {{"GET", "/models", models}, {"GET", "/models/{name}", model}};
}

}  // namespace tidemill::server::pages
