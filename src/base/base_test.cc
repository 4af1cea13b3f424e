#include <atomic>
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "base/date.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/id.h"
#include "base/parallel.h"
#include "base/random.h"
#include "base/text.h"

namespace tidemill {
namespace {

TEST(Date, RoundTripsAndCounts) {
  const Date day = Date::parse("2028-02-29");
  EXPECT_EQ(day.to_string(), "2028-02-29");
  EXPECT_EQ(day.plus_days(1).to_string(), "2028-03-01");
  EXPECT_EQ(Date::parse("2026-11-01").partition_path(), "year=2026/month=11/day=01");
  EXPECT_EQ(date_range(day, day.plus_days(2)).size(), 3u);
  EXPECT_TRUE(date_range(day, day.plus_days(-1)).empty());
}

TEST(Date, RefusesWhatIsNoDay) {
  for (const char* text :
       {"2026-02-30", "2026-1-01", "2026-11-01 ", "", "20261101", "-026-11-01", "2026-13-01"}) {
    EXPECT_THROW(Date::parse(text), Error) << text;
  }
}

TEST(Date, FormatsMilliseconds) {
  EXPECT_EQ(format_utc_ms(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(format_utc_ms(-1), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(format_utc_ms(1793491200123), "2026-11-01T00:00:00.123Z");
}

TEST(TextTest, Utf8IsToldFromOtherBytes) {
  for (const char* text : {"", "plain", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x99\x82", "\xED\x9F\xBF"}) {
    EXPECT_TRUE(is_utf8(text)) << text;
  }
  // A lone byte, one that is missing, more bytes than needed, a surrogate, beyond the last character.
  for (const char* text :
       {"\xFF", "\x80", "a\xC3", "\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80"}) {
    EXPECT_FALSE(is_utf8(text));
  }
}

TEST(TextTest, CharactersAreCodePoints) {
  EXPECT_EQ(count_characters(""), 0U);
  EXPECT_EQ(count_characters("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x99\x82"), 4U);
}

TEST(Text, HidesPasswords) {
  EXPECT_EQ(without_password("postgresql://me:secret@host/db"), "postgresql://me:***@host/db");
  EXPECT_EQ(without_password("postgresql://me:se@cret@host/db"), "postgresql://me:***@host/db");
  EXPECT_EQ(without_password("postgresql://me:s/e?c@host/db?a=b"), "postgresql://me:***@host/db?a=b");
  EXPECT_EQ(without_password("postgresql://h/db?user=me&password=secret&sslpassword=x"),
            "postgresql://h/db?user=me&password=***&sslpassword=***");
  EXPECT_EQ(without_password("postgresql://host:5432/db"), "postgresql://host:5432/db");
  EXPECT_EQ(without_password("sqlite:a:b@c"), "sqlite:a:b@c");
}

TEST(Random, IsAFunctionOfItsCounter) {
  EXPECT_EQ(counter_bits(1, 2, 3), counter_bits(1, 2, 3));
  EXPECT_NE(counter_bits(1, 2, 3), counter_bits(1, 3, 2));
  double sum = 0;
  for (uint64_t i = 0; i < 10000; ++i) sum += counter_uniform(42, 7, i);
  EXPECT_NEAR(sum / 10000, 0.5, 0.01);
}

TEST(Digest, KnowsTheEmptyString) {
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Parallel, RunsEachOnceAndRethrowsTheLowestFailure) {
  std::atomic<int> runs = 0;
  parallel_for(1000, 4, [&](size_t) { ++runs; });
  EXPECT_EQ(runs, 1000);
  try {
    parallel_for(100, 4, [](size_t i) {
      if (i >= 10) throw Error(ErrorCode::kInternal, std::to_string(i));
    });
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.message(), "10");
  }
}

TEST(Text, FindsTheNearestName) {
  EXPECT_EQ(nearest_name("custmer_id", {"age", "customer_id"}), "customer_id");
  EXPECT_EQ(nearest_name("zzzzzz", {"age", "customer_id"}), "");
}

TEST(Text, QuotesAndFormats) {
  EXPECT_EQ(quote_identifier("a\"b"), "\"a\"\"b\"");
  EXPECT_EQ(quote_literal("it's"), "'it''s'");
  EXPECT_EQ(escape_markup("<a href='x'>&"), "&lt;a href=&#39;x&#39;&gt;&amp;");
  EXPECT_EQ(format_double(0.1), "0.1");
  EXPECT_EQ(format_double(std::numeric_limits<double>::quiet_NaN()), "NaN");
}

TEST(Id, IsAUuid4) {
  const std::string id = new_id();
  EXPECT_EQ(id.size(), 32u);
  EXPECT_EQ(id[12], '4');
  EXPECT_NE(id, new_id());
}

TEST(ErrorCodes, GiveExitCodes) {
  EXPECT_EQ(exit_code(ErrorCode::kInvalidArgument), 2);
  EXPECT_EQ(mlflow_error_code(ErrorCode::kAlreadyExists), "RESOURCE_ALREADY_EXISTS");
}

}  // namespace
}  // namespace tidemill
