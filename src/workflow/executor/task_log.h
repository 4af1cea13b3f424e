#pragma once
// Log files of tasks, one a try: one JSON object a line, as Airflow's structlog writes them:
//
//   {"timestamp":"2026-11-23T06:00:00.123456Z","level":"info","event":"1204 rows","logger":"task"}
//
// What a task and its children print becomes such lines too (logger task.stdout, task.stderr). Events
// "::group::Title" and "::endgroup::" fold lines in the UI. Any number of processes may append to one file:
// each record is one write. Files are made 0600, folders 0700.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tidemill::workflow {

struct LogRecord {
  std::string timestamp;  // ISO 8601 with microseconds and zone; "" for a line that is no record
  std::string level;      // debug, info, warning, error, critical
  std::string event;
  std::string logger;
};

// The line of a record with its newline. Events beyond 16 KiB are cut (with " [cut]"); what is not UTF-8
// becomes U+FFFD.
std::string format_log_line(const LogRecord& record);

class TaskLog {
 public:
  // Makes folders and file. Errors: those of throw_system_error.
  explicit TaskLog(const std::filesystem::path& path, uint64_t max_bytes = uint64_t{64} << 20,
                   std::string logger = "task");
  ~TaskLog();
  TaskLog(const TaskLog&) = delete;
  TaskLog& operator=(const TaskLog&) = delete;

  void write(std::string_view level, std::string_view event);
  void info(std::string_view event) { write("info", event); }
  void warning(std::string_view event) { write("warning", event); }
  void error(std::string_view event) { write("error", event); }
  void group(std::string_view title) { write("info", "::group::" + std::string(title)); }
  void end_group() { write("info", "::endgroup::"); }

  // The record that reaches max_bytes is the last but one: the last says that the rest was dropped. Whatever
  // goes wrong later (a full disk) is not the task's failure: the record is lost.
  void append(const LogRecord& record);
  // Lines as format_log_line makes them, in one write.
  void append_lines(std::string_view lines);

 private:
  int fd_ = -1;
  uint64_t max_bytes_;
  std::string logger_;
};

struct LogPage {
  std::vector<LogRecord> records;
  std::vector<int64_t> offsets;  // where the line of each begins
  int64_t next_offset = 0;
  bool at_end = false;  // nothing more in the file now
};

// Whole lines from `offset`, about `max_bytes` of them, at least one if there is one; a line that is still
// being written is left for the next call. Lines that are no records come as events without a timestamp.
// Errors: kNotFound when there is no such file.
LogPage read_log(const std::filesystem::path& path, int64_t offset, size_t max_bytes);

// Where the first line begins that begins at `offset` or behind it; the size of the file when there is none.
// Errors: kNotFound when there is no such file.
int64_t next_line_start(const std::filesystem::path& path, int64_t offset);

// For people: "[2026-11-23T06:00:00.123456Z] INFO - 1204 rows".
std::string line_text(const LogRecord& record);

// "2026-11-23T06:00:00.123456Z"
std::string log_timestamp_now();

}  // namespace tidemill::workflow
