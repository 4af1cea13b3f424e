#pragma once
// How Airflow's API says that something went wrong: {"detail": "..."}.

#include <string_view>

#include "base/error.h"
#include "net/server/http_message.h"

namespace tidemill::server::airflow {

net::Response failure(const Error& error);
net::Response not_authenticated();   // 401
net::Response method_not_allowed();  // 405
// {"error": ...}: for what is below /api/v1, and for anything else.
net::Response no_such_route(std::string_view path);

}  // namespace tidemill::server::airflow
