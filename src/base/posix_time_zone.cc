#include "base/posix_time_zone.h"

#include <charconv>
#include <chrono>

namespace tidemill {
namespace {

namespace chr = std::chrono;

// The functions below take what they read off the front of the text.

bool take(std::string_view& text, char sign) {
  if (text.empty() || text.front() != sign) return false;
  text.remove_prefix(1);
  return true;
}

bool take_number(std::string_view& text, int& value) {
  if (text.empty() || text.front() < '0' || text.front() > '9') return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return error == std::errc();
}

// CEST or <+0330>
bool take_name(std::string_view& text) {
  if (take(text, '<')) {
    const size_t end = text.find('>');
    if (end == std::string_view::npos) return false;
    text.remove_prefix(end + 1);
    return true;
  }
  size_t length = 0;
  while (length < text.size() && ((text[length] | 0x20) >= 'a' && (text[length] | 0x20) <= 'z')) ++length;
  text.remove_prefix(length);
  return length >= 3;
}

// [+-]hh[:mm[:ss]] as seconds
bool take_time(std::string_view& text, int32_t& seconds) {
  const bool negative = take(text, '-');
  if (!negative) take(text, '+');
  int hours = 0, minutes = 0, rest = 0;
  if (!take_number(text, hours)) return false;
  if (take(text, ':') && !take_number(text, minutes)) return false;
  if (take(text, ':') && !take_number(text, rest)) return false;
  seconds = hours * 3600 + minutes * 60 + rest;
  if (negative) seconds = -seconds;
  return hours <= 167 && minutes < 60 && rest < 60;
}

}  // namespace

bool PosixTimeZone::parse_change(std::string_view& text, Change& change) {
  if (!take(text, ',')) return false;
  if (take(text, 'M')) {
    if (!take_number(text, change.month) || !take(text, '.') || !take_number(text, change.week) ||
        !take(text, '.') || !take_number(text, change.day)) {
      return false;
    }
    if (change.month < 1 || change.month > 12 || change.week < 1 || change.week > 5 || change.day > 6) {
      return false;
    }
  } else {
    change.kind = take(text, 'J') ? Change::Kind::kDayWithoutLeap : Change::Kind::kDayWithLeap;
    if (!take_number(text, change.day) || change.day > 365) return false;
  }
  return !take(text, '/') || take_time(text, change.time_s);
}

std::optional<PosixTimeZone> PosixTimeZone::parse(std::string_view text) {
  PosixTimeZone zone;
  int32_t west_s = 0;
  if (!take_name(text) || !take_time(text, west_s)) return std::nullopt;
  zone.standard_s_ = -west_s;
  if (text.empty()) return zone;
  zone.has_daylight_ = true;
  zone.daylight_s_ = zone.standard_s_ + 3600;
  if (!take_name(text) || text.empty()) return std::nullopt;
  if (text.front() != ',') {
    if (!take_time(text, west_s)) return std::nullopt;
    zone.daylight_s_ = -west_s;
  }
  if (!parse_change(text, zone.begin_) || !parse_change(text, zone.end_) || !text.empty())
    return std::nullopt;
  return zone;
}

int64_t PosixTimeZone::local_s(const Change& change, int year) {
  const chr::year y(year);
  int64_t day = 0;
  if (change.kind == Change::Kind::kWeekday) {
    const chr::month month(static_cast<unsigned>(change.month));
    const chr::weekday weekday(static_cast<unsigned>(change.day));
    const chr::sys_days found = change.week == 5
                                    ? chr::sys_days(y / month / weekday[chr::last])
                                    : chr::sys_days(y / month / weekday[static_cast<unsigned>(change.week)]);
    day = found.time_since_epoch().count();
  } else {
    day = chr::sys_days(y / chr::January / 1).time_since_epoch().count() + change.day;
    // Jn counts from 1 and never counts 29 February.
    if (change.kind == Change::Kind::kDayWithoutLeap && !(y.is_leap() && change.day >= 60)) --day;
  }
  return day * 86'400 + change.time_s;
}

int32_t PosixTimeZone::offset_s(int64_t utc_s) const {
  if (!has_daylight_) return standard_s_;
  const chr::sys_days day = chr::floor<chr::days>(chr::sys_seconds(chr::seconds(utc_s + standard_s_)));
  const int year = static_cast<int>(chr::year_month_day(day).year());
  const int64_t begin = local_s(begin_, year) - standard_s_;
  const int64_t end = local_s(end_, year) - daylight_s_;
  const bool daylight = begin < end ? utc_s >= begin && utc_s < end : utc_s < end || utc_s >= begin;
  return daylight ? daylight_s_ : standard_s_;
}

}  // namespace tidemill
