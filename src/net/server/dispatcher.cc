#include "net/server/dispatcher.h"

#include <exception>
#include <utility>

#include <fmt/format.h>

#include "base/json.h"
#include "base/text.h"

namespace tidemill::net {
namespace {

Response plain_refusal(int status, std::string_view detail) {
  return Response::json(Json{{"status", status}, {"detail", detail}}, status);
}

}  // namespace

Dispatcher::Dispatcher(Router router, ServerHooks hooks, NamedValues default_headers)
    : router_(std::move(router)), hooks_(std::move(hooks)), default_headers_(std::move(default_headers)) {
  Response probe;
  for (const auto& [name, value] : default_headers_) probe.add_header(name, value);
}

const Route* Dispatcher::find_route(Request& request) const {
  auto match = router_.match(request.method, request.raw_path);
  if (!match) return nullptr;
  request.path_parameters = std::move(match->parameters);
  request.route_pattern = match->route->pattern;
  return match->route;
}

bool Dispatcher::is_inline(const Route* route) const {
  return route != nullptr ? route->options.is_inline : !hooks_.before;
}

uint64_t Dispatcher::max_body_bytes(const Request& request, uint64_t limit) const {
  try {
    return hooks_.max_body_bytes ? hooks_.max_body_bytes(request, limit) : limit;
  } catch (const std::exception& error) {
    report(request, error.what());
    return 0;
  }
}

Response Dispatcher::refused(const Request& request, int status, std::string_view detail) const {
  try {
    if (hooks_.refused) return hooks_.refused(request, status, detail);
    return plain_refusal(status, detail);
  } catch (...) {
    return Response(status);  // the hook is broken: say at least what is so
  }
}

void Dispatcher::report(const Request& request, std::string_view what) const {
  try {
    if (hooks_.on_unexpected) hooks_.on_unexpected(request, what);
  } catch (...) {
    return;  // there is nobody left to tell
  }
}

void Dispatcher::record(const AccessRecord& record) const {
  try {
    if (hooks_.on_access) hooks_.on_access(record);
  } catch (...) {
    return;  // the answer has been given
  }
}

Response Dispatcher::answer(Request& request, const Route* route) const {
  // Each request is answered, whatever its handler and the hooks do.
  try {
    try {
      return run(request, route);
    } catch (const Error& error) {
      if (hooks_.on_error) return hooks_.on_error(request, error);
      return plain_refusal(http_status(error.code()), error.message());
    }
  } catch (const std::exception& error) {
    report(request, error.what());
  } catch (...) {
    report(request, "something that is no std::exception was thrown");
  }
  return refused(request, 500, "internal error");
}

Response Dispatcher::run(Request& request, const Route* route) const {
  if (hooks_.before) {
    if (auto response = hooks_.before(request)) return std::move(*response);
  }
  return route != nullptr ? route->handler(request) : without_route(request);
}

Response Dispatcher::without_route(const Request& request) const {
  const std::vector<std::string> methods = router_.allowed_methods(request.raw_path);
  if (methods.empty()) {
    if (hooks_.not_found) return hooks_.not_found(request);
    return plain_refusal(404, fmt::format("there is no {}", request.path));
  }
  const std::string allow = join(methods);
  if (request.method == "OPTIONS") return Response::no_content().set_header("Allow", allow);
  if (hooks_.method_not_allowed) {
    return hooks_.method_not_allowed(request, allow).set_header("Allow", allow);
  }
  return plain_refusal(405, fmt::format("{} has {}, not {}", request.path, allow, request.method))
      .set_header("Allow", allow);
}

}  // namespace tidemill::net
