#include "workflow/operations/read_input.h"

#include <array>
#include <charconv>

#include <fmt/format.h>

#include "base/date.h"
#include "base/error.h"
#include "base/json.h"

namespace tidemill::workflow {
namespace {

// Takes text from the left.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool is_at_end() const { return text_.empty(); }
  bool take(char c) {
    if (text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  // Exactly `count` digits.
  std::optional<int64_t> take_digits(size_t count) {
    int64_t value = 0;
    if (text_.size() < count) return std::nullopt;
    for (const char c : text_.substr(0, count)) {
      if (c < '0' || c > '9') return std::nullopt;
      value = value * 10 + (c - '0');
    }
    text_.remove_prefix(count);
    return value;
  }
  size_t count_digits() const {
    const size_t end = text_.find_first_not_of("0123456789");
    return end == std::string_view::npos ? text_.size() : end;
  }

 private:
  std::string_view text_;
};

std::optional<int64_t> take_offset_ms(Reader& reader) {
  if (reader.is_at_end() || reader.take('Z')) return 0;
  const bool is_behind = reader.take('-');
  if (!is_behind && !reader.take('+')) return std::nullopt;
  const auto hours = reader.take_digits(2);
  reader.take(':');
  const auto minutes = reader.take_digits(2);
  if (!hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  return (*hours * 60 + *minutes) * (is_behind ? -60'000 : 60'000);
}

std::optional<int64_t> take_time_ms(Reader& reader) {
  const auto hours = reader.take_digits(2);
  const bool has_minutes = reader.take(':');
  const auto minutes = reader.take_digits(2);
  if (!hours || !has_minutes || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  int64_t ms = (*hours * 60 + *minutes) * 60'000;
  if (!reader.take(':')) return ms;
  const auto seconds = reader.take_digits(2);
  if (!seconds || *seconds > 59) return std::nullopt;
  ms += *seconds * 1000;
  if (!reader.take('.')) return ms;
  const size_t digits = reader.count_digits();
  if (digits == 0 || digits > 9) return std::nullopt;
  int64_t fraction = *reader.take_digits(digits);
  for (size_t i = digits; i < 3; ++i) fraction *= 10;
  for (size_t i = 3; i < digits; ++i) fraction /= 10;  // in integers: 0.29 s as a double is 289 ms
  return ms + fraction;
}

}  // namespace

void check_json_object(const std::string& text, std::string_view what) {
  if (is_too_deep(text)) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("{} is nested beyond 200 levels: use a flatter JSON object", what));
  }
  const Json value = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (value.is_object()) return;
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("{} must be a JSON object such as {{\"date\": \"2026-11-01\"}}, "
                          "not {}",
                          what, text));
}

std::optional<int64_t> find_instant(std::string_view text) {
  constexpr size_t kDateLength = 10;
  constexpr int64_t kDayMs = 86'400'000;
  int64_t day_ms = 0;
  try {
    day_ms = Date::parse(text.substr(0, kDateLength)).days_since_epoch() * kDayMs;
  } catch (const Error&) {
    return std::nullopt;
  }
  const auto if_in_a_year = [](int64_t ms) {
    static const int64_t from_ms = Date::parse("0001-01-01").days_since_epoch() * kDayMs;
    static const int64_t to_ms = (Date::parse("9999-12-31").days_since_epoch() + int64_t{1}) * kDayMs;
    return ms >= from_ms && ms < to_ms ? std::optional(ms) : std::nullopt;
  };
  if (text.size() <= kDateLength) return if_in_a_year(day_ms);
  Reader reader(text.substr(kDateLength));
  if (!reader.take('T') && !reader.take(' ')) return std::nullopt;
  const auto time_ms = take_time_ms(reader);
  if (!time_ms) return std::nullopt;
  const auto offset_ms = take_offset_ms(reader);
  if (!offset_ms || !reader.is_at_end()) return std::nullopt;
  return if_in_a_year(day_ms + *time_ms - *offset_ms);
}

}  // namespace tidemill::workflow
