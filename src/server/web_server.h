#pragma once
// The server of `tidemill up`: the REST API and the pages, on one port.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "net/server/http_server.h"
#include "server/access/sign_in.h"
#include "server/context.h"

namespace tidemill::server {

struct WebOptions {
  std::string address = "127.0.0.1";  // beyond loopback whoever knows a password may come in
  uint16_t port = 8080;               // 0: a free one
  std::optional<net::TlsFiles> tls{};
  std::string base_url;                       // of the proxy before it; "": there is none
  int worker_thread_count = 8;                // at most half of them make pages with the SQL engine
  std::string signing_key;                    // of tokens; secret
  std::optional<std::string> given_password;  // admin's, instead of the stored one
};

class WebServer {
 public:
  // Errors: those of net::HttpServer; kInvalidArgument for a base_url that is none.
  WebServer(ServerContext context, WebOptions options);
  ~WebServer();
  WebServer(const WebServer&) = delete;
  WebServer& operator=(const WebServer&) = delete;

  // Listens, and returns. Errors: those of net::HttpServer::start.
  void start();
  // Ends what is going on, within seconds.
  void stop();
  std::string url() const;  // "http://127.0.0.1:8080"

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidemill::server
