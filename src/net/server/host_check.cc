#include "net/server/host_check.h"

#include <algorithm>

#include <arpa/inet.h>

#include "net/server/http_grammar.h"

namespace tidemill::net {
namespace {

bool is_port(std::string_view text) {
  return text.size() <= 5 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_loopback_v4(const std::string& host) {
  in_addr address{};
  return ::inet_pton(AF_INET, host.c_str(), &address) == 1 && (ntohl(address.s_addr) >> 24) == 127;
}

}  // namespace

bool is_loopback(const std::string& address) {
  return address == "::1" || is_loopback_v4(address);
}

bool is_expected_host(const Request& request, std::span<const std::string> allowed) {
  std::string host(request.header("Host").value_or(""));
  std::transform(host.begin(), host.end(), host.begin(), ascii_lower);
  const size_t colon = host.rfind(':');
  const size_t bracket = host.rfind(']');
  if (colon != std::string::npos && (bracket == std::string::npos || colon > bracket)) {
    if (!is_port(std::string_view(host).substr(colon + 1))) return false;
    host.resize(colon);
  }
  return host == "localhost" || host == "[::1]" || is_loopback_v4(host) ||
         std::find(allowed.begin(), allowed.end(), host) != allowed.end();
}

}  // namespace tidemill::net
