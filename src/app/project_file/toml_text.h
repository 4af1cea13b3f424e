#pragma once
// TOML text to values. The one place that knows the TOML library.

#include <optional>
#include <string_view>

#include "app/project_file/value.h"

namespace tidemill::app {

// The whole file as a table. Errors: kInvalidArgument, "tidemill.toml:7: not valid TOML: ...".
Value parse_toml(std::string_view text);

// One value as it would stand after "=": 5, true, [1, 2], "text". nullopt when it is no TOML value.
std::optional<Value> parse_toml_value(std::string_view text);

}  // namespace tidemill::app
