// GET and POST /login, POST /logout.

#include "server/pages/sign_in_page.h"

#include "net/http_client.h"
#include "net/server/url_text.h"
#include "server/access/sign_in.h"
#include "server/pages/endpoints.h"
#include "server/pages/form.h"
#include "server/pages/layout.h"

namespace tidemill::server::pages {
namespace {

constexpr uint64_t kMaxBodyBytes = 16 << 10;

Html field(const std::string& name, const std::string& label, const std::string& type,
           const std::string& autocomplete) {
  return element(
      "div", {{"class", "field"}},
      {element("label", {{"for", name}}, {label}), element("input", {{"id", name},
                                                                     {"name", name},
                                                                     {"type", type},
                                                                     {"autocomplete", autocomplete},
                                                                     {"required", ""}})});
}

net::Response sign_in_form(const std::string& next, const std::string& problem, int status) {
  Html body = element("h1", {}, {"Sign in"});
  if (!problem.empty()) body += element("p", {{"role", "alert"}, {"class", "notice bad"}}, {problem});
  body += element("form", {{"method", "post"}, {"action", "/login"}, {"class", "card"}},
                  {field("username", "User", "text", "username"),
                   field("password", "Password", "password", "current-password"),
                   element("input", {{"type", "hidden"}, {"name", "next"}, {"value", next}}),
                   element("button", {{"type", "submit"}, {"class", "primary"}}, {"Sign in"})});
  return bare_page("Sign in", element("div", {{"class", "sign-in stack"}}, {body}), status);
}

net::Response show(Call& call) {
  return sign_in_form(local_path(call.request.query_value("next").value_or("/"), "/"), "", 200);
}

bool is_tls(const Call& call) {
  return call.request.is_tls || call.server.is_behind_https;
}

net::Response sign_in(Call& call) {
  const Form form(call.request);
  const std::string next = local_path(form.value("next").value_or("/"), "/");
  const std::string user = form.value("username").value_or("");
  if (!call.sign_in.is_password(call.database, user, form.value("password").value_or(""), call.request)) {
    return sign_in_form(next, "Wrong user or password.", 401);
  }
  return net::Response::redirect(next, 303).add_header("Set-Cookie",
                                                       call.sign_in.sign_in_cookie(user, is_tls(call)));
}

net::Response sign_out(Call& call) {
  call.sign_in.revoke(call.request);
  return net::Response::redirect("/login", 303)
      .add_header("Set-Cookie", call.sign_in.sign_out_cookie(is_tls(call)));
}

}  // namespace

net::Response redirect_to_sign_in(const net::Request& request) {
  std::string wanted = request.method == "GET" ? request.raw_path : "/";
  if (request.method == "GET" && !request.raw_query.empty()) wanted += "?" + request.raw_query;
  return net::Response::redirect("/login?next=" + net::percent_encode(wanted), 303);
}

std::vector<Endpoint> sign_in_endpoints() {
  return {{"GET", "/login", show, Access::kAnyone},
          {"POST", "/login", sign_in, Access::kAnyone, kMaxBodyBytes},
          {"POST", "/logout", sign_out, Access::kSignedIn, kMaxBodyBytes}};
}

}  // namespace tidemill::server::pages
