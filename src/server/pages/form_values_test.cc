#include "server/pages/form_values.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace tidemill::server::pages {
namespace {

Form form_of(const std::string& body) {
  net::Request request;
  request.body = body;
  return Form(request);
}

TEST(FormValuesTest, TextsAreTrimmedOrWhole) {
  const Form form = form_of("a=+x+%0D%0A&b=1%0D%0A2%0D&on=true&off=1");
  EXPECT_EQ(trimmed(form, "a"), "x");
  EXPECT_EQ(trimmed(form, "absent"), "");
  EXPECT_EQ(whole_text(form, "b"), "1\n2\r");
  EXPECT_TRUE(is_ticked(form, "on"));
  EXPECT_FALSE(is_ticked(form, "off"));
  EXPECT_FALSE(is_ticked(form, "absent"));
}

TEST(FormValuesTest, NumbersAreWhole) {
  const Form form = form_of("n=+-1&empty=&text=12x&big=99999999999999999999");
  EXPECT_EQ(integer_value(form, "n"), -1);
  EXPECT_EQ(integer_value(form, "empty"), std::nullopt);
  EXPECT_THROW(integer_value(form, "text"), Error);
  EXPECT_THROW(integer_value(form, "big"), Error);
}

TEST(FormValuesTest, InstantsAreAsBrowsersAndPeopleWriteThem) {
  const Form form =
      form_of("picker=1970-01-01T00:01&day=1970-01-02&whole=1970-01-01T01:00:00%2B01:00&bad=soon&empty=");
  EXPECT_EQ(instant_value(form, "picker"), 60'000);
  EXPECT_EQ(instant_value(form, "day"), 86'400'000);
  EXPECT_EQ(instant_value(form, "whole"), 0);
  EXPECT_EQ(instant_value(form, "empty"), std::nullopt);
  EXPECT_THROW(instant_value(form, "bad"), Error);
}

TEST(FormValuesTest, NobodyIsSentToAnotherSite) {
  EXPECT_EQ(back_path(form_of("back=/dags%3Fa=1"), "/"), "/dags?a=1");
  for (const char* elsewhere : {"back=//x.example", "back=https://x.example", "back=/%5Cx.example",
                                "back=", "back=/a%0D%0ASet-Cookie:x", "back=/%09/x.example"}) {
    EXPECT_EQ(back_path(form_of(elsewhere), "/home"), "/home") << elsewhere;
  }
}

TEST(FormValuesTest, FormsHoldText) {
  for (const char* bytes : {"a=%00", "a=%FF", "%C3=a"}) EXPECT_THROW(form_of(bytes), Error) << bytes;
}

TEST(FormValuesTest, WholeNumbersAreNothingElse) {
  EXPECT_EQ(whole_number("-12"), -12);
  for (const char* odd : {"", " 1", "1 ", "1x", "1.0", "9223372036854775808"}) {
    EXPECT_EQ(whole_number(odd), std::nullopt) << odd;
  }
}

}  // namespace
}  // namespace tidemill::server::pages
