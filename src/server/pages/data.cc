// GET /data: the days of raw and of prepared data.

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"
#include "base/parallel.h"
#include "pipeline/dataset.h"
#include "server/pages/data_day.h"
#include "server/pages/endpoints.h"
#include "server/pages/figures.h"
#include "server/pages/layout.h"
#include "server/pages/parts.h"

namespace tidemill::server::pages {
namespace {

constexpr int64_t kDaysOnAPage = 30;
constexpr int kConnections = 8;  // to a store on another machine

struct Published {
  std::optional<int64_t> published_ms;
  std::optional<pipeline::Manifest> manifest{};  // nullopt: of another version, or damaged
};

struct Day {
  Date date;
  std::optional<Published> raw{}, prepared{};
  std::optional<double> quality_score{};
  bool passed = false;
};

std::vector<Day> days_of(const storage::ObjectStore& objects, std::optional<Date> to) {
  std::map<Date, Day> by_date;
  for (const pipeline::PublishedDay& day : pipeline::published_days(objects, "raw_data")) {
    by_date[day.date].raw = Published{day.published_ms};
  }
  for (const pipeline::PublishedDay& day : pipeline::published_days(objects, "prepared_data")) {
    by_date[day.date].prepared = Published{day.published_ms};
  }
  std::vector<Day> days;
  for (auto& [date, day] : by_date) {
    day.date = date;
    if (!to || date <= *to) days.push_back(std::move(day));
  }
  std::reverse(days.begin(), days.end());
  return days;
}

// A damaged manifest is told on the page of its day; it must not hide the other days.
std::optional<pipeline::Manifest> manifest_of(const storage::ObjectStore& objects,
                                              const std::string& prefix) {
  const std::string key = prefix + "/" + pipeline::kManifestFile;
  const auto text = objects.get(key);
  if (!text) return std::nullopt;
  try {
    return pipeline::manifest_from_json(parse_json(*text, key), key);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kCorrupted) throw;
    return std::nullopt;
  }
}

void read_day(const storage::ObjectStore& objects, Day& day) {
  if (day.raw) day.raw->manifest = manifest_of(objects, pipeline::raw_prefix(day.date));
  if (day.prepared) day.prepared->manifest = manifest_of(objects, pipeline::prepared_prefix(day.date));
  const auto report = objects.get(pipeline::raw_prefix(day.date) + "/" + pipeline::kValidationReportFile);
  const Json json = report ? Json::parse(*report, nullptr, /*allow_exceptions=*/false) : Json();
  if (!json.is_object() || !json.contains("quality_score") || !json["quality_score"].is_number()) return;
  day.quality_score = json["quality_score"].get<double>();
  day.passed = json.contains("passed") && json["passed"] == true;
}

Html rows_cell(const std::string& dataset, const Day& day, const std::optional<Published>& published) {
  if (!published) return element("span", {{"class", "muted"}}, {"–"});
  const std::string path = data_path(dataset, day.date);
  if (!published->manifest) return link(path, "damaged", {{"class", "bad"}});
  return link(path, count_text(published->manifest->row_count),
              {{"aria-label", fmt::format("{} of {}: {} rows", dataset, day.date.to_string(),
                                          published->manifest->row_count)}});
}

Html size_cell(const std::optional<Published>& published) {
  if (!published || !published->manifest) return "–";
  uint64_t size_bytes = 0;
  for (const pipeline::ManifestFile& file : published->manifest->files) size_bytes += file.size_bytes;
  return size_text(size_bytes);
}

Html quality_cell(const Day& day) {
  if (!day.quality_score) return element("span", {{"class", "muted"}}, {day.raw ? "not checked" : "–"});
  const std::string score = fmt::format("{:.1f} %", *day.quality_score);
  return element("span", {{"class", day.passed ? "chip good" : "chip bad"}},
                 {day.passed ? score : score + ", not passed"});
}

TableRow row_of(const Day& day) {
  const auto published = [](const std::optional<Published>& one) {
    return instant(one ? one->published_ms : std::nullopt);
  };
  return {day.date.to_string(),
          {day.date.to_string(), rows_cell("raw_data", day, day.raw), size_cell(day.raw), quality_cell(day),
           published(day.raw), rows_cell("prepared_data", day, day.prepared), size_cell(day.prepared),
           published(day.prepared)}};
}

Html jump_form(const std::string& to) {
  const Html input = element("input", {{"type", "date"}, {"id", "to"}, {"name", "to"}, {"value", to}});
  return element(
      "form", {{"class", "filters"}, {"method", "get"}, {"action", "/data"}},
      {element("div", {{"class", "field"}}, {element("label", {{"for", "to"}}, {"Days up to"}), input}),
       element("button", {}, {"Show"})});
}

net::Response data(Call& call) {
  const std::string to(call.request.query_value("to").value_or(""));
  storage::ObjectStore& objects = call.project.objects();
  const std::vector<Day> all = days_of(objects, to.empty() ? std::nullopt : std::optional(Date::parse(to)));
  const auto count = static_cast<int64_t>(all.size());
  const int64_t offset = std::min(page_offset(call), count);
  const int64_t shown = std::min(kDaysOnAPage, count - offset);
  std::vector<Day> days(all.begin() + offset, all.begin() + offset + shown);
  parallel_for(days.size(), objects.s3_access() ? kConnections : 1,
               [&](size_t i) { read_day(objects, days[i]); });
  std::vector<TableRow> rows;
  for (const Day& day : days) rows.push_back(row_of(day));
  const Html empty = Html("No data has arrived yet: trigger ") +
                     link(dag_path("01_data_generation_pipeline"), "01_data_generation_pipeline") + ".";
  const Html head = page_head("Data", "Datasets by day, in " + objects.uri(), {jump_form(to)});
  return page(call, {"Data", "/data"},
              head + live("days", {table({{"Date", "title"},
                                          {"Raw rows", "num"},
                                          {"Size", "num"},
                                          {"Quality"},
                                          {"Published (UTC)"},
                                          {"Prepared rows", "num"},
                                          {"Size", "num"},
                                          {"Published (UTC)"}},
                                         rows, empty),
                                   pager(call, offset, kDaysOnAPage, shown, count, offset + shown < count)}));
}

}  // namespace

std::vector<Endpoint> data_endpoints() {
  return {{"GET", "/data", data}};
}

}  // namespace tidemill::server::pages
