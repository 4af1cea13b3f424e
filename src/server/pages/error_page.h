#pragma once
// What a person sees when a page cannot be shown.

#include <string>

#include "base/error.h"
#include "net/server/http_message.h"

namespace tidemill::server::pages {

net::Response error_page(const Error& error, const std::string& user);

}  // namespace tidemill::server::pages
