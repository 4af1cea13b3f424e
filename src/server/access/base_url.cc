#include "server/access/base_url.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "base/error.h"

namespace tidemill::server {

BaseUrl parse_base_url(std::string_view text) {
  BaseUrl base;
  std::string_view rest = text;
  if (rest.starts_with("https://")) {
    base.is_https = true;
    rest.remove_prefix(8);
  } else if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
  } else {
    rest = {};
  }
  if (rest.ends_with('/')) rest.remove_suffix(1);
  // The ':' before a port, not one inside an IPv6 address.
  const size_t colon = rest.find(':', rest.rfind(']') == std::string_view::npos ? 0 : rest.rfind(']'));
  const bool has_port = colon != std::string_view::npos;
  const std::string_view port = has_port ? rest.substr(colon + 1) : "0";
  const bool is_number = !port.empty() && port.size() <= 5 &&
                         std::all_of(port.begin(), port.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (rest.empty() || colon == 0 || !is_number || rest.find_first_of("/?#@ ") != std::string_view::npos) {
    throw Error(
        ErrorCode::kInvalidArgument,
        fmt::format("'{}' is no base URL: https://HOST or http://HOST, with :PORT or not, without a path",
                    text));
  }
  base.host = rest.substr(0, colon);
  std::transform(base.host.begin(), base.host.end(), base.host.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return base;
}

}  // namespace tidemill::server
