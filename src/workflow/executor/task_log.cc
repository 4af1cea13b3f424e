#include "workflow/executor/task_log.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/date.h"
#include "base/error.h"
#include "base/json.h"
#include "workflow/executor/file_descriptor.h"

namespace tidemill::workflow {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxEventBytes = size_t{16} << 10;
constexpr size_t kMaxLineBytes = size_t{1} << 20;  // of files that others wrote

void make_private_folders(const fs::path& folder) {
  if (folder.empty() || mkdir(folder.c_str(), 0700) == 0 || errno == EEXIST) return;
  if (errno != ENOENT) throw_system_error(errno, "make the folder", folder.string());
  make_private_folders(folder.parent_path());
  if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    throw_system_error(errno, "make the folder", folder.string());
  }
}

// Not in the middle of a character.
std::string_view cut_text(std::string_view text, size_t max_bytes) {
  size_t end = max_bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end);
}

std::string text_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return "";
  return found->is_string() ? found->get<std::string>() : found->dump();
}

LogRecord parse_line(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  LogRecord record;
  // Deeper than we write: a value would be written again, which takes as many calls.
  if (line.starts_with('{') && !is_too_deep(line)) {
    const Json object = Json::parse(line, nullptr, false);
    if (object.is_object() && object.contains("event")) {
      record.timestamp = text_of(object, "timestamp");
      record.level = text_of(object, "level");
      record.event = text_of(object, "event");
      record.logger = text_of(object, "logger");
      return record;
    }
  }
  record.event = line;
  return record;
}

}  // namespace

std::string log_timestamp_now() {
  const auto now = std::chrono::duration_cast<std::chrono::microseconds>(
                       std::chrono::system_clock::now().time_since_epoch())
                       .count();
  std::string text = format_utc_ms(now / 1000);
  text.insert(text.size() - 1, fmt::format("{:03}", now % 1000));
  return text;
}

std::string format_log_line(const LogRecord& record) {
  Json object;
  object["timestamp"] = record.timestamp;
  object["level"] = record.level;
  if (record.event.size() > kMaxEventBytes) {
    object["event"] = std::string(cut_text(record.event, kMaxEventBytes)) + " [cut]";
  } else {
    object["event"] = record.event;
  }
  object["logger"] = record.logger;
  return object.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
}

TaskLog::TaskLog(const fs::path& path, uint64_t max_bytes, std::string logger)
    : max_bytes_(max_bytes), logger_(std::move(logger)) {
  constexpr int kFlags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC;
  fd_ = open(path.c_str(), kFlags, 0600);
  if (fd_ < 0 && errno == ENOENT) {
    make_private_folders(path.parent_path());
    fd_ = open(path.c_str(), kFlags, 0600);
  }
  if (fd_ < 0) throw_system_error(errno, "write the log", path.string());
}

TaskLog::~TaskLog() {
  if (fd_ >= 0) close(fd_);
}

void TaskLog::write(std::string_view level, std::string_view event) {
  append({log_timestamp_now(), std::string(level), std::string(event), logger_});
}

void TaskLog::append(const LogRecord& record) {
  append_lines(format_log_line(record));
}

void TaskLog::append_lines(std::string_view lines) {
  struct stat status {};
  if (lines.empty() || fstat(fd_, &status) != 0 || static_cast<uint64_t>(status.st_size) >= max_bytes_)
    return;
  ssize_t written = 0;
  while ((written = ::write(fd_, lines.data(), lines.size())) < 0 && errno == EINTR) {
  }
  if (written <= 0) return;
  // Appending sets the place of this descriptor to the end of what it wrote. So one writer alone sees its own
  // record reach the limit, however many write at once.
  const off_t end = lseek(fd_, 0, SEEK_CUR);
  const auto reached = static_cast<uint64_t>(end), before = static_cast<uint64_t>(end - written);
  if (end < 0 || reached < max_bytes_ || before >= max_bytes_) return;
  const std::string last = format_log_line(
      {log_timestamp_now(), "warning",
       fmt::format("The log has reached its limit of {} bytes: what follows is not kept", max_bytes_),
       logger_});
  if (::write(fd_, last.data(), last.size()) < 0) return;  // as any record that is lost
}

LogPage read_log(const fs::path& path, int64_t offset, size_t max_bytes) {
  const FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) throw_system_error(errno, "read the log", path.string());
  LogPage page;
  page.next_offset = offset;
  std::string bytes;
  size_t wanted = std::clamp<size_t>(max_bytes, 1, size_t{64} << 20);
  size_t lines_end = std::string::npos;
  bool at_end = false;
  while (true) {
    bytes.resize(wanted);
    const ssize_t got = pread(file.get(), bytes.data(), wanted, offset);
    if (got < 0) throw_system_error(errno, "read the log", path.string());
    bytes.resize(static_cast<size_t>(got));
    at_end = bytes.size() < wanted;
    lines_end = bytes.rfind('\n');
    if (lines_end != std::string::npos || at_end || wanted >= kMaxLineBytes) break;
    wanted = std::min(wanted * 2, kMaxLineBytes);
  }
  if (lines_end == std::string::npos && at_end) {
    page.at_end = true;
    return page;
  }
  if (lines_end == std::string::npos) {  // a line without end
    page.records.push_back({"", "", bytes + " [cut]", ""});
    page.offsets.push_back(offset);
    page.next_offset += static_cast<int64_t>(bytes.size());
    return page;
  }
  page.at_end = at_end;
  page.next_offset += static_cast<int64_t>(lines_end) + 1;
  std::string_view rest = std::string_view(bytes).substr(0, lines_end + 1);
  while (!rest.empty()) {
    const size_t end = rest.find('\n');
    page.offsets.push_back(page.next_offset - static_cast<int64_t>(rest.size()));
    page.records.push_back(parse_line(rest.substr(0, end)));
    rest.remove_prefix(end + 1);
  }
  return page;
}

int64_t next_line_start(const fs::path& path, int64_t offset) {
  const FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) throw_system_error(errno, "read the log", path.string());
  if (offset <= 0) return 0;
  std::string bytes;
  for (int64_t at = offset - 1;; at += static_cast<int64_t>(bytes.size())) {
    bytes.resize(size_t{64} << 10);
    const ssize_t got = pread(file.get(), bytes.data(), bytes.size(), at);
    if (got < 0) throw_system_error(errno, "read the log", path.string());
    if (got == 0) return lseek(file.get(), 0, SEEK_END);
    bytes.resize(static_cast<size_t>(got));
    const size_t newline = bytes.find('\n');
    if (newline != std::string::npos) return at + static_cast<int64_t>(newline) + 1;
  }
}

std::string line_text(const LogRecord& record) {
  if (record.timestamp.empty()) return record.event;
  std::string level = record.level;
  std::transform(level.begin(), level.end(), level.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c; });
  return fmt::format("[{}] {} - {}", record.timestamp, level, record.event);
}

}  // namespace tidemill::workflow
