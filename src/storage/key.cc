#include "storage/key.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "base/error.h"

namespace tidemill::storage {
namespace {

constexpr size_t kMaxKeyBytes = 1024;  // S3's limit
constexpr size_t kMaxPartBytes = 255;  // NAME_MAX of Linux file systems

// Source: RFC 3629, section 4 (no overlong forms, no surrogates, at most U+10FFFF).
bool is_utf8(std::string_view text) {
  const auto byte = [&](size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const auto tail = [&](size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
  for (size_t i = 0; i < text.size();) {
    const unsigned lead = byte(i);
    const unsigned next = byte(i + 1);
    if (lead < 0x80) {
      i += 1;
    } else if (lead >= 0xC2 && lead <= 0xDF && tail(i + 1)) {
      i += 2;
    } else if ((lead & 0xF0U) == 0xE0 && tail(i + 1) && tail(i + 2) && !(lead == 0xE0 && next < 0xA0) &&
               !(lead == 0xED && next > 0x9F)) {
      i += 3;
    } else if (lead >= 0xF0 && lead <= 0xF4 && tail(i + 1) && tail(i + 2) && tail(i + 3) &&
               !(lead == 0xF0 && next < 0x90) && !(lead == 0xF4 && next > 0x8F)) {
      i += 4;
    } else {
      return false;
    }
  }
  return true;
}

// What is wrong with the parts of `key`, or "" when nothing is.
std::string fault_of_parts(std::string_view key, bool last_may_be_empty) {
  for (size_t begin = 0; begin <= key.size();) {
    const size_t end = std::min(key.find('/', begin), key.size());
    const std::string_view part = key.substr(begin, end - begin);
    if (part.empty() && !(last_may_be_empty && end == key.size())) return "has an empty part";
    if (part.starts_with('.')) return fmt::format("has a part '{}' that starts with a dot", part);
    if (part.size() > kMaxPartBytes) {
      return fmt::format("has a part of {} bytes; {} are allowed", part.size(), kMaxPartBytes);
    }
    begin = end + 1;
  }
  return "";
}

// "" when `key` may be one.
std::string fault_of(const std::string& key, bool is_prefix) {
  if (key.size() > kMaxKeyBytes) return fmt::format("has {} bytes; {} are allowed", key.size(), kMaxKeyBytes);
  if (!is_utf8(key)) return "is not UTF-8";
  for (const char c : key) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return "has a control character";
  }
  return fault_of_parts(key, is_prefix);
}

void check(const std::string& key, bool is_prefix) {
  const std::string fault = fault_of(key, is_prefix);
  if (!fault.empty()) throw Error(ErrorCode::kInvalidArgument, fmt::format("object key '{}' {}", key, fault));
}

}  // namespace

void check_key(const std::string& key) {
  check(key, false);
}
bool is_key(const std::string& key) {
  return fault_of(key, false).empty();
}
void check_prefix(const std::string& prefix) {
  check(prefix, true);
}

}  // namespace tidemill::storage
