#include "cli/task_log_view.h"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <filesystem>
#include <ostream>
#include <thread>

#include <fmt/format.h>

namespace tidemill::cli {
namespace {

constexpr size_t kReadBytes = 1 << 20;
constexpr auto kPause = std::chrono::milliseconds(200);

}  // namespace

std::string log_line(const workflow::LogRecord& record) {
  if (record.timestamp.empty()) return record.event;
  std::string level = record.level;
  std::transform(level.begin(), level.end(), level.begin(), [](unsigned char c) { return std::toupper(c); });
  return fmt::format("[{}] {} - {}", record.timestamp, level, record.event);
}

void show_task_log(std::ostream& out, const std::string& file, bool follow,
                   const std::function<bool()>& has_ended) {
  int64_t offset = 0;
  while (true) {
    const bool is_last = !follow || has_ended();
    // A task that has only just been queued has no log yet.
    if (is_last || std::filesystem::exists(file)) {
      workflow::LogPage page;
      do {
        page = workflow::read_log(file, offset, kReadBytes);
        for (const workflow::LogRecord& record : page.records) out << log_line(record) << '\n';
        offset = page.next_offset;
      } while (!page.at_end);
      out.flush();
    }
    if (is_last) return;
    std::this_thread::sleep_for(kPause);
  }
}

}  // namespace tidemill::cli
