#include "base/cron.h"

#include <gtest/gtest.h>

#include "base/airflow_answers.h"
#include "base/error.h"

namespace tidemill {
namespace {

std::string shown(std::optional<int64_t> utc_ms) {
  return utc_ms ? format_utc_ms(*utc_ms).substr(0, 19) + "Z" : "never";
}

std::string four_steps(const CronExpression& cron, const TimeZone& zone, const std::string& start,
                       bool forward) {
  std::optional<int64_t> at = parse_utc(start);
  std::string steps;
  for (int i = 0; i < 4 && at; ++i) {
    at = forward ? cron.next_after(*at, zone) : cron.previous_before(*at, zone);
    steps += (i > 0 ? " " : "") + shown(at);
  }
  return steps;
}

TEST(Cron, GoesForwardAsAirflow) {
  for (const auto& row : airflow_answers("next")) {
    EXPECT_EQ(four_steps(CronExpression::parse(row[2]), TimeZone::find(row[1]), row[3], true), row[4])
        << row[2] << " in " << row[1] << " after " << row[3];
  }
}

TEST(Cron, GoesBackAsAirflow) {
  for (const auto& row : airflow_answers("prev")) {
    EXPECT_EQ(four_steps(CronExpression::parse(row[2]), TimeZone::find(row[1]), row[3], false), row[4])
        << row[2] << " in " << row[1] << " before " << row[3];
  }
}

TEST(Cron, RefusesWhatAirflowRefuses) {
  for (const auto& row : airflow_answers("refused")) {
    EXPECT_THROW(CronExpression::parse(row[1]), Error) << row[1];
  }
}

TEST(Cron, IsDescribedAsInAirflow) {
  for (const auto& row : airflow_answers("described")) {
    EXPECT_EQ(CronExpression::parse(row[1]).description(), row[2]) << row[1];
  }
}

TEST(Cron, ExpandsAirflowsNames) {
  EXPECT_EQ(CronExpression::parse("@daily").text(), "0 0 * * *");
  EXPECT_EQ(CronExpression::parse("@quarterly").text(), "0 0 1 */3 *");
  EXPECT_EQ(CronExpression::parse("@midnight").text(), "@midnight");
}

std::string refusal(const std::string& text) {
  try {
    CronExpression::parse(text);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
    return error.message();
  }
  return "accepted";
}

TEST(Cron, SaysWhatIsWrong) {
  EXPECT_EQ(refusal("0 0 30 2 *"), "cron '0 0 30 2 *' never comes: no month has such a day");
  EXPECT_EQ(refusal("61 * * * *"),
            "cron '61 * * * *': '61' is no minute: write numbers from 0 to 59, with commas, - and / between");
  EXPECT_EQ(
      refusal("0 0 * * *x"),
      "cron '0 0 * * *x': '*x' is no day of week: write numbers from 0 to 6 or SUN to SAT (7 is Sunday too), "
      "with commas, - and / between");
  EXPECT_EQ(refusal("0 0 *"),
            "cron '0 0 *' has 3 fields: write minute, hour, day of month, month, day of week");
  EXPECT_NE(refusal("H H * * *").find("hashed and random"), std::string::npos);
  EXPECT_NE(refusal("@fortnightly").find("@weekly"), std::string::npos);
}

TEST(Cron, EndsWithItsYears) {
  const CronExpression cron = CronExpression::parse("0 0 1 1 * 0 2028");
  EXPECT_EQ(shown(cron.next_after(parse_utc("2026-01-01T00:00:00Z"), TimeZone::utc())),
            "2028-01-01T00:00:00Z");
  EXPECT_FALSE(cron.next_after(parse_utc("2028-01-01T00:00:00Z"), TimeZone::utc()));
  EXPECT_FALSE(cron.previous_before(parse_utc("2028-01-01T00:00:00Z"), TimeZone::utc()));
}

}  // namespace
}  // namespace tidemill
