#include "app/project_file/allowed.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "base/date.h"
#include "base/error.h"
#include "base/text.h"

namespace tidemill::app {
namespace {

constexpr uint64_t kSmallestMemory = 64'000'000;
constexpr size_t kLongestName = 100;

bool has(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// "a", "b" or "c"
std::string listed(const std::vector<std::string>& names, const std::string& before,
                   const std::string& after) {
  std::string out;
  for (size_t i = 0; i < names.size(); ++i) {
    if (i > 0) out += i + 1 == names.size() ? " or " : ", ";
    out += before + names[i] + after;
  }
  return out;
}

// Without the driver that SQLAlchemy names in it: postgresql+psycopg2.
std::string scheme_of(const std::string& uri) {
  const size_t colon = uri.find(':');
  return colon == std::string::npos ? "" : uri.substr(0, std::min(colon, uri.find('+')));
}

bool is_name(const std::string& text) {
  const auto is_letter_or_digit = [](unsigned char c) { return c < 0x80 && std::isalnum(c) != 0; };
  return !text.empty() && text.size() <= kLongestName &&
         is_letter_or_digit(static_cast<unsigned char>(text[0])) &&
         std::all_of(text.begin(), text.end(), [&](unsigned char c) {
           return is_letter_or_digit(c) || c == '_' || c == '-' || c == '.';
         });
}

bool is_blank(const std::string& text) {
  return text.find_first_not_of(" \t\r\n") == std::string::npos;
}

// 100000 rather than 1e+05.
std::string number_words(double value) {
  return std::trunc(value) == value && std::abs(value) < 1e15 ? fmt::format("{:.0f}", value)
                                                              : format_double(value);
}

bool is_scalar(const Value& value) {
  return value.is_text() || value.kind == Value::Kind::kInteger || value.kind == Value::Kind::kBoolean ||
         (value.kind == Value::Kind::kNumber && std::isfinite(value.number));
}

std::string date_problem(const Value& value) {
  if (value.kind != Value::Kind::kDate && !value.is_text()) return "expected a date, got " + describe(value);
  try {
    Date::parse(value.text);
    return "";
  } catch (const Error& error) {
    return error.message();
  }
}

}  // namespace

std::optional<uint64_t> parse_memory(const std::string& text) {
  static constexpr std::pair<std::string_view, double> kUnits[] = {
      {"MB", 1e6},        {"GB", 1e9},           {"TB", 1e12},
      {"MiB", 1048576.0}, {"GiB", 1073741824.0}, {"TiB", 1099511627776.0}};
  double count = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, count);
  if (error != std::errc() || !(count > 0)) return std::nullopt;
  std::string_view unit(stop, static_cast<size_t>(end - stop));
  while (!unit.empty() && unit.front() == ' ') unit.remove_prefix(1);
  for (const auto& [name, bytes] : kUnits) {
    if (unit == name && count * bytes < 1e18) return static_cast<uint64_t>(count * bytes);
  }
  return std::nullopt;
}

Allowed Allowed::text(std::string what) {
  Allowed allowed(Form::kText);
  allowed.what_ = std::move(what);
  return allowed;
}

Allowed Allowed::name() {
  return Allowed(Form::kName);
}

Allowed Allowed::choice(std::vector<std::string> names, std::vector<std::string> later) {
  Allowed allowed(Form::kChoice);
  allowed.names_ = std::move(names);
  allowed.later_ = std::move(later);
  return allowed;
}

Allowed Allowed::uri(std::vector<std::string> schemes, std::vector<std::string> later) {
  Allowed allowed = choice(std::move(schemes), std::move(later));
  allowed.form_ = Form::kUri;
  return allowed;
}

Allowed Allowed::integer(int64_t low, std::optional<int64_t> high) {
  Allowed allowed(Form::kInteger);
  allowed.low_ = static_cast<double>(low);
  if (high) allowed.high_ = static_cast<double>(*high);
  return allowed;
}

Allowed Allowed::number(std::optional<double> low, std::optional<double> high) {
  Allowed allowed(Form::kNumber);
  allowed.low_ = low;
  allowed.high_ = high;
  return allowed;
}

Allowed Allowed::number_between(double above, double below) {
  Allowed allowed = number(above, below);
  allowed.open_ = true;
  return allowed;
}

Allowed Allowed::boolean() {
  return Allowed(Form::kBoolean);
}
Allowed Allowed::date() {
  return Allowed(Form::kDate);
}
Allowed Allowed::memory() {
  return Allowed(Form::kMemory);
}

Allowed Allowed::texts(std::string what) {
  Allowed allowed(Form::kTexts);
  allowed.what_ = std::move(what);
  return allowed;
}

Allowed Allowed::choices(std::vector<std::string> names) {
  Allowed allowed(Form::kChoices);
  allowed.names_ = std::move(names);
  return allowed;
}

Allowed Allowed::command() {
  return Allowed(Form::kCommand);
}

Allowed Allowed::scalars() {
  return Allowed(Form::kScalars);
}

Allowed Allowed::table(std::string what) {
  Allowed allowed(Form::kTable);
  allowed.what_ = std::move(what);
  return allowed;
}

Allowed Allowed::tables(std::string what) {
  Allowed allowed(Form::kTables);
  allowed.what_ = std::move(what);
  return allowed;
}

Allowed Allowed::checked(std::string what, void (*check)(const std::string& text)) {
  Allowed allowed(Form::kChecked);
  allowed.what_ = std::move(what);
  allowed.check_ = check;
  return allowed;
}

Allowed Allowed::or_word(std::string word) const {
  Allowed allowed = *this;
  allowed.word_ = std::move(word);
  return allowed;
}

bool Allowed::is_plain_text() const {
  return form_ == Form::kText || form_ == Form::kName || form_ == Form::kChoice || form_ == Form::kUri ||
         form_ == Form::kDate || form_ == Form::kMemory || form_ == Form::kChecked;
}

std::string Allowed::range_words(const char* noun) const {
  if (low_ && high_) {
    return open_ ? fmt::format("{} above {} and below {}", noun, number_words(*low_), number_words(*high_))
                 : fmt::format("{} between {} and {}", noun, number_words(*low_), number_words(*high_));
  }
  if (low_) return fmt::format("{} >= {}", noun, number_words(*low_));
  return noun;
}

std::string Allowed::words() const {
  const std::string also = word_.empty() ? "" : " or \"" + word_ + "\"";
  switch (form_) {
    case Form::kText:
    case Form::kChecked:
      return what_ + also;
    case Form::kName:
      return "a name of letters, digits, '_', '-' and '.'" + also;
    case Form::kChoice:
      return listed(names_, "\"", "\"") + also;
    case Form::kUri:
      return "a URI that starts with " + listed(names_, "\"", ":\"") + also;
    case Form::kInteger:
      return range_words("an integer") + also;
    case Form::kNumber:
      return range_words("a number") + also;
    case Form::kBoolean:
      return "true or false";
    case Form::kDate:
      return "a date, YYYY-MM-DD" + also;
    case Form::kMemory:
      return "an amount of memory, at least 64 MB, such as \"512 MB\" or \"2 GB\"" + also;
    case Form::kTexts:
      return "a list of " + what_;
    case Form::kChoices:
      return "a list of " + listed(names_, "\"", "\"");
    case Form::kCommand:
      return "a list of a program and its arguments";
    case Form::kScalars:
      return "a list of values (text, numbers, true or false)";
    case Form::kTable:
      return what_;
    case Form::kTables:
      return "a list of " + what_;
  }
  return "";
}

bool Allowed::number_fits(double value) const {
  if (!std::isfinite(value)) return false;
  if (open_) return value > *low_ && value < *high_;
  return (!low_ || value >= *low_) && (!high_ || value <= *high_);
}

bool Allowed::fits(const Value& value) const {
  switch (form_) {
    case Form::kText:
      return value.is_text() && !is_blank(value.text);
    case Form::kName:
      return value.is_text() && is_name(value.text);
    case Form::kChoice:
      return value.is_text() && has(names_, value.text);
    case Form::kUri:
      return value.is_text() && has(names_, scheme_of(value.text)) &&
             value.text.find(':') + 1 < value.text.size();
    case Form::kInteger:
      return value.kind == Value::Kind::kInteger && number_fits(static_cast<double>(value.integer));
    case Form::kNumber:
      return value.is_number() && number_fits(value.as_double());
    case Form::kBoolean:
      return value.kind == Value::Kind::kBoolean;
    case Form::kMemory:
      return value.is_text() && parse_memory(value.text).value_or(0) >= kSmallestMemory;
    case Form::kTable:
      return value.is_table();
    default:
      return value.is_list();
  }
}

std::string Allowed::list_problem(const Value& value) const {
  if (value.items.empty() &&
      (form_ == Form::kCommand || form_ == Form::kScalars || form_ == Form::kChoices)) {
    return fmt::format("expected {} with at least one in it, got an empty list", words());
  }
  std::vector<std::string> seen;
  for (const Value& item : value.items) {
    const bool good = form_ == Form::kTables    ? item.is_table()
                      : form_ == Form::kScalars ? is_scalar(item)
                      : form_ == Form::kChoices ? item.is_text() && has(names_, item.text)
                                                : item.is_text() && !is_blank(item.text);
    if (!good) {
      const std::string near =
          form_ == Form::kChoices && item.is_text() ? nearest_name(item.text, names_) : std::string();
      return fmt::format("expected {}, got {} in it{}", words(), describe(item),
                         near.empty() ? "" : "; did you mean \"" + near + "\"?");
    }
    if (form_ == Form::kTables || form_ == Form::kCommand) continue;
    if (has(seen, to_toml(item))) return fmt::format("{} stands in the list twice", describe(item));
    seen.push_back(to_toml(item));
  }
  return "";
}

std::string Allowed::check_problem(const Value& value) const {
  if (!value.is_text()) return fmt::format("expected {}, got {}", words(), describe(value));
  try {
    check_(value.text);
    return "";
  } catch (const Error& error) {
    return error.message();
  }
}

std::string Allowed::problem(const Value& value, bool& not_built) const {
  if (!word_.empty() && value.is_text() && value.text == word_) return "";
  if (form_ == Form::kDate) return date_problem(value);
  if (form_ == Form::kChecked) return check_problem(value);
  if (fits(value)) return value.is_list() ? list_problem(value) : "";
  const std::string name = form_ == Form::kUri ? scheme_of(value.text) : value.text;
  if (value.is_text() && has(later_, name)) {
    not_built = true;
    return fmt::format("\"{}\" is not built yet: use {}", name, words());
  }
  std::string hint;
  if (value.is_text() && form_ == Form::kChoice) {
    const std::string near = nearest_name(name, names_);
    if (!near.empty()) hint = "; did you mean \"" + near + "\"?";
  }
  return fmt::format("expected {}, got {}{}", words(), describe(value), hint);
}

}  // namespace tidemill::app
