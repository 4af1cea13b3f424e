#pragma once
// Pages for people, one file a page.

#include <vector>

#include "server/call.h"

namespace tidemill::server::pages {

// Of all pages.
std::vector<Endpoint> endpoints();

std::vector<Endpoint> sign_in_endpoints();  // /login, /logout
std::vector<Endpoint> asset_endpoints();    // /static/...
std::vector<Endpoint> theme_endpoints();    // /theme

}  // namespace tidemill::server::pages
