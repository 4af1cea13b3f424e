#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace tidemill::metadata::postgres {

struct NumberedSql {
  std::string text;
  size_t parameter_count = 0;
};

// `?` as `$1`, `$2`, ...; those in literals, quoted names and comments stay as they are.
NumberedSql with_numbered_placeholders(std::string_view sql);

}  // namespace tidemill::metadata::postgres
