#include "workflow/timetable.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"

namespace tidemill::workflow {
namespace {

RunInfo run_at(int64_t at_ms) {
  return {.data_interval = {at_ms, at_ms}, .run_after_ms = at_ms};
}

bool is_after_end(const TimeRestriction& restriction, int64_t at_ms) {
  return restriction.latest_ms && at_ms > *restriction.latest_ms;
}

// OnceTimetable: at the start date, regardless of catchup.
std::optional<RunInfo> next_single_run(const std::optional<DataInterval>& last,
                                       const TimeRestriction& restriction, int64_t now_ms) {
  const int64_t at_ms = restriction.earliest_ms.value_or(now_ms);
  if (last || is_after_end(restriction, at_ms)) return std::nullopt;
  return run_at(at_ms);
}

// ContinuousTimetable: from the end of the last interval until now.
std::optional<RunInfo> next_continuous_run(const std::optional<DataInterval>& last,
                                           const TimeRestriction& restriction, int64_t now_ms) {
  const int64_t first_ms = restriction.earliest_ms.value_or(now_ms);
  DataInterval interval{first_ms, std::max(first_ms, now_ms)};
  if (last && last->end_ms > now_ms) {
    interval.end_ms = first_ms + (last->end_ms - last->start_ms);
  } else if (last) {
    interval = {last->end_ms, now_ms};
  }
  if (is_after_end(restriction, interval.end_ms)) return std::nullopt;
  return RunInfo{.data_interval = interval, .run_after_ms = interval.end_ms};
}

}  // namespace

Timetable Timetable::parse(std::string_view schedule, const TimeZone& zone) {
  if (schedule.empty() || schedule == "none" || schedule == "None") return Timetable(Kind::kNone, zone);
  if (schedule == "@once") return Timetable(Kind::kOnce, zone);
  if (schedule == "@continuous") return Timetable(Kind::kContinuous, zone);
  Timetable timetable(Kind::kCron, zone);
  timetable.cron_ = CronExpression::parse(schedule);
  return timetable;
}

Timetable Timetable::triggered_by_assets() {
  return Timetable(Kind::kAssets, TimeZone::utc());
}

std::optional<int> Timetable::active_run_limit() const {
  return kind_ == Kind::kContinuous ? std::optional(1) : std::nullopt;
}

// CronMixin._align_to_next: the instant itself when it is one of the times.
std::optional<int64_t> Timetable::align_to_next(int64_t at_ms) const {
  const std::optional<int64_t> next = cron_->next_after(at_ms, zone_);
  if (next && cron_->previous_before(*next, zone_) != at_ms) return next;
  return next || cron_->next_after(at_ms - 1, zone_) == at_ms ? std::optional(at_ms) : std::nullopt;
}

std::optional<int64_t> Timetable::align_to_previous(int64_t at_ms) const {
  const std::optional<int64_t> previous = cron_->previous_before(at_ms, zone_);
  if (previous && cron_->next_after(*previous, zone_) != at_ms) return previous;
  return previous || cron_->previous_before(at_ms + 1, zone_) == at_ms ? std::optional(at_ms) : std::nullopt;
}

// CronTriggerTimetable._calc_first_run, for a DAG without a start date: the last time if it is not long past.
std::optional<int64_t> Timetable::first_run_without_start(int64_t now_ms) const {
  constexpr int64_t kLeastMs = 300'000;  // five minutes
  const std::optional<int64_t> past = align_to_previous(now_ms), next = align_to_next(now_ms);
  if (!past || !next) return next ? next : past;
  return now_ms - *past <= std::max((*next - *past) / 10, kLeastMs) ? past : next;
}

std::optional<RunInfo> Timetable::next_cron_run(const std::optional<DataInterval>& last,
                                                const TimeRestriction& restriction, int64_t now_ms) const {
  std::optional<int64_t> next;
  const auto at_least = [&](std::optional<int64_t> candidate) {
    if (!candidate) return false;
    next = next ? std::max(*next, *candidate) : *candidate;
    return true;
  };
  // A candidate that does not exist is a schedule that is over.
  bool goes_on = true;
  if (last) {
    goes_on = at_least(cron_->next_after(last->end_ms, zone_));
  } else if (!restriction.earliest_ms) {
    goes_on = at_least(first_run_without_start(now_ms));
  } else {
    goes_on = at_least(align_to_next(*restriction.earliest_ms));
  }
  if (!restriction.catchup) {
    at_least(align_to_previous(now_ms));
    if (restriction.earliest_ms) goes_on = at_least(align_to_next(*restriction.earliest_ms)) && goes_on;
  }
  if (!goes_on || !next || is_after_end(restriction, *next)) return std::nullopt;
  return run_at(*next);
}

std::optional<RunInfo> Timetable::next_run(const std::optional<DataInterval>& last,
                                           const TimeRestriction& restriction, int64_t now_ms) const {
  switch (kind_) {
    case Kind::kCron:
      return next_cron_run(last, restriction, now_ms);
    case Kind::kOnce:
      return next_single_run(last, restriction, now_ms);
    case Kind::kContinuous:
      return next_continuous_run(last, restriction, now_ms);
    case Kind::kNone:
    case Kind::kAssets:
      break;
  }
  return std::nullopt;
}

std::vector<RunInfo> Timetable::runs_between(int64_t from_ms, int64_t to_ms, int64_t now_ms) const {
  if (!is_periodic()) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("the schedule '{}' has no dates to run for: backfills need a cron schedule",
                            summary().value_or("none")));
  }
  std::vector<RunInfo> runs;
  for (std::optional<int64_t> at_ms = align_to_next(from_ms); at_ms && *at_ms <= to_ms && *at_ms < now_ms;
       at_ms = cron_->next_after(*at_ms, zone_)) {
    runs.push_back(run_at(*at_ms));
  }
  return runs;
}

std::optional<std::string> Timetable::summary() const {
  switch (kind_) {
    case Kind::kCron:
      return cron_->text();
    case Kind::kOnce:
      return "@once";
    case Kind::kContinuous:
      return "@continuous";
    case Kind::kAssets:
      return "Asset";
    case Kind::kNone:
      break;
  }
  return std::nullopt;
}

std::string Timetable::description() const {
  switch (kind_) {
    case Kind::kCron:
      return cron_->description();
    case Kind::kOnce:
      return "Once, as soon as possible";
    case Kind::kContinuous:
      return "As frequently as possible, but only one run at a time.";
    case Kind::kAssets:
      return "Triggered by assets";
    case Kind::kNone:
      break;
  }
  return "Never, external triggers only";
}

}  // namespace tidemill::workflow
