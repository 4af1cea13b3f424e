#pragma once
// Lines of a task's log as HTML: coloured by level, folded by groups, what was searched for marked. Whatever
// the size of the log, a piece is bounded.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/pages/html.h"
#include "workflow/executor/task_log.h"

namespace tidemill::server::pages {

inline constexpr size_t kMaxPieceBytes = 96 << 10;  // of HTML, unless a single line is longer

struct LogQuery {
  std::string text;   // lines that have it, without regard to the case of ASCII letters; "" for all
  std::string level;  // this one and graver ones: "warning"; "" for all

  bool is_all() const { return text.empty() && level.empty(); }
};

struct LogPiece {
  Html lines;
  int64_t begin = 0, end = 0;  // where it stands in the file
};

// The last lines before `before`, an offset that a piece began with, or before the end of the file. Reads 256
// kB; 4 MB when it searches. Errors: kNotFound when there is no such file.
LogPiece lines_before(const std::filesystem::path& path, std::optional<int64_t> before,
                      const LogQuery& query);
// Whole lines from there on, 256 kB of the file at most. The end of a group that began before is an element
// with the class "group-end"; a group that is not over has the class "unended".
LogPiece lines_from(const std::filesystem::path& path, int64_t from, const LogQuery& query);

Html render_log(const std::vector<workflow::LogRecord>& records, const LogQuery& query);

}  // namespace tidemill::server::pages
