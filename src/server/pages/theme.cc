// POST /theme: light, dark or as the system, kept in a cookie for a year. Where there is a script it sets the
// same.

#include "base/error.h"
#include "net/server/cookies.h"
#include "server/pages/endpoints.h"
#include "server/pages/form_values.h"

namespace tidemill::server::pages {
namespace {

constexpr int64_t kYearS = 365 * 86'400;

net::Response set_theme(Call& call) {
  const Form form(call.request);
  const std::string theme = form.required("theme");
  if (theme != "light" && theme != "dark" && theme != "system") {
    throw Error(ErrorCode::kInvalidArgument, "'" + theme + "' is no theme");
  }
  net::CookieOptions options;
  options.max_age_s = kYearS;
  options.http_only = false;  // the page's script changes it
  return net::Response::redirect(back_path(form, "/"), 303)
      .add_header("Set-Cookie", net::format_set_cookie("theme", theme, options));
}

}  // namespace

std::vector<Endpoint> theme_endpoints() {
  return {{"POST", "/theme", set_theme}};
}

}  // namespace tidemill::server::pages
