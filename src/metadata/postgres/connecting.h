#pragma once
// From a URI to a connection with the session's settings made.

#include <string>

#include "metadata/postgres/libpq.h"

namespace tidemill::metadata::postgres {

struct Address {
  std::string uri;    // as libpq takes it, with the password if there is one
  std::string shown;  // without it
};

// `rest` is what follows the scheme and ":". Errors: kInvalidArgument for what is no such URI; the message
// quotes nothing that could be a part of a password.
Address parse_address(const std::string& rest);

// How long connecting may go on when the server is not there or not ready.
struct Patience {
  int64_t window_ms = 0;
  bool only_while_starting = false;  // otherwise also when nobody answers
};

// Tries with growing pauses until the window ends. libpq's own variables (PGHOST, PGPASSWORD, PGSSLMODE, ...)
// and parameters in the URI work. One attempt takes at most connect_timeout, 10 s unless set.
// Errors: kUnavailable, kNotFound (no such database), kPermissionDenied.
Connection connect(const Address& address, int64_t busy_timeout_ms, const Patience& patience);

// Whether an idle connection still has its server. Cost: one poll().
bool is_alive(PGconn* connection);

}  // namespace tidemill::metadata::postgres
