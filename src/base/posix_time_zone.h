#pragma once
// The rule for all years that stands in the last line of a TZif file: "CET-1CEST,M3.5.0,M10.5.0/3".
// Source: POSIX TZ, with RFC 8536's hours beyond 24.

#include <cstdint>
#include <optional>
#include <string_view>

namespace tidemill {

class PosixTimeZone {
 public:
  // nullopt when the text is no such rule.
  static std::optional<PosixTimeZone> parse(std::string_view text);

  int32_t offset_s(int64_t utc_s) const;

 private:
  struct Change {
    enum class Kind { kWeekday, kDayWithoutLeap, kDayWithLeap };  // M3.5.0, J60, 59
    Kind kind = Kind::kWeekday;
    int month = 0, week = 0, day = 0;
    int32_t time_s = 2 * 3600;  // of the wall clock before the change
  };
  static bool parse_change(std::string_view& text, Change& change);
  static int64_t local_s(const Change& change, int year);

  int32_t standard_s_ = 0, daylight_s_ = 0;
  bool has_daylight_ = false;
  Change begin_, end_;
};

}  // namespace tidemill
