#pragma once
// From a request to its answer: the route, the hooks, the handler and what it throws. Knows no connections.

#include <string>
#include <string_view>

#include "net/server/http_server.h"

namespace tidemill::net {

// Safe for many threads. Nothing but memory running out is thrown.
class Dispatcher {
 public:
  // Errors: kInvalidArgument for default headers that cannot be sent.
  Dispatcher(Router router, ServerHooks hooks, NamedValues default_headers);

  // Also notes it in the request. nullptr when there is none; answer() takes that.
  const Route* find_route(Request& request) const;
  // Whether answer() waits for nothing.
  bool is_inline(const Route* route) const;
  Response answer(Request& request, const Route* route) const;
  Response refused(const Request& request, int status, std::string_view detail) const;
  // `limit` where no hook says otherwise.
  uint64_t max_body_bytes(const Request& request, uint64_t limit) const;
  // What broke an answer off that had begun.
  void report(const Request& request, std::string_view what) const;
  void record(const AccessRecord& record) const;
  bool has_access_hook() const { return static_cast<bool>(hooks_.on_access); }

  const NamedValues& default_headers() const { return default_headers_; }

 private:
  Response run(Request& request, const Route* route) const;
  Response without_route(const Request& request) const;

  Router router_;
  ServerHooks hooks_;
  NamedValues default_headers_;
};

}  // namespace tidemill::net
