#pragma once
// The grammar of cron expressions: text to sets of minutes, hours, days. Source: croniter 7.0.0, _expand.

#include <bitset>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

namespace tidemill {

struct CronFields {
  std::bitset<60> seconds, minutes;
  std::bitset<24> hours;
  std::bitset<32> days;                       // 1..31
  std::bitset<13> months;                     // 1..12
  std::bitset<7> weekdays;                    // 0 is Sunday
  std::bitset<130> years;                     // from 1970
  bool any_day = false, any_weekday = false;  // *: the other of the two decides
  bool last_day = false;                      // L among the days
  bool every_hour = false;
  std::optional<unsigned> nearest_weekday;               // 15W
  std::set<std::pair<unsigned, unsigned>> nth_weekdays;  // weekday and 1..5, or 0 for the last
  size_t field_count = 5;
};

constexpr int kFirstCronYear = 1970;

// Five to seven fields, no @names. Errors: kInvalidArgument naming expression, field and what is allowed.
CronFields parse_cron_fields(std::string_view expression);

}  // namespace tidemill
