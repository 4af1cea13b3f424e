#pragma once
// A request as handlers see it, and the answer that they give. Threads: values; one thread at a time.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/json_fwd.h"
#include "net/server/header_list.h"
#include "net/server/stream_writer.h"

namespace tidemill::net {

using NamedValues = std::vector<std::pair<std::string, std::string>>;

// Complete when a handler sees it: the body has arrived and is within the route's limit. What is malformed
// (percent signs without two hex digits, an unclear length) was refused before.
struct Request {
  std::string method{};    // as sent: "GET"; names of methods are upper case
  std::string raw_path{};  // as sent, without the query: "/dags/a%2Fb"
  std::string path{};  // decoded: "/dags/a/b". May hold any byte, also NUL and "..": see safe_relative_path
  std::string raw_query{};  // behind '?', as sent
  NamedValues query{};      // decoded ('+' is a space), in order, names may repeat
  HeaderList headers{};
  std::string body{};
  std::string remote_address{};  // of the connection: "127.0.0.1"; a proxy's when there is one
  bool is_tls = false;

  NamedValues path_parameters{};     // decoded: {"run_id", "scheduled__2026-11-01T00:00:00+00:00"}
  std::string_view route_pattern{};  // "/dags/{dag_id}"; empty before a route is found
  NamedValues attributes{};          // what the application's `before` hook noted, such as who asks

  // nullopt when it was not sent; the first when it was sent more than once.
  std::optional<std::string_view> header(std::string_view name) const { return headers.find(name); }
  std::optional<std::string_view> query_value(std::string_view name) const;
  std::vector<std::string_view> query_values(std::string_view name) const;
  // Of `Cookie`, as sent (see cookies.h).
  std::optional<std::string_view> cookie(std::string_view name) const;
  // Errors: kInternal for a name that the route's pattern does not have.
  const std::string& path_parameter(std::string_view name) const;
  std::optional<std::string_view> attribute(std::string_view name) const;
};

// A body made while it is sent: `next` is called on a worker thread, again after each block was written;
// nullopt ends the body. What it throws breaks the connection off, so that the client sees that it is not
// whole. With `size_bytes` it is sent with a Content-Length (and must be that long), else in chunks.
struct BlockSource {
  std::function<std::optional<std::string>()> next;
  std::optional<uint64_t> size_bytes{};
};

class Response {
 public:
  using Body = std::variant<std::string, BlockSource, std::shared_ptr<StreamReader>>;

  // An empty body. Errors, here and below: kInternal for a status outside 200-599.
  explicit Response(int status = 200);

  // Cost: the body is moved, not copied. Content types with charset=utf-8 where they are text.
  static Response json(const Json& value, int status = 200);  // compact; bytes that are no UTF-8 are replaced
  static Response json_text(std::string text, int status = 200);
  static Response text(std::string text, int status = 200);
  static Response html(std::string text, int status = 200);
  static Response bytes(std::string content, std::string content_type, int status = 200);
  static Response no_content();
  // Errors: kInvalidArgument when `location` has CR, LF or NUL.
  static Response redirect(std::string location, int status = 302);
  // The file's bytes as they are now, in blocks. Errors: those of opening it (kNotFound, kPermissionDenied);
  // kInvalidArgument when it is no regular file.
  static Response file(const std::filesystem::path& path, std::string content_type);
  static Response blocks(BlockSource source, std::string content_type);
  // What is written to `writer`, from any thread, until it is closed. The connection is closed behind it.
  // Content types: "text/event-stream" for server-sent events (Cache-Control: no-store is added),
  // "application/x-ndjson" for lines of JSON, "" for none.
  static Response stream(const StreamWriter& writer, std::string content_type);

  int status() const { return status_; }
  void set_status(int status);

  const HeaderList& headers() const { return headers_; }
  // Errors: those of HeaderList. Content-Length, Transfer-Encoding, Connection and Date are the server's:
  // kInvalidArgument. They return *this: Response::text("x").set_header("ETag", etag)
  Response& set_header(std::string name, std::string value) &;
  Response&& set_header(std::string name, std::string value) &&;
  Response& add_header(std::string name, std::string value) &;
  Response&& add_header(std::string name, std::string value) &&;

  const Body& body() const { return body_; }
  Body& body() { return body_; }

 private:
  int status_ = 200;
  HeaderList headers_{};
  Body body_{};
};

}  // namespace tidemill::net
