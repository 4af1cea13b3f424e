#include "net/auth/json_web_token.h"

#include <fmt/format.h>

#include "base/base64.h"
#include "base/error.h"
#include "base/json.h"
#include "base/secrets.h"

namespace tidemill::net {
namespace {

constexpr size_t kMaxTokenBytes = 16 << 10;

std::string_view name_of(TokenAlgorithm algorithm) {
  return algorithm == TokenAlgorithm::kHs256 ? "HS256" : "HS512";
}

std::string signature_of(std::string_view text, std::string_view secret, TokenAlgorithm algorithm) {
  return algorithm == TokenAlgorithm::kHs256 ? hmac_sha256(secret, text) : hmac_sha512(secret, text);
}

[[noreturn]] void refuse(std::string_view why) {
  throw Error(ErrorCode::kPermissionDenied, fmt::format("the token is refused: {}", why));
}

Json decode_object(std::string_view encoded) {
  const auto text = base64_decode(encoded, Base64::kUrl);
  if (!text) refuse("it is malformed");
  Json value = Json::parse(*text, nullptr, /*allow_exceptions=*/false);
  if (!value.is_object()) refuse("it is malformed");
  return value;
}

// A time in seconds; nullopt when the claim is absent.
std::optional<double> time_of(const Json& claims, const char* name) {
  const auto found = claims.find(name);
  if (found == claims.end()) return std::nullopt;
  if (!found->is_number()) refuse(fmt::format("{} is no number", name));
  return found->get<double>();
}

bool names_audience(const Json& claims, const std::string& audience) {
  const auto found = claims.find("aud");
  if (found == claims.end()) return false;
  if (!found->is_array()) return *found == audience;
  for (const Json& one : *found) {
    if (one == audience) return true;
  }
  return false;
}

void check_claims(const Json& claims, const TokenRules& rules) {
  const auto now = static_cast<double>(rules.now_s);
  const auto leeway = static_cast<double>(rules.leeway_s);
  const auto expires = time_of(claims, "exp");
  if (!expires && rules.must_expire) refuse("it never expires");
  if (expires && *expires + leeway <= now) refuse("it has expired");
  for (const char* name : {"nbf", "iat"}) {
    const auto begins = time_of(claims, name);
    if (begins && *begins - leeway > now) refuse("it is not valid yet");
  }
  if (!rules.audience.empty() && !names_audience(claims, rules.audience))
    refuse("it is for another audience");
  if (!rules.issuer.empty() && claims.value("iss", Json()) != rules.issuer) refuse("another issuer made it");
}

}  // namespace

std::string sign_token(const Json& claims, std::string_view secret, TokenAlgorithm algorithm) {
  if (secret.empty())
    throw Error(ErrorCode::kInvalidArgument, "tokens cannot be signed with an empty secret");
  const Json header = {{"alg", name_of(algorithm)}, {"typ", "JWT"}};
  std::string text = base64_encode(header.dump(), Base64::kUrl);
  text += "." + base64_encode(claims.dump(), Base64::kUrl);
  return text + "." + base64_encode(signature_of(text, secret, algorithm), Base64::kUrl);
}

Json verify_token(std::string_view token, std::string_view secret, const TokenRules& rules) {
  if (secret.empty())
    throw Error(ErrorCode::kInvalidArgument, "tokens cannot be verified with an empty secret");
  if (token.size() > kMaxTokenBytes) refuse("it is too long");
  const size_t first = token.find('.');
  const size_t last = token.rfind('.');
  if (first == std::string_view::npos || token.find('.', first + 1) != last || first == last) {
    refuse("it is malformed");
  }
  const auto signature = base64_decode(token.substr(last + 1), Base64::kUrl);
  if (!signature ||
      !equal_in_constant_time(*signature, signature_of(token.substr(0, last), secret, rules.algorithm))) {
    refuse("it is not signed with this server's secret");
  }
  const Json header = decode_object(token.substr(0, first));
  if (header.value("alg", Json()) != name_of(rules.algorithm)) refuse("it names another algorithm");
  Json claims = decode_object(token.substr(first + 1, last - first - 1));
  check_claims(claims, rules);
  return claims;
}

}  // namespace tidemill::net
