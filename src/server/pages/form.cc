#include "server/pages/form.h"

#include <fmt/format.h>

#include "base/error.h"
#include "net/server/url_text.h"

namespace tidemill::server::pages {

Form::Form(const net::Request& request) {
  auto values = net::parse_urlencoded(request.body);
  if (!values) throw Error(ErrorCode::kInvalidArgument, "the form has a '%' without two hex digits");
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
