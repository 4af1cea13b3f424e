#include "server/pages/task_log.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "server/pages/downloads.h"
#include "server/pages/endpoints.h"
#include "server/pages/form_values.h"
#include "server/pages/log_lines.h"
#include "server/pages/parts.h"
#include "workflow/log_files.h"

namespace tidemill::server::pages {
namespace {

constexpr size_t kDownloadBytes = 1 << 20;

std::optional<int64_t> offset_of(const Call& call, std::string_view name) {
  const auto value = whole_number(parameter(call, name));
  return value && *value >= 0 ? value : std::nullopt;
}

// As offset_of, at most the file's size: an offset may come from anywhere.
std::optional<int64_t> place_in(const std::filesystem::path& file, const Call& call, std::string_view name) {
  const auto offset = offset_of(call, name);
  std::error_code missing;
  const uintmax_t size = std::filesystem::file_size(file, missing);
  return offset ? std::optional(std::min(*offset, missing ? 0 : static_cast<int64_t>(size))) : std::nullopt;
}

LogQuery query_of(const Call& call) {
  std::string level = parameter(call, "level");
  if (level != "warning" && level != "error" && level != "info") level = "";
  return {parameter(call, "q"), level};
}

// The address of a piece of this log.
std::string address(const Call& call, const std::string& path, int try_number, const std::string& before) {
  const LogQuery query = query_of(call);
  return with_query(
      path,
      {{"try", std::to_string(try_number)}, {"q", query.text}, {"level", query.level}, {"before", before}});
}

Html earlier(const Call& call, const workflow::TaskKey& key, int try_number, const LogPiece& piece) {
  if (piece.begin == 0) return {};
  const std::string before = std::to_string(piece.begin), path = task_path(key);
  return element("div", {{"class", "earlier"}},
                 {link(address(call, path, try_number, before), "Load earlier lines",
                       {{"class", "button small"},
                        {"data-lines", address(call, path + "/lines", try_number, before)}})});
}

Html tools(const Call& call, const workflow::TaskKey& key, int try_number, bool has_log) {
  const LogQuery query = query_of(call);
  const std::string path = task_path(key);
  Attributes search = {{"type", "search"}, {"placeholder", "Text of a line"}, {"autocomplete", "off"}};
  return element(
      "form",
      {{"class", "filters"}, {"method", "get"}, {"action", path}, {"data-instant", ""}, {"role", "search"}},
      {hidden("try", std::to_string(try_number)), text_field("Search the log", "q", query.text, search),
       choice_field("Level", "level", query.level,
                    {{"", "all"},
                     {"info", "info and above"},
                     {"warning", "warnings and errors"},
                     {"error", "errors"}}),
       element("button", {{"data-fallback", ""}}, {"Search"}),
       has_log ? link(address(call, path + "/log", try_number, ""), "Download",
                      {{"class", "button"}, {"download", ""}})
               : Html()});
}

// A name that the system refuses is no file either.
bool is_there(const std::filesystem::path& file) {
  std::error_code refused;
  return std::filesystem::exists(file, refused);
}

net::Response lines(Call& call) {
  const workflow::TaskKey key{call.request.path_parameter("dag_id"), call.request.path_parameter("run_id"),
                              call.request.path_parameter("task_id")};
  const auto try_number = static_cast<int>(offset_of(call, "try").value_or(1));
  const auto file = log_of(call, key, try_number);
  if (!file) throw Error(ErrorCode::kNotFound, "there is no such task");
  const auto from = place_in(*file, call, "from"), before = place_in(*file, call, "before");
  if (from && !is_there(*file)) return net::Response::html("").set_header("X-Log-Next", "0");
  const LogPiece piece = from ? lines_from(*file, workflow::next_line_start(*file, *from), query_of(call))
                              : lines_before(*file, before, query_of(call));
  const Html more = from ? Html() : earlier(call, key, try_number, piece);
  return net::Response::html((more + piece.lines).text()).set_header("X-Log-Next", std::to_string(piece.end));
}

net::Response download(Call& call) {
  const workflow::TaskKey key{call.request.path_parameter("dag_id"), call.request.path_parameter("run_id"),
                              call.request.path_parameter("task_id")};
  const auto try_number = static_cast<int>(offset_of(call, "try").value_or(1));
  const auto file = log_of(call, key, try_number);
  if (!file || !is_there(*file)) throw Error(ErrorCode::kNotFound, "there is no such log");
  net::BlockSource source;
  source.next = [file = *file, offset = int64_t{0}]() mutable -> std::optional<std::string> {
    const workflow::LogPage page = workflow::read_log(file, offset, kDownloadBytes);
    if (page.records.empty()) return std::nullopt;
    offset = page.next_offset;
    std::string text;
    for (const workflow::LogRecord& record : page.records) text += workflow::line_text(record) + "\n";
    return text;
  };
  return net::Response::blocks(std::move(source), "text/plain; charset=utf-8")
      .set_header("Content-Disposition",
                  "attachment; filename=" + safe_name(fmt::format("{}.{}.log", key.task_id, try_number)));
}

}  // namespace

std::optional<std::filesystem::path> log_of(Call& call, const workflow::TaskKey& key, int try_number) {
  auto task = call.operations.store().find_task_instance(key);
  if (!task) return std::nullopt;
  task->try_number = try_number;
  return workflow::log_file(call.server.log_dir.string(), *task);
}

Html log_view(Call& call, const workflow::TaskKey& key, int try_number) {
  const auto file = log_of(call, key, try_number);
  const bool has_log = file && is_there(*file);
  LogPiece piece;
  if (has_log) piece = lines_before(*file, place_in(*file, call, "before"), query_of(call));
  const std::string path = task_path(key), number = std::to_string(try_number);
  const bool is_the_end = !offset_of(call, "before");
  Attributes attributes = {{"id", "log"},       {"class", "log"},    {"tabindex", "0"},
                           {"role", "log"},     {"data-still", ""},  {"aria-label", "Log"},
                           {"data-region", ""}, {"aria-live", "off"}};
  if (is_the_end) {
    attributes.push_back({"data-lines", address(call, path + "/lines", try_number, "")});
    attributes.push_back({"data-next", std::to_string(piece.end)});
    attributes.push_back({"data-stream", with_query("/ui/events", {{"dag_id", key.dag_id},
                                                                   {"run_id", key.run_id},
                                                                   {"task_id", key.task_id},
                                                                   {"try", number}})});
  }
  const Html nothing = piece.lines.empty()
                           ? element("p", {{"id", "log-empty"}, {"class", "muted"}},
                                     {!has_log                  ? "No log yet."
                                      : query_of(call).is_all() ? "The log is empty."
                                      : piece.begin > 0         ? "Nothing like that in the last 4 MB."
                                                                : "Nothing like that."})
                           : Html();
  const auto box = [](const char* id, const char* text, bool is_on) {
    Attributes all = {{"type", "checkbox"}, {"id", id}, {"autocomplete", "off"}};
    if (is_on) all.push_back({"checked", ""});
    return element("input", all) + element("label", {{"for", id}}, {text});
  };
  return element("section", {{"class", "log-view"}, {"aria-label", "Log of try " + number}},
                 {tools(call, key, try_number, has_log), box("follow", "Follow", is_the_end),
                  box("wrap", "Wrap lines", false),
                  element("div", attributes,
                          {has_log ? earlier(call, key, try_number, piece) : Html(), nothing, piece.lines})});
}

std::vector<Endpoint> task_log_endpoints() {
  return {{"GET", "/dags/{dag_id}/runs/{run_id}/tasks/{task_id}/lines", lines},
          {"GET", "/dags/{dag_id}/runs/{run_id}/tasks/{task_id}/log", download}};
}

}  // namespace tidemill::server::pages
