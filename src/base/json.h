#pragma once
// JSON documents, keys kept in the order they were written so that the same content is the same bytes.
// Headers that only name the type include <nlohmann/json_fwd.hpp> through base/json_fwd.h.

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/json_fwd.h"

namespace tidemill {

// Errors: kCorrupted naming `place` (a file or key) and where the text breaks.
Json parse_json(std::string_view text, std::string_view place);

// Two-space indented with a final newline: what we store for people to read. NaN and infinity become null.
std::string format_json(const Json& value);

// Nested beyond 200 levels: to write it again would take more stack than a thread has.
bool is_too_deep(std::string_view json);

}  // namespace tidemill
