#include "net/server/router.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "net/server/http_grammar.h"
#include "net/server/url_text.h"

namespace tidemill::net {
namespace {

struct TextHash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};

enum class SegmentKind { kText, kOne, kRest };

struct Segment {
  SegmentKind kind;
  std::string_view text;  // or the parameter's name
};

[[noreturn]] void refuse_pattern(std::string_view pattern, std::string_view why) {
  throw Error(ErrorCode::kInvalidArgument, fmt::format("the route pattern '{}' {}", pattern, why));
}

Segment parse_segment(std::string_view pattern, std::string_view text) {
  if (text.find_first_of("{}") == std::string_view::npos) return {SegmentKind::kText, text};
  if (!text.starts_with('{') || !text.ends_with('}')) {
    refuse_pattern(pattern, "has a parameter that is not a whole segment");
  }
  std::string_view name = text.substr(1, text.size() - 2);
  const bool is_rest = name.ends_with("...");
  if (is_rest) name.remove_suffix(3);
  if (!is_token(name)) refuse_pattern(pattern, "has a parameter without a plain name");
  return {is_rest ? SegmentKind::kRest : SegmentKind::kOne, name};
}

// "/a//b" -> "a", "", "b"; "/" -> "".
std::vector<std::string_view> split_path(std::string_view path) {
  std::vector<std::string_view> segments;
  path.remove_prefix(std::min<size_t>(1, path.size()));
  while (true) {
    const size_t end = path.find('/');
    segments.push_back(path.substr(0, end));
    if (end == std::string_view::npos) return segments;
    path.remove_prefix(end + 1);
  }
}

std::vector<Segment> parse_pattern(std::string_view pattern) {
  if (!pattern.starts_with('/')) refuse_pattern(pattern, "does not begin with '/'");
  std::vector<Segment> segments;
  for (const std::string_view text : split_path(pattern)) {
    if (!segments.empty() && segments.back().kind == SegmentKind::kRest) {
      refuse_pattern(pattern, "goes on behind {...}");
    }
    segments.push_back(parse_segment(pattern, text));
    for (size_t i = 0; i + 1 < segments.size(); ++i) {
      if (segments[i].kind != SegmentKind::kText && segments.back().kind != SegmentKind::kText &&
          segments[i].text == segments.back().text) {
        refuse_pattern(pattern, "has a parameter twice");
      }
    }
  }
  return segments;
}

}  // namespace

struct Router::Node {
  std::unordered_map<std::string, std::unique_ptr<Node>, TextHash, std::equal_to<>> texts;
  std::unique_ptr<Node> one;
  std::unique_ptr<Node> rest;
  struct Ending {
    const Route* route;
    std::vector<std::string_view> parameters;
  };
  std::vector<Ending> endings;  // of paths that end here, by method

  const Ending* ending(std::string_view method) const {
    for (const Ending& ending : endings) {
      if (ending.route->method == method) return &ending;
    }
    return nullptr;
  }

  // Calls visit(node, values) for each node that the path leads to, best first, until it returns true.
  template <typename Visit>
  bool walk(const std::vector<std::string>& path, size_t index, std::vector<std::string>& values,
            const Visit& visit) const {
    if (index == path.size()) return !endings.empty() && visit(*this, values);
    if (const auto found = texts.find(path[index]); found != texts.end()) {
      if (found->second->walk(path, index + 1, values, visit)) return true;
    }
    if (one && !path[index].empty()) {
      values.push_back(path[index]);
      if (one->walk(path, index + 1, values, visit)) return true;
      values.pop_back();
    }
    if (!rest) return false;
    std::string text = path[index];
    for (size_t i = index + 1; i < path.size(); ++i) text.append("/").append(path[i]);
    values.push_back(std::move(text));
    if (visit(*rest, values)) return true;
    values.pop_back();
    return false;
  }
};

namespace {

// Segments that are not well formed stay as they are; the server has refused them before.
std::vector<std::string> decoded_segments(std::string_view raw_path) {
  std::vector<std::string> segments;
  for (const std::string_view text : split_path(raw_path)) {
    segments.push_back(percent_decode(text).value_or(std::string(text)));
  }
  return segments;
}

}  // namespace

Router::Router() : root_(std::make_unique<Node>()) {}

Router::Router(std::vector<Route> routes) : Router() {
  add(std::move(routes));
}

Router::~Router() = default;
Router::Router(Router&&) noexcept = default;
Router& Router::operator=(Router&&) noexcept = default;

void Router::add(std::vector<Route> routes) {
  for (Route& route : routes) add(std::move(route));
}

void Router::add(Route route) {
  if (!is_token(route.method)) refuse_pattern(route.pattern, "has no method");
  if (!route.handler) refuse_pattern(route.pattern, "has no handler");
  auto kept = std::make_unique<Route>(std::move(route));
  Node* node = root_.get();
  std::vector<std::string_view> parameters;
  for (const Segment& segment : parse_pattern(kept->pattern)) {
    std::unique_ptr<Node>& next = segment.kind == SegmentKind::kOne ? node->one
                                  : segment.kind == SegmentKind::kRest
                                      ? node->rest
                                      : node->texts[std::string(segment.text)];
    if (!next) next = std::make_unique<Node>();
    node = next.get();
    if (segment.kind != SegmentKind::kText) parameters.push_back(segment.text);
  }
  if (const Node::Ending* other = node->ending(kept->method)) {
    throw Error(ErrorCode::kAlreadyExists,
                fmt::format("the routes {0} {1} and {0} {2} answer the same requests: remove one",
                            kept->method, other->route->pattern, kept->pattern));
  }
  node->endings.push_back({kept.get(), std::move(parameters)});
  routes_.push_back(std::move(kept));
}

std::optional<RouteMatch> Router::match(std::string_view method, std::string_view raw_path) const {
  const std::vector<std::string> path = decoded_segments(raw_path);
  std::vector<std::string> values;
  const auto find = [&](std::string_view wanted) -> std::optional<RouteMatch> {
    const Node::Ending* found = nullptr;
    root_->walk(path, 0, values, [&](const Node& node, const auto&) {
      found = node.ending(wanted);
      return found != nullptr;
    });
    if (found == nullptr) return std::nullopt;
    RouteMatch match{.route = found->route};
    for (size_t i = 0; i < values.size(); ++i) {
      match.parameters.emplace_back(found->parameters[i], std::move(values[i]));
    }
    return match;
  };
  auto match = find(method);
  if (!match && method == "HEAD") match = find("GET");
  return match;
}

std::vector<std::string> Router::allowed_methods(std::string_view raw_path) const {
  std::vector<std::string> methods;
  std::vector<std::string> values;
  root_->walk(decoded_segments(raw_path), 0, values, [&](const Node& node, const auto&) {
    for (const Node::Ending& ending : node.endings) methods.push_back(ending.route->method);
    return false;
  });
  if (methods.empty()) return methods;
  methods.emplace_back("OPTIONS");
  if (std::find(methods.begin(), methods.end(), "GET") != methods.end()) methods.emplace_back("HEAD");
  std::sort(methods.begin(), methods.end());
  methods.erase(std::unique(methods.begin(), methods.end()), methods.end());
  return methods;
}

std::vector<const Route*> Router::routes() const {
  std::vector<const Route*> all;
  for (const auto& route : routes_) all.push_back(route.get());
  return all;
}

}  // namespace tidemill::net
