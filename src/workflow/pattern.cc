#include "workflow/pattern.h"

#include <algorithm>
#include <cctype>

namespace tidemill::workflow {
namespace {

std::string lower(std::string_view text) {
  std::string lowered(text);
  for (char& c : lowered) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lowered;
}

// `like` with '%', '_' and '\' before either. Linear but for one '%' that is tried again at a time.
bool is_like(std::string_view text, std::string_view like) {
  size_t at = 0, in = 0, again_at = 0, again_in = std::string_view::npos;
  while (at < text.size()) {
    const bool is_escaped = in + 1 < like.size() && like[in] == '\\';
    const size_t sign = is_escaped ? in + 1 : in;
    if (in < like.size() && like[in] == '%') {
      again_in = ++in;
      again_at = at;
    } else if (sign < like.size() && ((!is_escaped && like[sign] == '_') || like[sign] == text[at])) {
      in = sign + 1;
      ++at;
    } else if (again_in != std::string_view::npos) {
      in = again_in;
      at = ++again_at;
    } else {
      return false;
    }
  }
  return like.find_first_not_of('%', in) == std::string_view::npos;
}

template <typename Matches>
bool any_matches(const std::string& search, const Matches& is_match) {
  if (search.empty()) return true;
  const std::vector<std::string> all = alternatives_of(search);
  return std::any_of(all.begin(), all.end(), is_match);
}

}  // namespace

std::vector<std::string> alternatives_of(std::string_view search) {
  if (search == "~") return {""};
  std::vector<std::string> all;
  for (size_t from = 0; from <= search.size();) {
    const size_t end = std::min(search.find('|', from), search.size());
    std::string_view one = search.substr(from, end - from);
    while (one.starts_with(' ')) one.remove_prefix(1);
    while (one.ends_with(' ')) one.remove_suffix(1);
    if (!one.empty()) all.emplace_back(one);
    from = end + 1;
  }
  if (all.empty()) all.emplace_back(search);
  return all;
}

bool matches(const Pattern& pattern, std::string_view text) {
  const std::string lowered = lower(text);
  return any_matches(pattern.contains,
                     [&](const std::string& one) { return is_like(lowered, "%" + lower(one) + "%"); }) &&
         any_matches(pattern.prefix, [&](const std::string& one) { return text.starts_with(one); });
}

}  // namespace tidemill::workflow
