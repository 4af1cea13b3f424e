#pragma once
// What all pages have: head, navigation, who is signed in.

#include <string>

#include "server/call.h"
#include "server/pages/html.h"

namespace tidemill::server::pages {

struct PageHead {
  std::string title;
  std::string section;  // the path of the link in the navigation that it belongs to: "/dags"
};

net::Response page(const Call& call, const PageHead& head, const Html& body, int status = 200);
// For those who have not signed in, or whose request failed.
net::Response bare_page(const std::string& title, const Html& body, int status, const std::string& user = "");

// The hidden field that each form with method="post" needs.
Html csrf_field(const Call& call);

// "/static/3f2a9c/app.css": of a file of ui/. Errors: kInternal when there is none.
std::string asset_path(std::string_view name);

}  // namespace tidemill::server::pages
