#pragma once
#include <string>
#include <string_view>

#include "base/error.h"
#include "metadata/postgres/libpq.h"

namespace tidemill::metadata::postgres {

// The server has ended the connection, or is not ready for one.
bool means_lost(std::string_view sqlstate);

// The Error for what the server or libpq said, with what to do about it. `shown` is the URI without its
// password; `sql`, which may be empty, the statement.
Error error_for(std::string_view sqlstate, const std::string& message, std::string_view shown,
                std::string_view sql);

std::string sqlstate_of(const Result& result);
// What the result, or else the connection, says went wrong, on one line.
std::string message_of(const Result& result, const PGconn* connection);
// Without libpq's guesses and the server's source lines.
std::string one_line(std::string_view text);

}  // namespace tidemill::metadata::postgres
