#pragma once
// Airflow's search texts: NAME_pattern and NAME_prefix_pattern of its REST API
// (airflow.api_fastapi.common.parameters).

#include <string>
#include <string_view>
#include <vector>

namespace tidemill::workflow {

// Both must be met; "" does not restrict, "~" is anything. '|' stands between alternatives.
struct Pattern {
  std::string contains;  // in any case of letters, '%' for any letters, '_' for one
  std::string prefix;    // as it is written
};

// As databases with `LIKE` would say. Letters beyond ASCII are told apart by case.
bool matches(const Pattern& pattern, std::string_view text);

// What stands between the '|' of a search text, without the spaces around; "~" is one empty text.
std::vector<std::string> alternatives_of(std::string_view search);

}  // namespace tidemill::workflow
