#include "tracking/sql/rows.h"

#include <charconv>

#include <fmt/format.h>

#include "base/error.h"

namespace tidemill::tracking::sql {

std::string placeholders(size_t count) {
  std::string text;
  for (size_t i = 0; i < count; ++i) text += i == 0 ? "?" : ", ?";
  return text;
}

std::string in_list(std::string_view expression, size_t count) {
  return count == 0 ? "(1 = 0)" : fmt::format("{} IN ({})", expression, placeholders(count));
}

std::string append_path(const std::string& location, const std::string& rest) {
  return location.ends_with('/') ? location + rest : location + "/" + rest;
}

int64_t parse_experiment_id(const std::string& text) {
  int64_t id = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, id);
  if (text.empty() || parsed.ec != std::errc() || parsed.ptr != end) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("Invalid experiment ID '{}'. Experiment ID must be a valid integer.", text));
  }
  return id;
}

}  // namespace tidemill::tracking::sql
