#pragma once
// An HTTP/1.1 server: a few threads serve all connections, a pool of workers runs the handlers. Knows no
// service: routes and hooks say what it answers.
//
// Refused before any handler, with the connection closed behind it: 400 (malformed; two lengths or a length
// and chunks; folded headers; no Host), 408, 413, 417, 431, 501 (a transfer coding other than chunked), 505;
// 503 when too much is going on. Requests that arrive before the last one was answered (pipelining) are
// answered in order.

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "net/server/router.h"

namespace tidemill::net {

struct ServerLimits {
  size_t max_header_bytes = 32 << 10;      // request line and headers; more: 431
  uint64_t max_body_bytes = 16 << 20;      // more: 413. A route may have its own
  int64_t header_timeout_ms = 10'000;      // from the first byte of a request to the end of its headers: 408
  int64_t body_timeout_ms = 30'000;        // of a body, and a second more for each 16 KiB that arrived: 408
  int64_t idle_timeout_ms = 75'000;        // a kept connection between requests: closed
  int64_t write_timeout_ms = 30'000;       // the client takes nothing of an answer: closed
  size_t max_connections = 10'000;         // more: 503 and closed
  size_t max_concurrent_requests = 1'024;  // handlers that run or wait for a worker; more: 503
  size_t max_pipelined = 64;               // answers of inline handlers that are sent in one go
};

// PEM files. TLS 1.2 and later.
struct TlsFiles {
  std::filesystem::path certificate_chain;
  std::filesystem::path private_key;
};

struct ServerOptions {
  std::string address = "127.0.0.1";  // an IP address; "0.0.0.0" or "::" for all
  uint16_t port = 0;                  // 0: a free one, see HttpServer::port
  int io_thread_count = 1;            // serve the connections, and run inline handlers
  int worker_thread_count = 4;        // run the other handlers
  ServerLimits limits{};
  std::optional<TlsFiles> tls{};
  NamedValues
      default_headers{};  // of each answer that does not set them itself: Content-Security-Policy, ...
};

struct AccessRecord {
  std::string_view method;  // empty when the request was too malformed to have one
  std::string_view path;    // as sent, without the query
  std::string_view route_pattern;
  std::string_view remote_address;
  int status = 0;
  uint64_t body_bytes = 0;  // sent
  int64_t duration_us = 0;  // from the end of the headers to the last byte given to the system
};

// Each may be empty: then the server answers by itself, as {"status": 404, "detail": "..."}. They are called
// on worker and connection threads, several at a time. What a hook throws becomes a bare 500.
struct ServerHooks {
  // Before the handler, on its thread: an answer here (401, 403, a redirect) is given instead. May add
  // attributes to the request.
  std::function<std::optional<Response>(Request&)> before{};
  // No route has the path (404), or not with this method (405; `allow` is the Allow header, which is added).
  std::function<Response(const Request&)> not_found{};
  std::function<Response(const Request&, const std::string& allow)> method_not_allowed{};
  // A handler or `before` threw an Error.
  std::function<Response(const Request&, const Error&)> on_error{};
  // A handler threw something else. The client gets `refused(500)`, without `what`; this is for the log.
  std::function<void(const Request&, std::string_view what)> on_unexpected{};
  // The server itself refuses: 400, 408, 413, 417, 431, 500, 501, 503, 505. Of the request there may be no
  // more than what was read of it.
  std::function<Response(const Request&, int status, std::string_view detail)> refused{};
  // How large the request's body may be, its headers being there; `limit` is the route's. On a connection
  // thread: it must be quick.
  std::function<uint64_t(const Request&, uint64_t limit)> max_body_bytes{};
  // After each answer, on a connection thread: it must be quick.
  std::function<void(const AccessRecord&)> on_access{};
};

struct ServerCounters {
  std::array<uint64_t, 6> requests_by_class{};  // [2]: answered 2xx, ...; [0] unused
  uint64_t requests_in_flight = 0;              // now, without streams
  uint64_t open_connections = 0;                // now
  uint64_t open_streams = 0;                    // now
  uint64_t connections_accepted = 0;
  uint64_t connections_refused = 0;  // above max_connections
  uint64_t body_bytes_sent = 0;
};

class HttpServer {
 public:
  // Nothing is opened. Errors: kInvalidArgument for options out of range.
  HttpServer(ServerOptions options, Router router, ServerHooks hooks = {});
  // stop(0).
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Listens, starts the threads and returns. Once. Errors: kConflict when something else has the port,
  // kPermissionDenied for a port below 1024 without the right, kInvalidArgument for an address that is none
  // of this machine or TLS files that cannot be read.
  void start();
  // Accepts no more, closes idle connections and streams, lets requests that run end for `grace_ms`, then
  // cuts them off. Waits for handlers that still run: they cannot be killed. May be called more than once.
  void stop(int64_t grace_ms);

  // The port that is listened on. Errors: kInternal before start.
  uint16_t port() const;
  // "http://127.0.0.1:8080", with [..] around IPv6.
  std::string url() const;
  // Safe from any thread.
  ServerCounters counters() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidemill::net
