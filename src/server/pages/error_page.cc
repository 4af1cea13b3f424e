#include "server/pages/error_page.h"

#include "server/pages/layout.h"

namespace tidemill::server::pages {

net::Response error_page(const Error& error, const std::string& user) {
  const int status = http_status(error.code());
  const Html body = element("h1", {}, {"Error " + std::to_string(status)}) +
                    element("p", {{"role", "alert"}}, {error.message()}) +
                    element("p", {}, {link("/", "To the overview")});
  return bare_page("Error " + std::to_string(status), body, status, user);
}

}  // namespace tidemill::server::pages
