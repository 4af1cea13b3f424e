#pragma once
// Bodies of requests as forms and as JSON.

#include <cstddef>

#include "base/json_fwd.h"
#include "net/server/http_message.h"

namespace tidemill::net {

// The fields of an application/x-www-form-urlencoded body, in order. Errors: kInvalidArgument for another
// content type or a wrong '%'.
NamedValues parse_form_body(const Request& request);

// The body as JSON, whatever its content type says. Errors: kInvalidArgument saying where it breaks, for an
// empty body, and for more than `max_depth` arrays and objects inside each other.
Json parse_json_body(const Request& request, size_t max_depth = 64);

}  // namespace tidemill::net
