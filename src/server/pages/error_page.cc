#include "server/pages/error_page.h"

#include "server/pages/layout.h"

namespace tidemill::server::pages {

namespace {

net::Response page(int status, const std::string& message, const std::string& user) {
  const Html body =
      element("h1", {},
              {status == 404  ? "Not found"
               : status < 500 ? "That did not work"
                              : "Something broke"}) +
      element("p", {{"role", "alert"}, {"class", "notice bad"}}, {message}) +
      element("p", {{"class", "muted"}},
              {"Status " + std::to_string(status) + ". Go back, or ", link("/", "to the overview"), "."});
  return bare_page("Error " + std::to_string(status), body, status, user);
}

}  // namespace

net::Response error_page(const Error& error, const std::string& user) {
  return page(http_status(error.code()), error.message(), user);
}

net::Response refusal_page(int status, const std::string& detail) {
  return page(status, detail, "");
}

}  // namespace tidemill::server::pages
