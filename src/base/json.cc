#include "base/json.h"

#include <fmt/format.h>

#include "base/error.h"

namespace tidemill {

Json parse_json(std::string_view text, std::string_view place) {
  try {
    return Json::parse(text);
  } catch (const nlohmann::json::exception& error) {
    throw Error(ErrorCode::kCorrupted, fmt::format("{} is not valid JSON: {}", place, error.what()));
  }
}

std::string format_json(const Json& value) {
  return value.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace tidemill
