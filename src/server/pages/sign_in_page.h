#pragma once
// The way to the sign-in page and back.

#include "net/server/http_message.h"

namespace tidemill::server::pages {

// Comes back to what was asked for.
net::Response redirect_to_sign_in(const net::Request& request);

}  // namespace tidemill::server::pages
