#include "base/cron.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "base/cron_description.h"
#include "base/error.h"

namespace tidemill {
namespace {

namespace chr = std::chrono;

constexpr int64_t kDayS = 86'400;
constexpr int kSearchedYears = 50;  // croniter's max_years_between_matches
constexpr int kLastCronYear = 2099;

// airflow.utils.dates.cron_presets
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kAirflowNames = {{
    {"@hourly", "0 * * * *"},
    {"@daily", "0 0 * * *"},
    {"@weekly", "0 0 * * 0"},
    {"@monthly", "0 0 1 * *"},
    {"@quarterly", "0 0 1 */3 *"},
    {"@yearly", "0 0 1 1 *"},
}};
// Known to croniter alone: Airflow shows them as they are.
constexpr std::array<std::pair<std::string_view, std::string_view>, 2> kOtherNames = {{
    {"@midnight", "0 0 * * *"},
    {"@annually", "0 0 1 1 *"},
}};

template <size_t size>
std::string_view named(const std::array<std::pair<std::string_view, std::string_view>, size>& names,
                       std::string_view text) {
  for (const auto& [name, expression] : names) {
    if (name == text) return expression;
  }
  return text;
}

// Monday to Friday nearest to a day of a month, without leaving the month.
unsigned nearest_weekday(chr::year year, chr::month month, unsigned wanted) {
  const unsigned last = static_cast<unsigned>((year / month / chr::last).day());
  const unsigned day = std::min(wanted, last);
  const unsigned weekday = chr::weekday(chr::sys_days(year / month / day)).c_encoding();
  if (weekday == 6) return day > 1 ? day - 1 : day + 2;
  if (weekday == 0) return day < last ? day + 1 : day - 2;
  return day;
}

bool has_day(const CronFields& fields, const chr::year_month_day& date) {
  const unsigned day = static_cast<unsigned>(date.day());
  const unsigned last = static_cast<unsigned>((date.year() / date.month() / chr::last).day());
  const unsigned weekday = chr::weekday(chr::sys_days(date)).c_encoding();
  bool day_fits = fields.days[day] || (fields.last_day && day == last);
  bool weekday_fits = fields.weekdays[weekday];
  // These two hold on both sides of the "or", as in croniter.
  bool always = true;
  if (fields.nearest_weekday) {
    day_fits = day == nearest_weekday(date.year(), date.month(), *fields.nearest_weekday);
    always = day_fits;
  }
  if (!fields.nth_weekdays.empty()) {
    weekday_fits = fields.nth_weekdays.contains({weekday, (day - 1) / 7 + 1}) ||
                   (day + 7 > last && fields.nth_weekdays.contains({weekday, 0}));
    always = always && weekday_fits;
  }
  const bool either = !fields.any_day && !fields.any_weekday;
  const bool day_side = day_fits || fields.any_day, weekday_side = weekday_fits || fields.any_weekday;
  return always && (either ? day_side || weekday_side : day_side && weekday_side);
}

// The first second of a day, from `from_s` on, that is listed; -1 when none.
int64_t first_in_day(const CronFields& fields, int64_t from_s) {
  for (int64_t hour = from_s / 3600; hour < 24; ++hour) {
    if (!fields.hours[static_cast<size_t>(hour)]) continue;
    const int64_t in_hour = std::max<int64_t>(from_s - hour * 3600, 0);
    for (int64_t minute = in_hour / 60; minute < 60; ++minute) {
      if (!fields.minutes[static_cast<size_t>(minute)]) continue;
      for (int64_t second = std::max<int64_t>(in_hour - minute * 60, 0); second < 60; ++second) {
        if (fields.seconds[static_cast<size_t>(second)]) return hour * 3600 + minute * 60 + second;
      }
    }
  }
  return -1;
}

int64_t last_in_day(const CronFields& fields, int64_t to_s) {
  for (int64_t hour = to_s / 3600; hour >= 0; --hour) {
    if (!fields.hours[static_cast<size_t>(hour)]) continue;
    const int64_t in_hour = std::min<int64_t>(to_s - hour * 3600, 3599);
    for (int64_t minute = in_hour / 60; minute >= 0; --minute) {
      if (!fields.minutes[static_cast<size_t>(minute)]) continue;
      for (int64_t second = std::min<int64_t>(in_hour - minute * 60, 59); second >= 0; --second) {
        if (fields.seconds[static_cast<size_t>(second)]) return hour * 3600 + minute * 60 + second;
      }
    }
  }
  return -1;
}

chr::year_month_day date_of(int64_t local_s) {
  return chr::year_month_day(chr::floor<chr::days>(chr::sys_seconds(chr::seconds(local_s))));
}

int64_t seconds_of(const chr::year_month_day& date) {
  return chr::sys_days(date).time_since_epoch().count() * kDayS;
}

bool has_month(const CronFields& fields, const chr::year_month_day& date) {
  const int year = static_cast<int>(date.year()) - kFirstCronYear;
  const bool year_fits =
      fields.field_count < 7 || (year >= 0 && year < 130 && fields.years[static_cast<size_t>(year)]);
  return year_fits && fields.months[static_cast<unsigned>(date.month())];
}

}  // namespace

std::optional<int64_t> CronExpression::next_local(int64_t from_s, int last_year) const {
  chr::year_month_day date = date_of(from_s);
  int64_t in_day = from_s - seconds_of(date);
  while (static_cast<int>(date.year()) <= last_year) {
    if (!has_month(fields_, date)) {
      date = date.year() / date.month() / 1;
      date += chr::months(1);
    } else {
      const int64_t found = has_day(fields_, date) ? first_in_day(fields_, in_day) : -1;
      if (found >= 0) return seconds_of(date) + found;
      date = chr::sys_days(date) + chr::days(1);
    }
    in_day = 0;
  }
  return std::nullopt;
}

std::optional<int64_t> CronExpression::previous_local(int64_t to_s, int first_year) const {
  chr::year_month_day date = date_of(to_s);
  int64_t in_day = to_s - seconds_of(date);
  while (static_cast<int>(date.year()) >= first_year) {
    if (!has_month(fields_, date)) {
      date = chr::sys_days(date.year() / date.month() / 1) - chr::days(1);
    } else {
      const int64_t found = has_day(fields_, date) ? last_in_day(fields_, in_day) : -1;
      if (found >= 0) return seconds_of(date) + found;
      date = chr::sys_days(date) - chr::days(1);
    }
    in_day = kDayS - 1;
  }
  return std::nullopt;
}

CronExpression CronExpression::parse(std::string_view text) {
  const std::string_view shown = named(kAirflowNames, text);
  const std::string_view expression = named(kOtherNames, shown);
  if (expression.starts_with("@")) {
    throw Error(
        ErrorCode::kInvalidArgument,
        fmt::format("'{}' is no schedule: write a cron expression, or @hourly, @daily, @weekly, @monthly, "
                    "@quarterly, @yearly, @once, @continuous",
                    text));
  }
  CronExpression cron(std::string(shown), parse_cron_fields(expression));
  if (!cron.next_local(0, kLastCronYear)) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("cron '{}' never comes: no month has such a day", expression));
  }
  return cron;
}

