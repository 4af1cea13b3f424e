#pragma once
// JSON web tokens (RFC 7519) signed with a shared secret: HS256, HS512.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/json_fwd.h"

namespace tidemill::net {

enum class TokenAlgorithm { kHs256, kHs512 };

// `claims` is an object; what stands in it is signed as it is. Errors: kInvalidArgument for an empty secret.
std::string sign_token(const Json& claims, std::string_view secret, TokenAlgorithm algorithm);

struct TokenRules {
  TokenAlgorithm algorithm = TokenAlgorithm::kHs512;  // any other is refused, "none" always
  int64_t now_s = 0;                                  // seconds since the epoch
  int64_t leeway_s = 10;                              // clocks differ
  std::string audience{};                             // "" : `aud` is not looked at
  std::string issuer{};
  bool must_expire = true;  // without `exp` it is refused
};

// The claims. Errors: kPermissionDenied saying what is wrong: malformed, another signature, expired, not yet
// valid, for another audience. The signature is compared in constant time and before anything in it is read.
Json verify_token(std::string_view token, std::string_view secret, const TokenRules& rules);

}  // namespace tidemill::net
