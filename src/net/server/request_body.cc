#include "net/server/request_body.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"
#include "net/server/http_grammar.h"
#include "net/server/url_text.h"

namespace tidemill::net {

NamedValues parse_form_body(const Request& request) {
  const std::string_view type = request.header("Content-Type").value_or("");
  if (!equal_ignoring_case(trim_blanks(type.substr(0, type.find(';'))),
                           "application/x-www-form-urlencoded")) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("the body must be application/x-www-form-urlencoded, not '{}'", type));
  }
  auto values = parse_urlencoded(request.body);
  if (!values) {
    throw Error(ErrorCode::kInvalidArgument, "a '%' in the form is not followed by two hex digits");
  }
  return std::move(*values);
}

Json parse_json_body(const Request& request, size_t max_depth) {
  if (request.body.empty()) throw Error(ErrorCode::kInvalidArgument, "the body is empty; JSON is expected");
  const auto check_depth = [max_depth](int depth, Json::parse_event_t event, const Json&) {
    const bool opens =
        event == Json::parse_event_t::object_start || event == Json::parse_event_t::array_start;
    if (opens && static_cast<size_t>(depth) >= max_depth) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("the body has more than {} objects inside each other", max_depth));
    }
    return true;
  };
  try {
    return Json::parse(request.body, check_depth);
  } catch (const nlohmann::json::exception& error) {
    throw Error(ErrorCode::kInvalidArgument, fmt::format("the body is not valid JSON: {}", error.what()));
  }
}

}  // namespace tidemill::net
