#include "cli/task_log_view.h"

#include <chrono>
#include <filesystem>
#include <ostream>
#include <thread>

#include "workflow/executor/task_log.h"

namespace tidemill::cli {
namespace {

constexpr size_t kReadBytes = 1 << 20;
constexpr auto kPause = std::chrono::milliseconds(200);

}  // namespace

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
        for (const workflow::LogRecord& record : page.records) out << workflow::line_text(record) << '\n';
        offset = page.next_offset;
      } while (!page.at_end);
      out.flush();
    }
    if (is_last) return;
    std::this_thread::sleep_for(kPause);
  }
}

}  // namespace tidemill::cli
