#include "net/server/url_text.h"

#include <algorithm>

namespace tidemill::net {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::optional<std::string> percent_decode(std::string_view text, PlusSign plus) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '%') {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = hex_value(text[i + 1]);
      const int low = hex_value(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else if (c == '+' && plus == PlusSign::kIsSpace) {
      out += ' ';
    } else {
      out += c;
    }
  }
  return out;
}

std::optional<NamedValues> parse_urlencoded(std::string_view text) {
  NamedValues values;
  while (!text.empty()) {
    const size_t end = std::min(text.find('&'), text.size());
    const std::string_view pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (pair.empty()) continue;
    const size_t equals = std::min(pair.find('='), pair.size());
    auto name = percent_decode(pair.substr(0, equals), PlusSign::kIsSpace);
    auto value = percent_decode(pair.substr(std::min(equals + 1, pair.size())), PlusSign::kIsSpace);
    if (!name || !value) return std::nullopt;
    values.emplace_back(std::move(*name), std::move(*value));
  }
  return values;
}

std::optional<std::filesystem::path> safe_relative_path(std::string_view decoded_path) {
  if (decoded_path.empty()) return std::nullopt;
  std::filesystem::path path;
  for (size_t begin = 0; begin <= decoded_path.size();) {
    const size_t end = std::min(decoded_path.find('/', begin), decoded_path.size());
    const std::string_view name = decoded_path.substr(begin, end - begin);
    if (name.empty() || name == "." || name == "..") return std::nullopt;
    if (name.find('\\') != std::string_view::npos || name.find('\0') != std::string_view::npos) {
      return std::nullopt;
    }
    path /= name;
    begin = end + 1;
  }
  return path;
}

}  // namespace tidemill::net
