#include "net/server/cookies.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "net/server/http_grammar.h"

namespace tidemill::net {
namespace {

// Calls visit(name, value) for each cookie until it returns true.
template <typename Visit>
void visit_cookies(std::string_view header, Visit visit) {
  while (!header.empty()) {
    const size_t end = std::min(header.find(';'), header.size());
    const std::string_view pair = header.substr(0, end);
    header.remove_prefix(std::min(end + 1, header.size()));
    const size_t equals = pair.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view name = trim_blanks(pair.substr(0, equals));
    std::string_view value = trim_blanks(pair.substr(equals + 1));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
      value = value.substr(1, value.size() - 2);
    }
    if (!name.empty() && visit(name, value)) return;
  }
}

// RFC 6265, 4.1.1: cookie-octet.
bool is_cookie_value(std::string_view value) {
  return std::all_of(value.begin(), value.end(), [](char c) {
    return c > ' ' && c < '\x7f' && c != '"' && c != ',' && c != ';' && c != '\\';
  });
}

std::string_view name_of(SameSite same_site) {
  switch (same_site) {
    case SameSite::kStrict:
      return "Strict";
    case SameSite::kLax:
      return "Lax";
    case SameSite::kNone:
      break;
  }
  return "None";
}

}  // namespace

NamedValues parse_cookies(std::string_view header) {
  NamedValues cookies;
  visit_cookies(header, [&](std::string_view name, std::string_view value) {
    cookies.emplace_back(name, value);
    return false;
  });
  return cookies;
}

std::optional<std::string_view> find_cookie(std::string_view header, std::string_view name) {
  std::optional<std::string_view> found;
  visit_cookies(header, [&](std::string_view key, std::string_view value) {
    if (key == name) found = value;
    return found.has_value();
  });
  return found;
}

std::string format_set_cookie(const std::string& name, const std::string& value,
                              const CookieOptions& options) {
  if (!is_token(name)) {
    throw Error(ErrorCode::kInvalidArgument, fmt::format("'{}' cannot be the name of a cookie", name));
  }
  if (!is_cookie_value(value)) {
    throw Error(
        ErrorCode::kInvalidArgument,
        fmt::format("the value of the cookie {} has bytes that cookies cannot hold; encode it", name));
  }
  if (!is_header_value(options.path) || options.path.find(';') != std::string::npos) {
    throw Error(ErrorCode::kInvalidArgument, fmt::format("the cookie {} cannot have this path", name));
  }
  if (options.same_site == SameSite::kNone && !options.secure) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("the cookie {} is for other sites too: browsers want it to be secure", name));
  }
  std::string text = fmt::format("{}={}; Path={}", name, value, options.path);
  if (options.max_age_s) text += fmt::format("; Max-Age={}", *options.max_age_s);
  if (options.http_only) text += "; HttpOnly";
  if (options.secure) text += "; Secure";
  return text + fmt::format("; SameSite={}", name_of(options.same_site));
}

}  // namespace tidemill::net
