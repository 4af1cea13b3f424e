#include "metadata/sqlite/sqlite_error.h"

#include <cerrno>
#include <system_error>

#include <fmt/format.h>

#include "base/error.h"

namespace tidemill::metadata::sqlite {
namespace {

struct Meaning {
  ErrorCode code;
  std::string_view hint;
};

constexpr std::string_view kDiskFull = "the disk or its quota is full: free space and run again";
constexpr std::string_view kNoAccess = "may this user read and write the file and its folder?";

Meaning meaning_of_errno(int error_number) {
  switch (error_number) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return {ErrorCode::kResourceExhausted, kDiskFull};
    case EACCES:
    case EPERM:
    case EROFS:
      return {ErrorCode::kPermissionDenied, kNoAccess};
    case ENOENT:
      return {ErrorCode::kNotFound, "the file or its folder does not exist"};
    case ENOTDIR:
    case EISDIR:
      return {ErrorCode::kInvalidArgument, "the path does not name a file in a folder"};
    default:
      return {ErrorCode::kUnavailable, "the file system refuses; try again"};
  }
}

Meaning meaning_of(int extended_code, int error_number) {
  if (extended_code == SQLITE_CONSTRAINT_UNIQUE || extended_code == SQLITE_CONSTRAINT_PRIMARYKEY) {
    return {ErrorCode::kAlreadyExists, ""};
  }
  switch (extended_code & 0xff) {
    case SQLITE_FULL:
      return {ErrorCode::kResourceExhausted, "free space and run again"};
    case SQLITE_NOMEM:
      return {ErrorCode::kResourceExhausted, "out of memory"};
    case SQLITE_NOTADB:
      return {ErrorCode::kCorrupted,
              "this is not a SQLite database: name another file, or move this one away"};
    case SQLITE_CORRUPT:
      return {ErrorCode::kCorrupted, "the file is damaged: restore it from a copy"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {ErrorCode::kConflict, "another program is writing to it: wait until it has ended"};
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return {ErrorCode::kPermissionDenied, kNoAccess};
    case SQLITE_CANTOPEN:
    case SQLITE_IOERR:
      return meaning_of_errno(error_number);
    case SQLITE_CONSTRAINT:
    case SQLITE_TOOBIG:
      return {ErrorCode::kInvalidArgument, ""};
    default:
      return {ErrorCode::kInternal, ""};
  }
}

// SQLite keeps the system's error number with the connection when opening fails, and with the file (the WAL
// is the one written to) when reading or writing does.
int last_errno(sqlite3* connection) {
  if (const int error_number = sqlite3_system_errno(connection); error_number != 0) return error_number;
  for (const int which : {SQLITE_FCNTL_JOURNAL_POINTER, SQLITE_FCNTL_FILE_POINTER}) {
    sqlite3_file* file = nullptr;
    int error_number = 0;
    if (sqlite3_file_control(connection, "main", which, &file) != SQLITE_OK) continue;
    // What lives in memory has no file behind it.
    if (file == nullptr || file->pMethods == nullptr || file->pMethods->xFileControl == nullptr) continue;
    file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &error_number);
    if (error_number != 0) return error_number;
  }
  return 0;
}

}  // namespace

void throw_last_error(sqlite3* connection, std::string_view path, std::string_view sql) {
  const int code = sqlite3_extended_errcode(connection);
  const int primary = code & 0xff;
  const bool from_system = primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN || primary == SQLITE_FULL;
  const int error_number = from_system ? last_errno(connection) : 0;
  const Meaning meaning = meaning_of(code, error_number);
  std::string message = fmt::format("database '{}': {}", path, sqlite3_errmsg(connection));
  if (error_number != 0) {
    message += fmt::format(" ({})", std::generic_category().message(error_number));
  }
  if (!meaning.hint.empty()) message += fmt::format("; {}", meaning.hint);
  if (meaning.code == ErrorCode::kInternal && !sql.empty()) message += fmt::format(" in: {}", sql);
  throw Error(meaning.code, std::move(message));
}

}  // namespace tidemill::metadata::sqlite
