#pragma once
#include <string_view>

#include <sqlite3.h>

namespace tidemill::metadata::sqlite {

// The Error for the failure that `connection` has just reported, with what to do about it. `path` and `sql`
// (may be empty) say where.
[[noreturn]] void throw_last_error(sqlite3* connection, std::string_view path, std::string_view sql);

}  // namespace tidemill::metadata::sqlite
