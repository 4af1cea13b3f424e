#include "net/auth/basic_auth.h"

#include "base/base64.h"
#include "net/server/header_list.h"
#include "net/server/http_grammar.h"

namespace tidemill::net {
namespace {

// What follows the name of the scheme.
std::optional<std::string_view> after_scheme(std::string_view header, std::string_view scheme) {
  header = trim_blanks(header);
  if (header.size() <= scheme.size() || header[scheme.size()] != ' ') return std::nullopt;
  if (!equal_ignoring_case(header.substr(0, scheme.size()), scheme)) return std::nullopt;
  return trim_blanks(header.substr(scheme.size()));
}

}  // namespace

std::optional<Credentials> parse_basic_authorization(std::string_view header) {
  const auto encoded = after_scheme(header, "Basic");
  if (!encoded) return std::nullopt;
  const auto text = base64_decode(*encoded, Base64::kPadded);
  if (!text) return std::nullopt;
  const size_t colon = text->find(':');
  if (colon == std::string::npos) return std::nullopt;
  return Credentials{text->substr(0, colon), text->substr(colon + 1)};
}

std::optional<std::string_view> parse_bearer_authorization(std::string_view header) {
  const auto token = after_scheme(header, "Bearer");
  if (!token || token->empty() || token->find(' ') != std::string_view::npos) return std::nullopt;
  return token;
}

}  // namespace tidemill::net
