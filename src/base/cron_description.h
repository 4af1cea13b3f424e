#pragma once
// A cron expression of five fields in words: "At 06:00, only on Monday". Source: cron-descriptor 2.2.1,
// English, 24 hours, with airflow.timetables._cron.CronMixin._describe_with_dom_dow_fix.

#include <string>
#include <string_view>

namespace tidemill {

// For an expression that parse_cron_fields takes. "" where Airflow has no words: seconds, @names of croniter.
std::string describe_cron(std::string_view expression);

}  // namespace tidemill
