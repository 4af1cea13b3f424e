#include "server/pages/error_page.h"

#include "server/pages/layout.h"

namespace tidemill::server::pages {

net::Response error_page(const Error& error, const std::string& user) {
  const int status = http_status(error.code());
  const Html body =
      element("h1", {},
              {status == 404  ? "Not found"
               : status < 500 ? "That did not work"
                              : "Something broke"}) +
      element("p", {{"role", "alert"}, {"class", "notice bad"}}, {error.message()}) +
      element("p", {{"class", "muted"}},
              {"Status " + std::to_string(status) + ". Go back, or ", link("/", "to the overview"), "."});
  return bare_page("Error " + std::to_string(status), body, status, user);
}

}  // namespace tidemill::server::pages
