#pragma once
// What a list of tracked runs is ordered by, and how the state of one looks.

#include <string>

#include "net/server/http_message.h"
#include "server/pages/html.h"
#include "tracking/query.h"

namespace tidemill::server::pages {

struct RunOrder {
  std::string key = "start_time";  // "run_name", "status", "start_time" or "metrics.<name>"
  bool ascending = false;

  tracking::OrderBy order_by() const;
};

// ?order= and ?direction=asc|desc; the newest first without them. Errors: kInvalidArgument for another key.
RunOrder run_order(const net::Request& request);

Html run_status_chip(tracking::RunStatus status);

}  // namespace tidemill::server::pages
