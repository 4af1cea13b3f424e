#include "base/time_zone.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "base/date.h"
#include "base/error.h"
#include "base/posix_time_zone.h"

namespace tidemill {
namespace {

namespace fs = std::filesystem;

int64_t utc_ms(const char* day, int hour, int minute = 0) {
  return Date::parse(day).days_since_epoch() * int64_t{86'400'000} + hour * int64_t{3'600'000} +
         minute * int64_t{60'000};
}

TEST(TimeZone, FollowsDaylightSaving) {
  const TimeZone berlin = TimeZone::find("Europe/Berlin");
  EXPECT_EQ(berlin.offset_s(utc_ms("2026-03-29", 0, 59)), 3600);
  EXPECT_EQ(berlin.offset_s(utc_ms("2026-03-29", 1)), 7200);
  EXPECT_EQ(berlin.offset_s(utc_ms("2026-10-25", 1)), 3600);
  EXPECT_EQ(TimeZone::find("Asia/Kolkata").offset_s(0), 19'800);
  // Beyond the changes that the file lists, by the rule in its last line; half an hour of it.
  EXPECT_EQ(berlin.offset_s(utc_ms("2150-07-01", 0)), 7200);
  const TimeZone lord_howe = TimeZone::find("Australia/Lord_Howe");
  EXPECT_EQ(lord_howe.offset_s(utc_ms("2150-01-01", 0)), 39'600);
  EXPECT_EQ(lord_howe.offset_s(utc_ms("2150-07-01", 0)), 37'800);
  // Before its first change, local mean time.
  EXPECT_EQ(berlin.offset_s(utc_ms("1850-01-01", 0)), 3208);
}

TEST(TimeZone, ReadsTheSecondOfTwoAndMovesTheSkipped) {
  const TimeZone berlin = TimeZone::find("Europe/Berlin");
  EXPECT_EQ(berlin.to_utc(utc_ms("2026-10-25", 2, 30)), utc_ms("2026-10-25", 1, 30));
  EXPECT_EQ(berlin.to_utc(utc_ms("2026-03-29", 2, 30)), utc_ms("2026-03-29", 1, 30));  // 03:30 there
  EXPECT_EQ(berlin.to_utc(utc_ms("2026-06-01", 12)), utc_ms("2026-06-01", 10));
  // A day that Samoa left out.
  const TimeZone apia = TimeZone::find("Pacific/Apia");
  EXPECT_EQ(apia.to_utc(utc_ms("2011-12-31", 0)), utc_ms("2011-12-30", 10));
  EXPECT_EQ(apia.to_utc(utc_ms("2011-12-29", 23)), utc_ms("2011-12-30", 9));
}

TEST(TimeZone, ReadsBackWhatItShows) {
  for (const char* name : {"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/St_Johns"}) {
    const TimeZone zone = TimeZone::find(name);
    int ambiguous = 0;
    for (int64_t at = utc_ms("2026-01-01", 0); at < utc_ms("2027-01-01", 0); at += 900'000) {
      const int64_t back = zone.to_utc(zone.to_local(at));
      ambiguous += back != at ? 1 : 0;
      EXPECT_EQ(zone.to_local(back), zone.to_local(at));
    }
    EXPECT_LE(ambiguous, 4) << name;  // the first of a doubled hour
  }
}

TEST(TimeZone, FormatsAsPython) {
  EXPECT_EQ(TimeZone::utc().isoformat(utc_ms("2026-11-23", 6)), "2026-11-23T06:00:00+00:00");
  EXPECT_EQ(TimeZone::utc().isoformat(utc_ms("2026-11-23", 6) + 25), "2026-11-23T06:00:00.025000+00:00");
  EXPECT_EQ(TimeZone::find("America/St_Johns").isoformat(utc_ms("2026-01-01", 0)),
            "2025-12-31T20:30:00-03:30");
}

TEST(TimeZone, NamesTheNearestOfUnknownNames) {
  try {
    TimeZone::find("Europe/Berlni");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
    EXPECT_EQ(error.message(), "unknown time zone 'Europe/Berlni'; did you mean 'Europe/Berlin'?");
  }
  for (const char* name : {"../../../etc/passwd", "/etc/passwd", "Europe", "zone.tab", "Europe/../UTC"}) {
    EXPECT_THROW(TimeZone::find(name), Error) << name;
  }
}

TEST(TimeZone, KnowsUtcWithoutFiles) {
  const fs::path nowhere = fs::path(testing::TempDir()) / "no-zones-here";
  EXPECT_EQ(TimeZone::find("UTC", nowhere).to_utc(5), 5);
  EXPECT_EQ(TimeZone::find("", nowhere).name(), "UTC");
  try {
    TimeZone::find("Europe/Berlin", nowhere);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kNotFound);
    EXPECT_NE(error.message().find("tzdata"), std::string::npos);
  }
}

TEST(TimeZone, RefusesBrokenFiles) {
  const fs::path folder = fs::path(testing::TempDir()) / "broken-zones";
  fs::create_directories(folder);
  std::ifstream whole("/usr/share/zoneinfo/Europe/Berlin", std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(whole)), std::istreambuf_iterator<char>());
  for (const size_t kept :
       {size_t{0}, size_t{4}, size_t{44}, size_t{300}, bytes.size() / 2, bytes.size() - 300}) {
    std::ofstream(folder / "Cut", std::ios::binary) << bytes.substr(0, kept);
    EXPECT_THROW(TimeZone::find("Cut", folder), Error) << kept;
  }
  fs::remove_all(folder);
}

TEST(PosixTimeZone, ReadsItsRules) {
  EXPECT_EQ(PosixTimeZone::parse("<+0330>-3:30")->offset_s(0), 12'600);
  EXPECT_EQ(PosixTimeZone::parse("UTC0")->offset_s(0), 0);
  EXPECT_EQ(PosixTimeZone::parse("CET-1CEST,J60,J300/3")->offset_s(utc_ms("2028-03-01", 1) / 1000), 7200);
  EXPECT_EQ(PosixTimeZone::parse("CET-1CEST,J60,J300/3")->offset_s(utc_ms("2028-03-01", 0) / 1000), 3600);
  EXPECT_EQ(PosixTimeZone::parse("CET-1CEST,59,300")->offset_s(utc_ms("2028-02-29", 1) / 1000), 7200);
  // Greenland: changes on the evening before, by hours below zero.
  EXPECT_EQ(PosixTimeZone::parse("<-02>2<-01>,M3.5.0/-1,M10.5.0/0")->offset_s(utc_ms("2026-03-29", 1) / 1000),
            -3600);
  for (const char* text :
       {"", "C", "CET", "CET-1CEST", "CET-1CEST,M13.1.0,M10.5.0", "CET-1CEST,M3.5.0", "CET-1x"}) {
    EXPECT_FALSE(PosixTimeZone::parse(text)) << text;
  }
}

}  // namespace
}  // namespace tidemill
