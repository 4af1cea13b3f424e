#include "server/pages/form.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "net/server/url_text.h"

namespace tidemill::server::pages {

std::string local_path(std::string_view path, const std::string& otherwise) {
  const bool is_ours = path.starts_with('/') && !path.starts_with("//") &&
                       std::none_of(path.begin(), path.end(),
                                    [](unsigned char c) { return c <= 0x20 || c == 0x7F || c == '\\'; });
  return is_ours ? std::string(path) : otherwise;
}

Form::Form(const net::Request& request) {
  auto values = net::parse_urlencoded(request.body);
  if (!values) throw Error(ErrorCode::kInvalidArgument, "the form has a '%' without two hex digits");
  for (const auto& [name, value] : *values) {
    if (is_utf8(name) && is_utf8(value) && value.find('\0') == std::string::npos) continue;
    throw Error(ErrorCode::kInvalidArgument, "the form holds bytes that are no text");
  }
  values_ = std::move(*values);
}

std::optional<std::string> Form::value(std::string_view name) const {
  for (const auto& [key, value] : values_) {
    if (key == name) return value;
  }
  return std::nullopt;
}

std::vector<std::string> Form::values(std::string_view name) const {
  std::vector<std::string> found;
  for (const auto& [key, value] : values_) {
    if (key == name) found.push_back(value);
  }
  return found;
}

std::string Form::required(std::string_view name) const {
  const auto found = value(name);
  if (!found || found->empty()) {
    throw Error(ErrorCode::kInvalidArgument, fmt::format("the field '{}' is empty", name));
  }
  return *found;
}

}  // namespace tidemill::server::pages
