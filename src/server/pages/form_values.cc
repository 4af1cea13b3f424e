#include "server/pages/form_values.h"

#include <charconv>

#include <fmt/format.h>

#include "base/error.h"
#include "workflow/operations/read_input.h"

namespace tidemill::server::pages {

std::string whole_text(const Form& form, std::string_view name) {
  const std::string sent = form.value(name).value_or("");
  std::string text;
  for (size_t i = 0; i < sent.size(); ++i) {
    if (sent[i] != '\r' || i + 1 == sent.size() || sent[i + 1] != '\n') text += sent[i];
  }
  return text;
}

std::string trimmed(const Form& form, std::string_view name) {
  const std::string text = form.value(name).value_or("");
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

bool is_ticked(const Form& form, std::string_view name) {
  return form.value(name) == "true";
}

std::optional<int64_t> whole_number(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

std::optional<int64_t> integer_value(const Form& form, std::string_view name) {
  const std::string text = trimmed(form, name);
  if (text.empty()) return std::nullopt;
  if (const auto value = whole_number(text)) return value;
  throw Error(ErrorCode::kInvalidArgument, fmt::format("{}: '{}' is no whole number", name, text));
}

std::optional<int64_t> instant_value(const Form& form, std::string_view name) {
  const std::string text = trimmed(form, name);
  if (text.empty()) return std::nullopt;
  const bool has_no_seconds =
      text.size() == 16 && text[10] == 'T';  // as an input of type datetime-local sends
  if (const auto ms = workflow::find_instant(has_no_seconds ? text + ":00" : text)) return ms;
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("{}: '{}' is no date: write 2026-11-01 or 2026-11-01T06:00:00", name, text));
}

std::string back_path(const Form& form, const std::string& otherwise) {
  return local_path(form.value("back").value_or(""), otherwise);
}

}  // namespace tidemill::server::pages
