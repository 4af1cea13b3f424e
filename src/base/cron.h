#pragma once
// Cron expressions as Airflow takes them. Source: the Python package croniter for the grammar,
// airflow.timetables._cron.CronMixin for what happens when clocks change.
//
//   minute hour day-of-month month day-of-week [second [year]]
//
// Each a list of *, values, ranges (also backwards: 22-3, SAT-SUN) and steps; JAN..DEC and SUN..SAT in any
// case, 7 is Sunday; L is the last day of the month, L5 the last Friday, 5#2 the second, 15W the weekday
// nearest to the 15th; ? is * for days. Where both days are restricted, either is enough. Names: @hourly
// @daily
// @midnight @weekly @monthly @quarterly @yearly @annually.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/cron_fields.h"
#include "base/time_zone.h"

namespace tidemill {

class CronExpression {
 public:
  // Errors: kInvalidArgument naming the expression, the field and what is allowed; also for what never comes
  // (30 February) and for Jenkins' H and R, whose times would change with the name or with each reading.
  static CronExpression parse(std::string_view text);

  // As written, but Airflow's names expanded: "0 0 * * *" for "@daily".
  const std::string& text() const { return text_; }

  // The first time after / the last before an instant, never that instant itself. Cost: some steps a month
  // that is passed. nullopt: not within 50 years (a year field that is over, or far away).
  //
  // Every hour listed (the hour field is *): the wall clock's distance to the next time is added to the
  // instant, so both of a doubled hour get their runs. Otherwise the wall clock's next time: in a doubled
  // hour the second one, skipped times move to after the gap. So Airflow does, also where the distance itself
  // spans a change
  // ("0 * 1 * *" in Berlin goes from 1 March 23:00 to 1 April 01:00).
  std::optional<int64_t> next_after(int64_t utc_ms, const TimeZone& zone) const;
  std::optional<int64_t> previous_before(int64_t utc_ms, const TimeZone& zone) const;

  // "At 00:00", "Every 5 minutes", "At 06:00, only on Monday": what Airflow shows as timetable_description.
  // "" for expressions with seconds, and for what has no words there. Source: cron-descriptor 2.2.1, English,
  // with CronMixin._describe_with_dom_dow_fix.
  std::string description() const;

 private:
  CronExpression(std::string text, CronFields fields) : text_(std::move(text)), fields_(std::move(fields)) {}
  std::optional<int64_t> next_local(int64_t from_s, int last_year) const;
  std::optional<int64_t> previous_local(int64_t to_s, int first_year) const;

  std::string text_;
  CronFields fields_;
};

}  // namespace tidemill
