// GET /data/{dataset}/{date} and the files of a day.

#include "server/pages/data_day.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"
#include "net/http_client.h"
#include "server/pages/data_quality.h"
#include "server/pages/downloads.h"
#include "server/pages/endpoints.h"
#include "server/pages/figures.h"
#include "server/pages/layout.h"
#include "server/pages/parts.h"
#include "server/pages/preparation_view.h"

namespace tidemill::server::pages {
namespace {

constexpr size_t kNameBytes = 120;
constexpr size_t kInputsShown = 60;

std::string prefix_of(const std::string& dataset, Date date) {
  if (dataset == "raw_data") return pipeline::raw_prefix(date);
  if (dataset == "prepared_data") return pipeline::prepared_prefix(date);
  throw Error(ErrorCode::kNotFound, "there are the datasets raw_data and prepared_data");
}

std::string file_path(const DataDay& day, const std::string& name) {
  return data_path(day.dataset, day.date) + "/files/" + net::percent_encode(name);
}

// Beside what the manifest lists: itself, and the report that is written next to the raw data.
std::vector<std::string> unlisted_files(const storage::ObjectStore& objects, const DataDay& day) {
  std::vector<std::string> names = {pipeline::kManifestFile};
  if (objects.head(day.prefix + "/" + pipeline::kValidationReportFile))
    names.emplace_back(pipeline::kValidationReportFile);
  return names;
}

Html files_card(Call& call, const DataDay& day) {
  const storage::ObjectStore& objects = call.project.objects();
  const auto name_cell = [&](const std::string& name) {
    return link(file_path(day, name), shortened(name, kNameBytes), {{"download", ""}});
  };
  std::vector<TableRow> rows;
  for (const pipeline::ManifestFile& file : day.manifest.files) {
    rows.push_back({file.name,
                    {name_cell(file.name), size_text(file.size_bytes),
                     element("code", {{"class", "hash"}}, {shortened(file.sha256, kNameBytes)})}});
  }
  for (const std::string& name : unlisted_files(objects, day)) {
    const auto info = objects.head(day.prefix + "/" + name);
    rows.push_back({name, {name_cell(name), info ? Html(size_text(info->size_bytes)) : Html("–"), "–"}});
  }
  return card("Files", {table({{"File", "title"}, {"Size", "num"}, {"SHA-256"}}, rows,
                              "The manifest lists no files.")});
}

// What the day was made from; raw days lead to their pages.
Html input_item(const std::string& prefix, const std::string& hash) {
  Html name = shortened(prefix, kNameBytes);
  Date date;
  int year = 0, month = 0, day = 0, end = 0;
  if (std::sscanf(prefix.c_str(), "raw_data/year=%4d/month=%2d/day=%2d%n", &year, &month, &day, &end) == 3 &&
      end == static_cast<int>(prefix.size())) {
    name = link(fmt::format("/data/raw_data/{:04}-{:02}-{:02}", year, month, day), name);
  }
  return element("li", {}, {name, " ", element("code", {{"class", "muted"}}, {shortened(hash, 12)})});
}

Html identity_card(const DataDay& day) {
  std::vector<Html> inputs;
  for (const auto& [prefix, hash] : day.manifest.inputs) {
    if (inputs.size() < kInputsShown) inputs.push_back(input_item(prefix, hash));
  }
  const size_t count = day.manifest.inputs.size();
  Html made_from = count == 0 ? Html("nothing else: it was made or read as it is") : Html();
  if (count > 0) {
    made_from = element("details", {},
                        {element("summary", {}, {fmt::format("{} inputs", count)}), element("ul", {}, inputs),
                         count > kInputsShown ? element("p", {}, {"and more: see manifest.json"}) : Html()});
  }
  return card("Identity",
              {facts({{"Rows", count_text(day.manifest.row_count)},
                      {"Columns", count_text(day.manifest.columns.size())},
                      {"Manifest hash", element("code", {}, {day.manifest.hash()})},
                      {"Settings hash", element("code", {}, {shortened(day.manifest.settings_hash, 64)})},
                      {"Place", element("code", {}, {day.prefix})},
                      {"Made from", made_from}})});
}

Html summary(Call& call, const DataDay& day) {
  QualityView quality;
  if (day.dataset == "raw_data") quality = quality_view(call.project.objects(), day.prefix);
  return quality.score + files_card(call, day) + identity_card(day) + quality.rules;
}

Html preparation(Call& call, const DataDay& day) {
  const std::string key = day.prefix + "/" + pipeline::kPreparationFile;
  const auto text = call.project.objects().get(key);
  if (!text) throw Error(ErrorCode::kNotFound, "there is no " + key);
  return preparation_view(pipeline::preparation_from_json(parse_json(*text, key), key));
}

struct View {
  const char* name;
  const char* title;
  Html (*show)(Call& call, const DataDay& day);
};
constexpr View kViews[] = {{"", "Summary", summary},
                           {"preparation", "Preparation", preparation},
                           {"columns", "Columns", data_columns},
                           {"rows", "Rows", data_rows}};

// The days before and after, so that distributions can be held against each other.
Html neighbours(Call& call, const DataDay& day, const std::string& view) {
  const auto days = pipeline::published_days(call.project.objects(), day.dataset);
  const auto here = std::find_if(days.begin(), days.end(),
                                 [&](const pipeline::PublishedDay& one) { return one.date == day.date; });
  std::vector<Html> links;
  const auto add = [&](Date date, const std::string& text) {
    links.push_back(
        link(with_query(data_path(day.dataset, date), {{"view", view}}), text, {{"class", "button small"}}));
  };
  if (here != days.end() && here != days.begin()) add((here - 1)->date, "← " + (here - 1)->date.to_string());
  if (here != days.end() && here + 1 != days.end())
    add((here + 1)->date, (here + 1)->date.to_string() + " →");
  return join(links, " ");
}

net::Response show_day(Call& call) {
  const DataDay day = data_day(call);
  const std::string wanted(call.request.query_value("view").value_or(""));
  std::vector<Tab> shown;
  const View* view = nullptr;
  for (const View& one : kViews) {
    if (day.dataset == "raw_data" && one.show == preparation) continue;
    if (one.name == wanted) view = &one;
    shown.push_back(
        {one.title, with_query(data_path(day.dataset, day.date), {{"view", one.name}}), one.name == wanted});
  }
  if (view == nullptr) throw Error(ErrorCode::kNotFound, "there is no such view of a day");
  const std::string title = day.dataset + " " + day.date.to_string();
  const std::string other = day.dataset == "raw_data" ? "prepared_data" : "raw_data";
  const Html below =
      fmt::format("{} rows, {} columns", count_text(day.manifest.row_count), day.manifest.columns.size());
  return page(call, {title, "/data"},
              crumbs({{"Data", "/data"}}, title) + page_head(title, below, {neighbours(call, day, wanted)}) +
                  tabs("Views of this day", shown) + view->show(call, day));
}

net::Response get_file(Call& call) {
  const DataDay day = data_day(call);
  const std::string& name = call.request.path_parameter("name");
  const storage::ObjectStore& objects = call.project.objects();
  std::vector<std::string> names = unlisted_files(objects, day);
  for (const pipeline::ManifestFile& file : day.manifest.files) names.push_back(file.name);
  if (std::find(names.begin(), names.end(), name) == names.end()) {
    throw Error(ErrorCode::kNotFound, "the manifest of that day lists no such file");
  }
  return download(call, objects, day.prefix + "/" + name,
                  fmt::format("{}_{}_{}", day.dataset, day.date.to_string(), name));
}

}  // namespace

std::string data_path(const std::string& dataset, Date date) {
  return "/data/" + dataset + "/" + date.to_string();
}

DataDay data_day(Call& call) {
  DataDay day;
  day.dataset = call.request.path_parameter("dataset");
  day.date = Date::parse(call.request.path_parameter("date"));
  day.prefix = prefix_of(day.dataset, day.date);
  auto manifest = pipeline::read_manifest(call.project.objects(), day.prefix);
  if (!manifest) {
    throw Error(ErrorCode::kNotFound, fmt::format("there is no {} of {}", day.dataset, day.date.to_string()));
  }
  day.manifest = std::move(*manifest);
  return day;
}

std::string shown_file(Call& call, const DataDay& day) {
  const auto wanted = call.request.query_value("file");
  for (const std::string name : {pipeline::kRawFile, pipeline::kTrainFile, pipeline::kTestFile}) {
    const bool is_listed = std::any_of(day.manifest.files.begin(), day.manifest.files.end(),
                                       [&](const auto& file) { return file.name == name; });
    if (is_listed && (!wanted || *wanted == name)) return name;
  }
  throw Error(ErrorCode::kNotFound, "the manifest of that day lists no such table");
}

std::vector<Endpoint> data_day_endpoints() {
  return {{"GET", "/data/{dataset}/{date}", show_day, Access::kSignedIn, 0, /*uses_engine=*/true},
          {"GET", "/data/{dataset}/{date}/files/{name}", get_file}};
}

}  // namespace tidemill::server::pages
