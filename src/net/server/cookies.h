#pragma once
// Cookies (RFC 6265): what `Cookie` says, and `Set-Cookie`.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "net/server/http_message.h"

namespace tidemill::net {

enum class SameSite { kStrict, kLax, kNone };

struct CookieOptions {
  std::string path = "/";
  std::optional<int64_t> max_age_s{};  // none: until the browser is closed; 0: removes it
  bool http_only = true;
  bool secure = false;  // over TLS only; needed by SameSite::kNone
  SameSite same_site = SameSite::kLax;
};

// "a=1; b=2", in order; quotes around a value are removed, what has no '=' is left out.
NamedValues parse_cookies(std::string_view header);

// The value of one of them, as parse_cookies gives it; a view into `header`.
std::optional<std::string_view> find_cookie(std::string_view header, std::string_view name);

// The value of Set-Cookie. Errors: kInvalidArgument for a name that is no token, a value with spaces, quotes,
// commas, semicolons, backslashes or bytes outside ASCII, and for kNone without `secure`.
std::string format_set_cookie(const std::string& name, const std::string& value,
                              const CookieOptions& options = {});

}  // namespace tidemill::net
