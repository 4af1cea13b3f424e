#include "server/pages/html.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace tidemill::server::pages {
namespace {

constexpr std::array<std::string_view, 8> kVoid = {"area", "br", "col", "hr", "img", "input", "link", "meta"};

std::string start_tag(std::string_view tag, const Attributes& attributes) {
  std::string text = fmt::format("<{}", tag);
  for (const Attribute& attribute : attributes) {
    if (!attribute.value) continue;
    text += fmt::format(" {}", attribute.name);
    if (attribute.value->empty() && attribute.name != "value" && attribute.name != "alt") continue;
    text += "=\"";
    text += escape_markup(*attribute.value);
    text += '"';
  }
  return text += '>';
}

template <typename Content>
Html make_element(std::string_view tag, const Attributes& attributes, const Content& content) {
  std::string text = start_tag(tag, attributes);
  if (std::find(kVoid.begin(), kVoid.end(), tag) == kVoid.end()) {
    for (const Html& one : content) text += one.text();
    text += fmt::format("</{}>", tag);
  }
  return Html::trusted(std::move(text));
}

}  // namespace

Html::Html(std::string_view text) : text_(escape_markup(text)) {}

Html Html::trusted(std::string html) {
  Html made;
  made.text_ = std::move(html);
  return made;
}

Html& Html::operator+=(const Html& more) {
  text_ += more.text_;
  return *this;
}

Html element(std::string_view tag, const Attributes& attributes, std::initializer_list<Html> content) {
  return make_element(tag, attributes, content);
}

Html element(std::string_view tag, const Attributes& attributes, const std::vector<Html>& content) {
  return make_element(tag, attributes, content);
}

Html join(const std::vector<Html>& parts, const Html& between) {
  Html all;
  for (const Html& part : parts) {
    if (!all.empty()) all += between;
    all += part;
  }
  return all;
}

Html link(const std::string& path, const Html& text, const Attributes& attributes) {
  if (!path.starts_with('/') || path.starts_with("//")) {
    throw Error(ErrorCode::kInternal, "'" + path + "' is no path of this site");
  }
  Attributes all = {{"href", path}};
  all.insert(all.end(), attributes.begin(), attributes.end());
  return element("a", all, {text});
}

}  // namespace tidemill::server::pages
