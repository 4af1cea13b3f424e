#include "metadata/dialect_lines.h"

#include <algorithm>

namespace tidemill::metadata {

std::string lines_for(Dialect dialect, std::string_view script) {
  const std::string_view other = dialect == Dialect::kSqlite ? "-- postgresql" : "-- sqlite";
  std::string kept;
  kept.reserve(script.size());
  while (!script.empty()) {
    const size_t end = std::min(script.find('\n'), script.size());
    const std::string_view line = script.substr(0, end);
    if (!line.ends_with(other)) kept.append(line).append("\n");
    script.remove_prefix(std::min(end + 1, script.size()));
  }
  return kept;
}

}  // namespace tidemill::metadata
