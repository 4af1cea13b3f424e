// GET /ui/events: server-sent events for the page that is shown; with the names of a try also of its log.

#include <charconv>

#include "server/pages/endpoints.h"
#include "server/pages/task_log.h"
#include "server/project_watcher.h"

namespace tidemill::server::pages {
namespace {

net::Response listen(Call& call) {
  const auto value = [&](std::string_view name) {
    return std::string(call.request.query_value(name).value_or(""));
  };
  std::filesystem::path file;
  if (const std::string task_id = value("task_id"); !task_id.empty()) {
    const std::string text = value("try");
    int try_number = 0;
    std::from_chars(text.data(), text.data() + text.size(), try_number);
    file = log_of(call, {value("dag_id"), value("run_id"), task_id}, try_number).value_or("");
  }
  const net::StreamWriter writer;
  writer.write("retry: 2000\n\n");
  call.watcher.follow(writer, file);
  return net::Response::stream(writer, "text/event-stream");
}

}  // namespace

std::vector<Endpoint> event_endpoints() {
  return {{"GET", "/ui/events", listen}};
}

}  // namespace tidemill::server::pages
