#pragma once
// What a person sees when a page cannot be shown.

#include <string>

#include "base/error.h"
#include "net/server/http_message.h"

namespace tidemill::server::pages {

net::Response error_page(const Error& error, const std::string& user);
// Of the server itself, before anybody is asked who he is.
net::Response refusal_page(int status, const std::string& detail);

}  // namespace tidemill::server::pages
