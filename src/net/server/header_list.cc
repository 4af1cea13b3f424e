#include "net/server/header_list.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "net/server/http_grammar.h"

namespace tidemill::net {
namespace {

void require_header(const std::string& name, const std::string& value) {
  if (!is_token(name)) {
    throw Error(ErrorCode::kInvalidArgument, fmt::format("'{}' cannot be the name of a header", name));
  }
  if (!is_header_value(value)) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("the header {} cannot have a line break or NUL in its value", name));
  }
}

}  // namespace

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
           return x == y || ascii_lower(x) == ascii_lower(y);
         });
}

std::optional<std::string_view> HeaderList::find(std::string_view name) const {
  for (const auto& [key, value] : headers_) {
    if (equal_ignoring_case(key, name)) return value;
  }
  return std::nullopt;
}

void HeaderList::add(std::string name, std::string value) {
  require_header(name, value);
  headers_.emplace_back(std::move(name), std::move(value));
}

void HeaderList::set(std::string name, std::string value) {
  require_header(name, value);
  remove(name);
  headers_.emplace_back(std::move(name), std::move(value));
}

void HeaderList::remove(std::string_view name) {
  std::erase_if(headers_, [&](const Header& header) { return equal_ignoring_case(header.first, name); });
}

}  // namespace tidemill::net
