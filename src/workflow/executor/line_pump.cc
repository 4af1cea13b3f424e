#include "workflow/executor/line_pump.h"

#include <array>
#include <cerrno>

#include <unistd.h>

#include "base/error.h"

namespace tidemill::workflow {
namespace {

constexpr size_t kBlockBytes = size_t{64} << 10;  // what a pipe holds
constexpr int kBlocksAtOnce = 16;
constexpr size_t kMaxLineBytes = size_t{16} << 10;

}  // namespace

void LinePump::set_log(std::string path, uint64_t max_bytes) {
  log_path_ = std::move(path);
  max_log_bytes_ = max_bytes;
}

bool LinePump::pump() {
  for (int block = 0; block < kBlocksAtOnce; ++block) {
    errno = 0;
    if (!pump_block()) return errno == EAGAIN;
  }
  return true;
}

// False at the end of the pipe, or, with EAGAIN, when it is empty.
bool LinePump::pump_block() {
  std::array<char, kBlockBytes> block{};
  ssize_t got = 0;
  while ((got = read(pipe_.get(), block.data(), block.size())) < 0 && errno == EINTR) {
  }
  if (got <= 0) return false;
  std::string_view bytes(block.data(), static_cast<size_t>(got));
  std::string lines;
  while (!bytes.empty()) {
    const size_t end = bytes.find('\n');
    rest_.append(bytes.substr(0, end));
    while (rest_.size() > kMaxLineBytes) {  // a line too long becomes several
      add_line(lines, std::string_view(rest_).substr(0, kMaxLineBytes));
      rest_.erase(0, kMaxLineBytes);
    }
    if (end == std::string_view::npos) break;
    add_line(lines, rest_);
    rest_.clear();
    bytes.remove_prefix(end + 1);
  }
  write(lines);
  return true;
}

void LinePump::finish() {
  std::string lines;
  if (!rest_.empty()) add_line(lines, rest_);
  rest_.clear();
  write(lines);
}

void LinePump::add_line(std::string& lines, std::string_view text) const {
  if (text.ends_with('\r')) text.remove_suffix(1);
  lines += format_log_line({log_timestamp_now(), level_, std::string(text), logger_});
}

void LinePump::write(const std::string& lines) {
  if (lines.empty() || log_path_.empty()) return;
  try {
    if (!log_) log_ = std::make_unique<TaskLog>(log_path_, max_log_bytes_, logger_);
    log_->append_lines(lines);
  } catch (const Error&) {
    log_path_.clear();  // the task itself could write its log, or has failed by it
  }
}

}  // namespace tidemill::workflow
