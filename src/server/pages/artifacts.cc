#include "server/pages/artifacts.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "net/http_client.h"
#include "pipeline/artifacts.h"
#include "server/pages/downloads.h"
#include "server/pages/figures.h"
#include "server/pages/parts.h"
#include "server/pages/row_budget.h"

namespace tidemill::server::pages {
namespace {

constexpr size_t kFilesBytes = 40'000;
constexpr size_t kPlotsShown = 12;
constexpr size_t kNameBytes = 200;

std::string name_in(const ArtifactFolder& folder, const storage::ObjectInfo& file) {
  return file.key.substr(folder.prefix.size() + 1);
}

std::string path_of(const ArtifactFolder& folder, const std::string& name) {
  return folder.path + "/" + net::percent_encode(name, /*keep_slashes=*/true);
}

}  // namespace

std::optional<ArtifactFolder> artifact_folder(Call& call, const std::string& artifact_uri,
                                              const std::string& path) {
  const storage::ObjectStore& artifacts = call.project.artifacts();
  try {
    ArtifactFolder folder{pipeline::artifact_prefix(artifacts, artifact_uri), path};
    folder.files = artifacts.list(folder.prefix + "/");
    return folder;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kInvalidArgument) throw;
    return std::nullopt;
  }
}

Html artifacts_card(const std::optional<ArtifactFolder>& folder, const std::string& artifact_uri) {
  if (!folder) {
    return card("Artifacts", {element("p", {{"class", "muted"}},
                                      {"They are kept where this project does not reach: " +
                                       shortened(artifact_uri, kNameBytes)})});
  }
  const std::vector<Column> columns = {{"File"}, {"Size", "num"}};
  RowBudget budget(columns, kFilesBytes);
  std::vector<TableRow> rows;
  for (const storage::ObjectInfo& file : folder->files) {
    const std::string name = name_in(*folder, file);
    const Html shown = link(path_of(*folder, name), shortened(name, kNameBytes), {{"download", ""}});
    if (!budget.add(rows, {"", {shown, size_text(file.size_bytes)}})) break;
  }
  return card("Artifacts",
              {table(columns, rows, "There are none.", shown_of(rows.size(), folder->files.size()))});
}

std::vector<Plot> plots_of(const std::optional<ArtifactFolder>& folder) {
  std::vector<Plot> plots;
  if (!folder) return plots;
  for (const storage::ObjectInfo& file : folder->files) {
    if (plots.size() == kPlotsShown) break;
    const std::string name = name_in(*folder, file);
    if (!picture_type(name).empty()) plots.push_back({name, path_of(*folder, name) + "?show=1"});
  }
  return plots;
}

Html plot_figure(const Plot& plot, const std::string& of_what) {
  const std::string name = shortened(plot.name, kNameBytes);
  return element("figure", {{"class", "plot"}},
                 {element("img", {{"src", plot.path},
                                  {"alt", fmt::format("Plot {} of {}", name, of_what)},
                                  {"loading", "lazy"},
                                  {"width", "640"},
                                  {"height", "420"}}),
                  element("figcaption", {{"class", "muted small"}}, {name})});
}

Html plots_card(const std::optional<ArtifactFolder>& folder, const std::string& of_what) {
  std::vector<Html> figures;
  for (const Plot& plot : plots_of(folder)) figures.push_back(plot_figure(plot, of_what));
  if (figures.empty()) return {};
  return card("Plots", {element("div", {{"class", "plots"}}, figures)});
}

net::Response artifact(Call& call, const std::optional<ArtifactFolder>& folder, const std::string& file) {
  const auto is_it = [&](const storage::ObjectInfo& one) { return name_in(*folder, one) == file; };
  if (!folder || std::none_of(folder->files.begin(), folder->files.end(), is_it)) {
    throw Error(ErrorCode::kNotFound, "there is no such artifact");
  }
  const storage::ObjectStore& artifacts = call.project.artifacts();
  const std::string key = folder->prefix + "/" + file;
  if (call.request.query_value("show") && !picture_type(file).empty()) return picture(call, artifacts, key);
  return download(call, artifacts, key, file.substr(file.rfind('/') + 1));
}

}  // namespace tidemill::server::pages