std::optional<int64_t> CronExpression::next_after(int64_t utc_ms, const TimeZone& zone) const {
  const int64_t local_ms = zone.to_local(utc_ms);
  const int64_t unit_s = fields_.field_count > 5 ? 1 : 60;
  const int64_t now_s = chr::floor<chr::seconds>(chr::milliseconds(local_ms)).count();
  const int64_t from_s = (now_s - ((now_s % unit_s) + unit_s) % unit_s) + unit_s;
  const std::optional<int64_t> found =
      next_local(from_s, static_cast<int>(date_of(from_s).year()) + kSearchedYears);
  if (!found) return std::nullopt;
  return fields_.every_hour ? utc_ms + (*found * 1000 - local_ms) : zone.to_utc(*found * 1000);
}

std::optional<int64_t> CronExpression::previous_before(int64_t utc_ms, const TimeZone& zone) const {
  const int64_t local_ms = zone.to_local(utc_ms);
  const int64_t to_s = chr::floor<chr::seconds>(chr::milliseconds(local_ms - 1)).count();
  const std::optional<int64_t> found =
      previous_local(to_s, static_cast<int>(date_of(to_s).year()) - kSearchedYears);
  if (!found) return std::nullopt;
  return fields_.every_hour ? utc_ms - (local_ms - *found * 1000) : zone.to_utc(*found * 1000);
}

std::string CronExpression::description() const {
  return describe_cron(text_);
}

}  // namespace tidemill
