#pragma once
// `Authorization: Basic ...` (RFC 7617) and `Bearer ...` as a server reads them.

#include <optional>
#include <string>
#include <string_view>

namespace tidemill::net {

struct Credentials {
  std::string user;
  std::string password;
};

// nullopt for another scheme, wrong base64, or no ':' in it.
std::optional<Credentials> parse_basic_authorization(std::string_view header);

// The token of "Bearer TOKEN"; nullopt for another scheme or none.
std::optional<std::string_view> parse_bearer_authorization(std::string_view header);

}  // namespace tidemill::net
