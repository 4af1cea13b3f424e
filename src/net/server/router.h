#pragma once
// Which handler answers a path. Patterns are made of segments:
//
//   /api/v2/dags/{dag_id}/dagRuns     {name}: one segment, not empty. Segments are split at the '/' that were
//                                     sent and decoded then, so that a value may hold %2F.
//   /static/{path...}                 {name...}: the rest, also empty or with '/'; only as the last segment.
//
// Where several match, text goes before {name} before {name...}, segment by segment from the left, among
// those that have the method. HEAD is answered by GET where it has no route of its own.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/server/http_message.h"

namespace tidemill::net {

// Called on a worker thread, many at a time: what it shares must be safe for that. What it throws is answered
// by the server's hooks.
using Handler = std::function<Response(const Request&)>;

struct RouteOptions {
  // Called on the thread that serves the connections instead: for handlers that take microseconds and wait
  // for nothing. While one runs, the other connections of that thread wait.
  bool is_inline = false;
  // Instead of the server's; 0: the server's.
  uint64_t max_body_bytes = 0;
};

struct Route {
  std::string method;  // "GET"
  std::string pattern;
  Handler handler;
  RouteOptions options{};
};

struct RouteMatch {
  const Route* route = nullptr;
  NamedValues parameters{};  // decoded
};

// Safe for many threads once it is built.
class Router {
 public:
  Router();
  // Errors: those of add.
  explicit Router(std::vector<Route> routes);
  ~Router();
  Router(Router&&) noexcept;
  Router& operator=(Router&&) noexcept;

  // Errors: kAlreadyExists naming both patterns when another route answers exactly the same requests (names
  // of parameters make no difference); kInvalidArgument for a pattern that is none.
  void add(Route route);
  void add(std::vector<Route> routes);

  // `raw_path` as sent, well formed. nullopt when no route has path and method. Cost: a hash look-up a
  // segment, whatever the number of routes.
  std::optional<RouteMatch> match(std::string_view method, std::string_view raw_path) const;
  // What the path has: {"GET", "HEAD", "OPTIONS", ...}, sorted; empty: there is no such path.
  std::vector<std::string> allowed_methods(std::string_view raw_path) const;

  // In the order they were added.
  std::vector<const Route*> routes() const;

 private:
  struct Node;
  std::unique_ptr<Node> root_;
  std::vector<std::unique_ptr<Route>> routes_;
};

}  // namespace tidemill::net
