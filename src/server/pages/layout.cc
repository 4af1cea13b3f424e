#include "server/pages/layout.h"

#include <utility>

#include "server/pages/assets.h"

namespace tidemill::server::pages {
namespace {

constexpr std::pair<const char*, const char*> kNavigation[] = {
    {"/dags", "DAGs"}, {"/variables", "Variables"}, {"/pools", "Pools"}};

Html head_of(const std::string& title) {
  return element("head", {},
                 {element("meta", {{"charset", "utf-8"}}),
                  element("meta", {{"name", "viewport"}, {"content", "width=device-width, initial-scale=1"}}),
                  element("title", {}, {title}),
                  element("link", {{"rel", "stylesheet"}, {"href", asset_path("app.css")}}),
                  element("script", {{"src", asset_path("app.js")}, {"defer", ""}})});
}

Html navigation(const std::string& section) {
  std::vector<Html> links;
  for (const auto& [path, text] : kNavigation) {
    const bool is_here = section == path;
    links.push_back(
        link(path, text, {{"aria-current", is_here ? std::optional<std::string>("page") : std::nullopt}}));
  }
  return element("nav", {{"aria-label", "Sections"}}, links);
}

net::Response document(const std::string& title, const Html& header, const Html& body, int status) {
  const Html html =
      element("html", {{"lang", "en"}},
              {head_of(title), element("body", {}, {header, element("main", {{"id", "main"}}, {body})})});
  return net::Response::html("<!doctype html>" + html.text(), status);
}

}  // namespace

net::Response page(const Call& call, const PageHead& head, const Html& body, int status) {
  const Html sign_out = element("form", {{"method", "post"}, {"action", "/logout"}},
                                {csrf_field(call), element("span", {}, {call.user}),
                                 element("button", {{"type", "submit"}}, {"Sign out"})});
  const Html header = element("header", {}, {link("/", "Tidemill"), navigation(head.section), sign_out});
  return document(head.title + " · " + call.server.project_name, header, body, status);
}

net::Response bare_page(const std::string& title, const Html& body, int status, const std::string& user) {
  const Html header = element("header", {}, {link("/", "Tidemill"), user.empty() ? Html() : navigation("")});
  return document(title + " · Tidemill", header, body, status);
}

Html csrf_field(const Call& call) {
  return element("input", {{"type", "hidden"}, {"name", "csrf_token"}, {"value", call.csrf_token}});
}

}  // namespace tidemill::server::pages
