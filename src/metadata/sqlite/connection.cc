#include "metadata/sqlite/connection.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <limits>
#include <system_error>

#include <fmt/format.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/error.h"
#include "metadata/sqlite/sqlite_error.h"

namespace tidemill::metadata::sqlite {
namespace {

// PostgreSQL's collation "C", which is SQLite's BINARY.
int compare_bytes(void*, int left_size, const void* left, int right_size, const void* right) {
  const int order = std::memcmp(left, right, static_cast<size_t>(std::min(left_size, right_size)));
  return order != 0 ? order : left_size - right_size;
}

Connection open_file(const std::string& name, const std::string& path, int flags) {
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(name.c_str(), &raw, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  Connection connection(raw);
  if (raw == nullptr) throw Error(ErrorCode::kResourceExhausted, "no memory to open database '" + path + "'");
  if (code != SQLITE_OK) throw_last_error(raw, path, "");
  sqlite3_extended_result_codes(raw, 1);
  if (sqlite3_create_collation(raw, "C", SQLITE_UTF8, nullptr, compare_bytes) != SQLITE_OK) {
    throw_last_error(raw, path, "");
  }
  return connection;
}

bool is_on_read_only_file_system(const std::string& path) {
  struct statvfs system {};
  if (statvfs(path.c_str(), &system) == 0 && (system.f_flag & ST_RDONLY) != 0) return true;
  return access(path.c_str(), W_OK) != 0 && errno == EROFS;
}

bool has_unfolded_changes(const std::string& path) {
  std::error_code absent;
  const auto size = std::filesystem::file_size(path + "-wal", absent);
  return !absent && size > 0;
}

// SQLite's URI of a file that does not change. Source: https://www.sqlite.org/uri.html
std::string immutable_uri(const std::string& path) {
  std::string uri = "file:";
  for (const char c : path) {
    if (c == '%' || c == '?' || c == '#') {
      uri += fmt::format("%{:02x}", static_cast<unsigned>(c));
    } else {
      uri += c;
    }
  }
  return uri + "?immutable=1";
}

[[noreturn]] void refuse(const std::string& path) {
  const std::string changes = has_unfolded_changes(path)
                                  ? fmt::format(
                                        "; '{}-wal' holds its last changes, which any command that "
                                        "runs where they can be written folds in",
                                        path)
                                  : "";
  throw Error(ErrorCode::kPermissionDenied,
              fmt::format("database '{}': reading it needs a file beside it, and its folder cannot be "
                          "written to{}: get the right to write there, or copy the project",
                          path, changes));
}

// False when the file beside the database, which all connections share, cannot be made.
bool use_write_ahead_log(sqlite3* connection, const std::string& path) {
  if (sqlite3_exec(connection, "PRAGMA journal_mode = WAL", nullptr, nullptr, nullptr) == SQLITE_OK)
    return true;
  const bool is_there = std::filesystem::exists(path);
  if (is_there && (sqlite3_extended_errcode(connection) & 0xff) == SQLITE_CANTOPEN) return false;
  throw_last_error(connection, path, "");
}

}  // namespace

Connection connect(const std::string& path, const OpenOptions& options) {
  const int flags = SQLITE_OPEN_READWRITE | (options.create ? SQLITE_OPEN_CREATE : 0);
  Connection connection = open_file(path, path, flags);
  const int timeout_ms =
      static_cast<int>(std::min<int64_t>(options.busy_timeout_ms, std::numeric_limits<int>::max()));
  sqlite3_busy_timeout(connection.get(), timeout_ms);
  if (use_write_ahead_log(connection.get(), path)) return connection;
  if (!is_on_read_only_file_system(path) || has_unfolded_changes(path)) refuse(path);
  return open_file(immutable_uri(path), path, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
}

}  // namespace tidemill::metadata::sqlite
