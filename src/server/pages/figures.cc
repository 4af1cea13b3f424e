#include "server/pages/figures.h"

#include <array>
#include <cmath>

#include <fmt/format.h>

namespace tidemill::server::pages {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr std::string_view kEllipsis = "\xE2\x80\xA6";
constexpr std::string_view kNothing = "\xE2\x80\x93";

bool is_continuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

// Of the character that begins here; 0 when no well-formed one does.
size_t character_size(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  const size_t size = first < 0x80U                     ? 1
                      : first >= 0xC2U && first < 0xE0U ? 2
                      : first >= 0xE0U && first < 0xF0U ? 3
                      : first >= 0xF0U && first < 0xF5U ? 4
                                                        : 0;
  if (size > text.size()) return 0;
  for (size_t i = 1; i < size; ++i) {
    if (!is_continuation(text[i])) return 0;
  }
  return size;
}

}  // namespace

std::string count_text(uint64_t count) {
  const std::string digits = std::to_string(count);
  std::string text;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

std::string size_text(uint64_t size_bytes) {
  if (size_bytes < 1000) return fmt::format("{} B", size_bytes);
  constexpr std::array kUnits = {"kB", "MB", "GB", "TB", "PB", "EB"};
  double size = static_cast<double>(size_bytes) / 1000;
  size_t unit = 0;
  while (size >= 999.95 && unit + 1 < kUnits.size()) {
    size /= 1000;
    ++unit;
  }
  return fmt::format("{:.1f} {}", size, kUnits[unit]);
}

std::string number_text(double value) {
  return std::isnan(value) ? std::string(kNothing) : fmt::format("{:.6g}", value);
}

std::string metric_text(std::optional<double> value) {
  return value && !std::isnan(*value) ? fmt::format("{:.4f}", *value) : std::string(kNothing);
}

std::string percent_text(double share) {
  return fmt::format("{:.1f} %", 100 * share);
}

std::string shortened(std::string_view text, size_t size_bytes_max) {
  std::string out;
  while (!text.empty()) {
    const size_t size = character_size(text);
    // Characters that steer a terminal or the direction of text say nothing here.
    const bool is_control = size == 1 && static_cast<unsigned char>(text.front()) < 0x20U &&
                            text.front() != '\n' && text.front() != '\t';
    const std::string_view character = size == 0 || is_control ? kReplacement : text.substr(0, size);
    if (out.size() + character.size() > size_bytes_max) return out.append(kEllipsis);
    out += character;
    text.remove_prefix(size == 0 ? 1 : size);
  }
  return out;
}

}  // namespace tidemill::server::pages
