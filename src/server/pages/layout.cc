#include "server/pages/layout.h"

#include <utility>

#include "server/pages/assets.h"

namespace tidemill::server::pages {
namespace {

constexpr std::pair<const char*, const char*> kNavigation[] = {
    {"/", "Overview"},
    {"/dags", "DAGs"},
    {"/data", "Data"},
    {"/models", "Models"},
    {"/experiments", "Experiments"},
    {"/variables", "Variables"},
    {"/pools", "Pools"},
    {"/log", "Audit log"},
};

// A water wheel: that of ui/icon.svg, in the colour of its surroundings.
constexpr char kWheel[] =
    "<svg viewBox=\"0 0 32 32\" aria-hidden=\"true\" fill=\"none\" stroke=\"currentColor\" "
    "stroke-width=\"2.4\" stroke-linecap=\"round\"><circle cx=\"16\" cy=\"13\" r=\"9\"/>"
    "<path d=\"M16 4v18M7 13h18M9.6 6.6l12.8 12.8M22.4 6.6L9.6 19.4\"/>"
    "<path d=\"M2 26c3.5-3 5.800-3 9.300 0s5.900 3 9.400 0 5.800-3 9.300 0\"/></svg>";

// Three buttons of which one is shown: it says what is, and sets what comes next.
struct Theme {
  const char *is, *next, *sign, *label;
};
constexpr Theme kThemes[] = {{"system", "light", "◐", "Colours are the system's: make them light"},
                             {"light", "dark", "☀", "Colours are light: make them dark"},
                             {"dark", "system", "☾", "Colours are dark: make them the system's"}};

std::string theme_of(const net::Request& request) {
  const std::string_view theme = request.cookie("theme").value_or("system");
  return theme == "light" || theme == "dark" ? std::string(theme) : "system";
}

Html theme_switch(const Call& call) {
  const std::string present = theme_of(call.request);
  std::vector<Html> buttons = {
      csrf_field(call),
      element("input", {{"type", "hidden"}, {"name", "back"}, {"value", call.request.raw_path}})};
  for (const Theme& theme : kThemes) {
    Attributes attributes = {{"name", "theme"},
                             {"value", theme.next},
                             {"class", "quiet icon"},
                             {"title", theme.label},
                             {"aria-label", theme.label}};
    if (present != theme.is) attributes.push_back({"hidden", ""});
    buttons.push_back(element("button", attributes, {theme.sign}));
  }
  return element("form", {{"method", "post"}, {"action", "/theme"}}, buttons);
}

Html head_of(const std::string& title) {
  return element(
      "head", {},
      {element("meta", {{"charset", "utf-8"}}),
       element("meta", {{"name", "viewport"}, {"content", "width=device-width, initial-scale=1"}}),
       element("title", {}, {title}), element("link", {{"rel", "icon"}, {"href", asset_path("icon.svg")}}),
       element("link", {{"rel", "stylesheet"}, {"href", asset_path("app.css")}}),
       element("link", {{"rel", "stylesheet"}, {"href", asset_path("data.css")}}),
       element("script", {{"src", asset_path("app.js")}, {"defer", ""}})});
}

Html navigation(const std::string& section) {
  std::vector<Html> links;
  for (const auto& [path, text] : kNavigation) {
    const bool is_here = section == path;
    links.push_back(
        link(path, text, {{"aria-current", is_here ? std::optional<std::string>("page") : std::nullopt}}));
  }
  return element("nav", {{"class", "site-nav"}, {"aria-label", "Sections"}}, links);
}

Html site_head(const Html& navigation, const Html& tools) {
  return element("header", {{"class", "site-head"}},
                 {element("div", {},
                          {link("/", Html::trusted(kWheel) + "Tidemill", {{"class", "brand"}}), navigation,
                           element("div", {{"class", "site-tools"}}, {tools})})});
}

net::Response document(const std::string& title, const std::string& theme, const Html& header,
                       const Html& body, const Html& footer, int status) {
  const Html html = element(
      "html", {{"lang", "en"}, {"data-theme", theme == "system" ? std::nullopt : std::optional(theme)}},
      {head_of(title),
       element(
           "body", {},
           {element("a", {{"class", "skip-link"}, {"href", "#main"}}, {"Skip to the content"}), header,
            element("main", {{"id", "main"}, {"tabindex", "-1"}}, {body}), footer,
            element("div", {{"id", "announcer"}, {"class", "visually-hidden"}, {"aria-live", "polite"}})})});
  return net::Response::html("<!doctype html>" + html.text(), status);
}

}  // namespace

net::Response page(const Call& call, const PageHead& head, const Html& body, int status) {
  const Html sign_out = element(
      "form", {{"method", "post"}, {"action", "/logout"}},
      {csrf_field(call),
       element("button", {{"class", "quiet small"}, {"title", "Signed in as " + call.user}}, {"Sign out"})});
  const Html footer =
      element("footer", {{"class", "site-foot"}},
              {element("span", {}, {call.server.project_name}),
               element("span", {}, {"Tidemill " + call.server.version}),
               element("span", {{"id", "time-zone"}}, {"Times are UTC"}),
               element("span", {{"id", "live-state"}, {"class", "live-state"}, {"hidden", ""}})});
  return document(head.title + " · " + call.server.project_name, theme_of(call.request),
                  site_head(navigation(head.section), theme_switch(call) + sign_out), body, footer, status);
}

net::Response bare_page(const std::string& title, const Html& body, int status, const std::string& user) {
  return document(title + " · Tidemill", "system", site_head(user.empty() ? Html() : navigation(""), {}),
                  body, {}, status);
}

Html csrf_field(const Call& call) {
  return element("input", {{"type", "hidden"}, {"name", "csrf_token"}, {"value", call.csrf_token}});
}

}  // namespace tidemill::server::pages
