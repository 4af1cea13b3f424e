#pragma once
// When a DAG runs: a schedule's text to runs. Airflow 3's defaults: a cron schedule is a
// CronTriggerTimetable, so a run's logical date, the two ends of its data interval and the time from which it
// may start are one instant. Source: airflow.timetables.trigger, .simple and ._cron;
// SerializedDAG.iter_dagrun_infos_between for ranges.
//
// Pure: the time is an argument, nothing is kept. Instants are milliseconds since 1970-01-01T00:00:00Z.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/cron.h"
#include "base/time_zone.h"

namespace tidemill::workflow {

struct DataInterval {
  int64_t start_ms = 0, end_ms = 0;
  bool operator==(const DataInterval&) const = default;
};

// A run that is due at `run_after_ms`. Airflow's DagRunInfo.
struct RunInfo {
  DataInterval data_interval;
  int64_t run_after_ms = 0;

  int64_t logical_date_ms() const { return data_interval.start_ms; }
  bool operator==(const RunInfo&) const = default;
};

// Airflow's TimeRestriction: a DAG's start_date and end_date, both included.
struct TimeRestriction {
  std::optional<int64_t> earliest_ms{}, latest_ms{};
  bool catchup = false;
};

class Timetable {
 public:
  enum class Kind {
    kNone,        // "", "none": by hand only
    kCron,        // "@daily", "0 6 * * 1"
    kOnce,        // "@once"
    kContinuous,  // "@continuous": again as soon as the last run has ended
    kAssets,      // when assets change: no text, see triggered_by_assets()
  };

  // Errors: kInvalidArgument: those of CronExpression::parse, and for an unknown @name.
  static Timetable parse(std::string_view schedule, const TimeZone& zone);
  static Timetable triggered_by_assets();

  Kind kind() const { return kind_; }
  // Whether backfills are possible (Airflow's `periodic`): cron alone.
  bool is_periodic() const { return kind_ == Kind::kCron; }
  // Airflow's active_runs_limit: 1 for @continuous.
  std::optional<int> active_run_limit() const;

  // The run after the last scheduled one, `last` being its data interval, or the first. Without catchup the
  // latest that is already due stands for all missed ones. nullopt: none, or after the end date.
  std::optional<RunInfo> next_run(const std::optional<DataInterval>& last, const TimeRestriction& restriction,
                                  int64_t now_ms) const;

  // The runs of a backfill: logical dates from `from_ms` to `to_ms`, both included, oldest first, and only
  // those whose time has come (Airflow's _get_info_list). Errors: kInvalidArgument when not periodic.
  std::vector<RunInfo> runs_between(int64_t from_ms, int64_t to_ms, int64_t now_ms) const;

  // As the REST API shows them. Summary: "0 0 * * *", "@once", "Asset", nullopt (null) for none.
  std::optional<std::string> summary() const;
  // "At 00:00", "Never, external triggers only", ...
  std::string description() const;

 private:
  Timetable(Kind kind, TimeZone zone) : kind_(kind), zone_(std::move(zone)) {}
  std::optional<RunInfo> next_cron_run(const std::optional<DataInterval>& last,
                                       const TimeRestriction& restriction, int64_t now_ms) const;
  std::optional<int64_t> align_to_next(int64_t at_ms) const;
  std::optional<int64_t> align_to_previous(int64_t at_ms) const;
  std::optional<int64_t> first_run_without_start(int64_t now_ms) const;

  Kind kind_;
  TimeZone zone_;
  std::optional<CronExpression> cron_;
};

}  // namespace tidemill::workflow
