#pragma once
// A SQLite connection, opened and set up. What the settings are for: sqlite_database.h.

#include <memory>
#include <string>

#include <sqlite3.h>

#include "metadata/database.h"

namespace tidemill::metadata::sqlite {

struct CloseConnection {
  void operator()(sqlite3* connection) const { sqlite3_close_v2(connection); }
};
using Connection = std::unique_ptr<sqlite3, CloseConnection>;

// Readers of a WAL database write a file beside it (FILE-shm). Where the file system is read-only and
// FILE-wal holds nothing, the file alone is read, as one that nobody changes. Errors: kPermissionDenied when
// FILE-wal does hold changes, or when the folder may not be written to; kNotFound when there is no such file
// and `options.create` is false; those of Database.
Connection connect(const std::string& path, const OpenOptions& options);

}  // namespace tidemill::metadata::sqlite
