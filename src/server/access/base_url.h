#pragma once
// Where people reach a server that stands behind a proxy (Airflow's [api] base_url).

#include <string>
#include <string_view>

namespace tidemill::server {

struct BaseUrl {
  bool is_https = false;
  std::string host;  // in lower case, without the port
};

// "https://tidemill.example.org", with a port or not. Errors: kInvalidArgument for anything else; a path,
// too.
BaseUrl parse_base_url(std::string_view text);

}  // namespace tidemill::server
