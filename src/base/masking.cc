#include "base/masking.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "base/json.h"

namespace tidemill {
namespace {

constexpr char kMask[] = "***";
constexpr std::array<std::string_view, 20> kSensitive = {
    "access_key",    "access_token",    "api_key",           "apikey", "auth_header",
    "authorization", "bearer",          "connection_string", "dsn",    "passphrase",
    "passwd",        "password",        "private_key",       "proxy",  "proxies",
    "secret",        "service_account", "service_key",       "token",  "keyfile_dict"};

// Whether anything was masked.
bool mask(Json& value) {
  bool is_masked = false;
  if (value.is_object()) {
    for (auto& [name, part] : value.items()) {
      if (is_sensitive_name(name)) {
        part = kMask;
        is_masked = true;
      } else {
        is_masked = mask(part) || is_masked;
      }
    }
  } else if (value.is_array()) {
    for (Json& part : value) is_masked = mask(part) || is_masked;
  }
  return is_masked;
}

}  // namespace

bool is_sensitive_name(std::string_view name) {
  // Lower case, and one '_' for any number of what is no letter, digit or '_'.
  std::string normal;
  for (const char c : name) {
    const auto letter = static_cast<unsigned char>(c);
    if (std::isalnum(letter) != 0 || c == '_' || letter >= 0x80) {
      normal += static_cast<char>(std::tolower(letter));
    } else if (!normal.ends_with('_')) {
      normal += '_';
    }
  }
  return std::any_of(kSensitive.begin(), kSensitive.end(),
                     [&](std::string_view word) { return normal.find(word) != std::string::npos; });
}

std::string masked_value(std::string_view key, const std::string& value) {
  if (is_sensitive_name(key)) return kMask;
  if (!(value.starts_with('{') || value.starts_with('[')) || is_too_deep(value)) return value;
  Json json = Json::parse(value, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded() || !mask(json)) return value;
  return json.dump();
}

}  // namespace tidemill
