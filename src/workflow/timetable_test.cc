#include "workflow/timetable.h"

#include <gtest/gtest.h>

#include "base/airflow_answers.h"
#include "base/error.h"

namespace tidemill::workflow {
namespace {

std::optional<int64_t> parse_optional(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(parse_utc(text));
}

std::string shown(const std::optional<RunInfo>& run) {
  return run ? format_utc_ms(run->run_after_ms).substr(0, 19) + "Z" : "none";
}

TEST(Timetable, RunsWhenAirflowWould) {
  for (const auto& row : airflow_answers("run")) {
    const Timetable timetable = Timetable::parse(row[1], TimeZone::find(row[2]));
    std::optional<DataInterval> last;
    if (!row[3].empty()) last = DataInterval{parse_utc(row[3]), parse_utc(row[3])};
    const TimeRestriction restriction{parse_optional(row[4]), parse_optional(row[5]), row[7] == "true"};
    const std::optional<RunInfo> run = timetable.next_run(last, restriction, parse_utc(row[6]));
    EXPECT_EQ(shown(run), row[8]) << row[1] << " last " << row[3] << " start " << row[4] << " end " << row[5]
                                  << " now " << row[6] << " catchup " << row[7];
    if (run) {
      EXPECT_EQ(run->logical_date_ms(), run->run_after_ms);
      EXPECT_EQ(run->data_interval.end_ms, run->run_after_ms);
    }
  }
}

TEST(Timetable, CatchesUpOneByOne) {
  const Timetable daily = Timetable::parse("@daily", TimeZone::utc());
  const TimeRestriction restriction{.earliest_ms = parse_utc("2026-11-01T00:00:00Z"), .catchup = true};
  std::optional<DataInterval> last;
  for (const char* expected : {"2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z", "2026-11-03T00:00:00Z"}) {
    const std::optional<RunInfo> run = daily.next_run(last, restriction, parse_utc("2026-11-02T12:00:00Z"));
    EXPECT_EQ(shown(run), expected);
    last = run->data_interval;
  }
}

TEST(Timetable, ListsTheRunsOfABackfill) {
  const Timetable daily = Timetable::parse("@daily", TimeZone::utc());
  const auto runs = daily.runs_between(parse_utc("2026-11-18T00:00:00Z"), parse_utc("2026-11-20T00:00:00Z"),
                                       parse_utc("2026-12-01T00:00:00Z"));
  ASSERT_EQ(runs.size(), 3u);
  EXPECT_EQ(shown(runs.front()), "2026-11-18T00:00:00Z");
  EXPECT_EQ(shown(runs.back()), "2026-11-20T00:00:00Z");
  // Not those that are to come.
  EXPECT_EQ(daily
                .runs_between(parse_utc("2026-11-18T00:00:00Z"), parse_utc("2026-11-20T00:00:00Z"),
                              parse_utc("2026-11-19T12:00:00Z"))
                .size(),
            2u);
  EXPECT_TRUE(
      daily.runs_between(parse_utc("2026-11-18T00:00:01Z"), parse_utc("2026-11-18T23:00:00Z"), INT64_MAX)
          .empty());
  // Local midnights, two of them 23 hours apart.
  const auto local =
      Timetable::parse("@daily", TimeZone::find("Europe/Berlin"))
          .runs_between(parse_utc("2026-03-28T00:00:00Z"), parse_utc("2026-03-30T00:00:00Z"), INT64_MAX);
  ASSERT_EQ(local.size(), 2u);
  EXPECT_EQ(local[1].run_after_ms - local[0].run_after_ms, 23 * 3'600'000);
  EXPECT_THROW(Timetable::parse("@once", TimeZone::utc()).runs_between(0, 1, 2), Error);
}

TEST(Timetable, RunsOnce) {
  const Timetable once = Timetable::parse("@once", TimeZone::utc());
  EXPECT_EQ(once.next_run(std::nullopt, {}, 5)->run_after_ms, 5);
  EXPECT_EQ(once.next_run(std::nullopt, {.earliest_ms = 3}, 5)->run_after_ms, 3);
  EXPECT_FALSE(once.next_run(std::nullopt, {.earliest_ms = 9, .latest_ms = 8}, 5));
  EXPECT_FALSE(once.next_run(DataInterval{3, 3}, {}, 5));
}

TEST(Timetable, RunsContinuously) {
  const Timetable always = Timetable::parse("@continuous", TimeZone::utc());
  EXPECT_EQ(always.active_run_limit(), 1);
  EXPECT_EQ(always.next_run(std::nullopt, {.earliest_ms = 3}, 10)->data_interval, (DataInterval{3, 10}));
  EXPECT_EQ(always.next_run(std::nullopt, {.earliest_ms = 30}, 10)->data_interval, (DataInterval{30, 30}));
  EXPECT_EQ(always.next_run(DataInterval{3, 10}, {}, 25)->data_interval, (DataInterval{10, 25}));
  EXPECT_FALSE(always.next_run(DataInterval{3, 10}, {.latest_ms = 20}, 25));
}

TEST(Timetable, SaysWhatAirflowsApiSays) {
  const auto said = [](const Timetable& timetable) {
    return timetable.summary().value_or("null") + " | " + timetable.description();
  };
  const TimeZone utc = TimeZone::utc();
  EXPECT_EQ(said(Timetable::parse("@daily", utc)), "0 0 * * * | At 00:00");
  EXPECT_EQ(said(Timetable::parse("0 6 * * 1", utc)), "0 6 * * 1 | At 06:00, only on Monday");
  EXPECT_EQ(said(Timetable::parse("none", utc)), "null | Never, external triggers only");
  EXPECT_EQ(said(Timetable::parse("", utc)), "null | Never, external triggers only");
  EXPECT_EQ(said(Timetable::parse("@once", utc)), "@once | Once, as soon as possible");
  EXPECT_EQ(said(Timetable::parse("@continuous", utc)),
            "@continuous | As frequently as possible, but only one run at a time.");
  EXPECT_EQ(said(Timetable::triggered_by_assets()), "Asset | Triggered by assets");
  EXPECT_FALSE(Timetable::parse("none", utc).next_run(std::nullopt, {}, 5));
  EXPECT_THROW(Timetable::parse("@hourli", utc), Error);
}

}  // namespace
}  // namespace tidemill::workflow
