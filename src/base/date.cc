#include "base/date.h"

#include <charconv>
#include <chrono>

#include <fmt/format.h>

#include "base/error.h"

namespace tidemill {
namespace {

namespace chr = std::chrono;

chr::year_month_day ymd(int32_t days) {
  return chr::year_month_day(chr::sys_days(chr::days(days)));
}

bool parse_digits(std::string_view text, int& value) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && stop == end && text.front() != '-';
}

}  // namespace

Date Date::parse(std::string_view text) {
  int year = 0, month = 0, day = 0;
  const bool shaped = text.size() == 10 && text[4] == '-' && text[7] == '-' &&
                      parse_digits(text.substr(0, 4), year) && parse_digits(text.substr(5, 2), month) &&
                      parse_digits(text.substr(8, 2), day);
  const chr::year_month_day parsed(chr::year(year), chr::month(static_cast<unsigned>(month)),
                                   chr::day(static_cast<unsigned>(day)));
  if (!shaped || !parsed.ok()) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("'{}' is not a date: write YYYY-MM-DD, for example 2026-11-01", text));
  }
  return Date(static_cast<int32_t>(chr::sys_days(parsed).time_since_epoch().count()));
}

int Date::year() const {
  return static_cast<int>(ymd(days_).year());
}
unsigned Date::month() const {
  return static_cast<unsigned>(ymd(days_).month());
}
unsigned Date::day() const {
  return static_cast<unsigned>(ymd(days_).day());
}

std::string Date::to_string() const {
  return fmt::format("{:04}-{:02}-{:02}", year(), month(), day());
}

std::string Date::partition_path() const {
  return fmt::format("year={:04}/month={:02}/day={:02}", year(), month(), day());
}

std::vector<Date> date_range(Date from, Date to) {
  std::vector<Date> days;
  for (Date day = from; day <= to; day = day.plus_days(1)) days.push_back(day);
  return days;
}

std::string format_utc_ms(int64_t ms) {
  constexpr int64_t kDayMs = 86'400'000;
  int64_t days = ms / kDayMs;
  if (ms % kDayMs < 0) --days;
  const int64_t in_day = ms - days * kDayMs;
  return fmt::format("{}T{:02}:{:02}:{:02}.{:03}Z", Date::from_days(static_cast<int32_t>(days)).to_string(),
                     in_day / 3'600'000, in_day / 60'000 % 60, in_day / 1000 % 60, in_day % 1000);
}

}  // namespace tidemill
