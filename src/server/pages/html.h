#pragma once
// HTML that cannot be broken by what is shown in it: a text becomes Html only by being escaped.
//
//   element("p", {{"class", "note"}}, {"Run ", element("b", {}, {run.run_id})})

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tidemill::server::pages {

class Html {
 public:
  Html() = default;
  // Text, escaped.
  Html(std::string_view text);                                     // NOLINT(google-explicit-constructor)
  Html(const std::string& text) : Html(std::string_view(text)) {}  // NOLINT(google-explicit-constructor)
  Html(const char* text) : Html(std::string_view(text)) {}         // NOLINT(google-explicit-constructor)

  // What is HTML or SVG already, made by this program.
  static Html trusted(std::string html);

  Html& operator+=(const Html& more);
  friend Html operator+(Html a, const Html& b) { return std::move(a += b); }

  bool empty() const { return text_.empty(); }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

// Without a value it is left out; an empty value stands for a boolean one that is there.
struct Attribute {
  std::string_view name;
  std::optional<std::string> value = std::nullopt;
};
using Attributes = std::vector<Attribute>;

// Elements without content (input, br, img, ...) have no end tag.
Html element(std::string_view tag, const Attributes& attributes = {},
             std::initializer_list<Html> content = {});
Html element(std::string_view tag, const Attributes& attributes, const std::vector<Html>& content);
Html join(const std::vector<Html>& parts, const Html& between = {});

// A link inside this site: `path` begins with '/', its parts encoded by net::percent_encode. Errors:
// kInternal for another one.
Html link(const std::string& path, const Html& text, const Attributes& attributes = {});

}  // namespace tidemill::server::pages
