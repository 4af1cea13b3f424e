// GET /models/{name}/versions/{version} and the files of its model.

#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"
#include "net/http_client.h"
#include "pipeline/preparation.h"
#include "server/pages/artifacts.h"
#include "server/pages/endpoints.h"
#include "server/pages/figures.h"
#include "server/pages/layout.h"
#include "server/pages/model_signature.h"
#include "server/pages/parts.h"
#include "server/pages/preparation_view.h"
#include "server/pages/tracked_values.h"
#include "server/pages/versions.h"

namespace tidemill::server::pages {
namespace {

constexpr size_t kTextBytes = 240;
constexpr uint64_t kTextFileBytes = 1 << 20;  // of files that are read to be shown

std::optional<ArtifactFolder> model_folder(Call& call, const TrackedVersion& version) {
  return artifact_folder(call, version.version.storage_location,
                         version_path(version.version.name, version.version.version) + "/files");
}

// nullopt where there is none, or where it is too large to be one.
std::optional<std::string> text_file(Call& call, const std::optional<ArtifactFolder>& folder,
                                     const std::string& name) {
  if (!folder) return std::nullopt;
  for (const storage::ObjectInfo& file : folder->files) {
    if (file.key == folder->prefix + "/" + name && file.size_bytes <= kTextFileBytes)
      return call.project.artifacts().get(file.key);
  }
  return std::nullopt;
}

Html about_card(const TrackedVersion& version) {
  Html run = "–";
  if (version.run)
    run = link(tracked_run_path(version.run->info.run_id), shortened(version.run->info.run_name, kTextBytes));
  Html data = version.data_date();
  if (version.data_date().size() == 10)
    data = link("/data/prepared_data/" + net::percent_encode(version.data_date()), version.data_date());
  std::vector<std::pair<std::string, Html>> lines = {
      {"Stage", stage_chip(version.version.current_stage) + " " + aliases_text(version.version)},
      {"Model", version.model()},
      {"Data to", data},
      {"Run", run}};
  for (const std::string& metric : usual_metrics())
    lines.emplace_back(metric, metric_text(version.metric(metric)));
  lines.emplace_back("Promotion",
                     shortened(version.version.tag("tidemill.promotion").value_or("–"), kTextBytes));
  lines.emplace_back("Description", shortened(version.version.description.value_or(""), kTextBytes));
  lines.emplace_back("Created (UTC)", instant(version.version.creation_time_ms));
  lines.emplace_back("Files", element("code", {}, {shortened(version.version.storage_location, kTextBytes)}));
  return card("About", {facts(lines)});
}

Html run_plots(Call& call, const TrackedVersion& version) {
  if (!version.run) return notice("info", "The run that made this version is not kept.");
  const tracking::RunInfo& info = version.run->info;
  return plots_card(artifact_folder(call, info.artifact_uri, tracked_run_path(info.run_id) + "/artifacts"),
                    fmt::format("version {}", version.version.version));
}

Html details(Call& call, const TrackedVersion& version, const std::optional<ArtifactFolder>& folder) {
  const tracking::Run run = version.run.value_or(tracking::Run{});
  const Html left = metrics_card(run.metrics) + artifacts_card(folder, version.version.storage_location) +
                    tags_card(version.version.tags);
  const Html right =
      params_card(run.params) + signature_card(text_file(call, folder, "MLmodel").value_or(""));
  return about_card(version) + run_plots(call, version) +
         element(
             "div", {{"class", "cards pair columns"}},
             {element("div", {{"class", "stack"}}, {left}), element("div", {{"class", "stack"}}, {right})});
}

Html preparation_part(Call& call, const std::optional<ArtifactFolder>& folder) {
  const auto text = text_file(call, folder, pipeline::kPreparationFile);
  if (!text) return {};
  return preparation_view(pipeline::preparation_from_json(parse_json(*text, pipeline::kPreparationFile),
                                                          pipeline::kPreparationFile));
}

net::Response show_version(Call& call) {
  const std::string& name = call.request.path_parameter("name");
  const TrackedVersion version = find_tracked_version(call, name, call.request.path_parameter("version"));
  const int64_t number = version.version.version;
  const std::string path = version_path(name, number);
  const bool shows_preparation = call.request.query_value("view") == "preparation";
  const auto folder = model_folder(call, version);
  Html body;
  if (shows_preparation) {
    body = preparation_part(call, folder);
    if (body.empty()) body = notice("info", "This version has no preparation of Tidemill's.");
  } else {
    body = details(call, version, folder);
  }
  const std::string title = fmt::format("Version {}", number);
  std::vector<Html> actions = {stage_buttons(call, version.version)};
  if (number > 1) {
    actions.push_back(link(with_query(model_path(name) + "/compare", {{"left", std::to_string(number - 1)},
                                                                      {"right", std::to_string(number)}}),
                           fmt::format("Compare with version {}", number - 1), {{"class", "button small"}}));
  }
  return page(
      call, {shortened(name, kTextBytes) + " version " + std::to_string(number), "/models"},
      crumbs({{"Models", "/models"}, {shortened(name, kTextBytes), model_path(name)}}, title) +
          moved_notice(call, path, version.version) +
          page_head(title + " of " + shortened(name, kTextBytes),
                    shortened(version.version.description.value_or(""), kTextBytes), actions) +
          tabs("Views of this version", {{"Version", path, !shows_preparation},
                                         {"Preparation", path + "?view=preparation", shows_preparation}}) +
          body);
}

net::Response get_file(Call& call) {
  const TrackedVersion version =
      find_tracked_version(call, call.request.path_parameter("name"), call.request.path_parameter("version"));
  return artifact(call, model_folder(call, version), call.request.path_parameter("file"));
}

}  // namespace

std::vector<Endpoint> model_version_endpoints() {
  return {{"GET", "/models/{name}/versions/{version}", show_version},
          {"GET", "/models/{name}/versions/{version}/files/{file...}", get_file}};
}

}  // namespace tidemill::server::pages
