#pragma once
// What a form sent (application/x-www-form-urlencoded).

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/server/http_message.h"

namespace tidemill::server::pages {

// `path` if it is one of this site, else `otherwise`: browsers take "//x", "/\\x" and "/<TAB>/x" for another
// site.
std::string local_path(std::string_view path, const std::string& otherwise);

class Form {
 public:
  // Errors: kInvalidArgument when the body is no form, or holds what is no UTF-8.
  explicit Form(const net::Request& request);
  // The first of that name; nullopt when it was not sent, as a box that is not ticked.
  std::optional<std::string> value(std::string_view name) const;
  std::vector<std::string> values(std::string_view name) const;
  // Errors: kInvalidArgument naming the field when it is absent or empty.
  std::string required(std::string_view name) const;

 private:
  net::NamedValues values_;
};

}  // namespace tidemill::server::pages
