#pragma once
// A calendar day (proleptic Gregorian, no time zone): the unit in which data lands.

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tidemill {

class Date {
 public:
  Date() = default;  // 1970-01-01
  static Date from_days(int32_t days_since_epoch) { return Date(days_since_epoch); }
  // "2026-11-01". Errors: kInvalidArgument naming the text for anything else, also for 2026-02-30.
  static Date parse(std::string_view text);

  int32_t days_since_epoch() const { return days_; }
  int year() const;
  unsigned month() const;
  unsigned day() const;
  Date plus_days(int32_t count) const { return Date(days_ + count); }

  std::string to_string() const;       // 2026-11-01
  std::string partition_path() const;  // year=2026/month=11/day=01

  auto operator<=>(const Date&) const = default;

 private:
  explicit Date(int32_t days) : days_(days) {}
  int32_t days_ = 0;
};

// Every day from `from` to `to`, both included; empty when to < from.
std::vector<Date> date_range(Date from, Date to);

// "2026-11-01T12:30:00.123Z" for milliseconds since the epoch.
std::string format_utc_ms(int64_t ms);

}  // namespace tidemill
