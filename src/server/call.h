#pragma once
// A request, with all that answers it, and who may ask.

#include <string>
#include <vector>

#include "dags/services.h"
#include "net/server/router.h"
#include "server/context.h"
#include "workflow/operations.h"

namespace tidemill::server {

class ProjectWatcher;
class SignIn;

// One request, on one worker thread. Everything in it is that thread's alone until the handler returns.
struct Call {
  const net::Request& request;
  const std::string& user;           // "" where everybody may ask and nobody has signed in
  const std::string& csrf_token;     // for the forms of a page; "" where nobody has signed in by a page
  dags::Services& project;           // with connections of its own
  metadata::Database& database;      // its own, or an AbsentDatabase
  workflow::Operations& operations;  // as that user
  const ServerContext& server;
  SignIn& sign_in;
  ProjectWatcher& watcher;
};

enum class Access {
  kSignedIn,     // a token, user and password (basic), or the cookie of the sign-in page
  kThisMachine,  // without, as long as the server listens to this machine alone
  kAnyone,
};

// `handle` answers or throws an Error. Where the path begins with /api/, /auth/ or /ui/ an Error is told as
// Airflow tells it ({"detail": ...}), elsewhere as a page. After a method that changes something the
// scheduler is woken.
struct Endpoint {
  const char* method;
  const char* pattern;  // of net::Router: "/api/v2/dags/{dag_id}"
  net::Response (*handle)(Call& call);
  Access access = Access::kSignedIn;
  uint64_t max_body_bytes = 0;  // 0: the server's; of strangers never more than that
  bool uses_engine = false;     // takes long: some workers are kept free of such requests
};

// The one table of what is answered. Errors: none.
std::vector<Endpoint> all_endpoints();

}  // namespace tidemill::server
