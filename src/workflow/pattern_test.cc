#include "workflow/pattern.h"

#include <gtest/gtest.h>

namespace tidemill::workflow {
namespace {

TEST(Pattern, WhatIsEmptyDoesNotRestrict) {
  EXPECT_TRUE(matches({}, ""));
  EXPECT_TRUE(matches({"~", "~"}, "any"));
}

TEST(Pattern, PartsAreFoundInAnyCaseOfLetters) {
  EXPECT_TRUE(matches({"Data", ""}, "01_data_generation"));
  EXPECT_TRUE(matches({"01%gen_ration", ""}, "01_data_generation"));
  EXPECT_FALSE(matches({"gen__ration", ""}, "01_data_generation"));
  EXPECT_TRUE(matches({"a\\_b", ""}, "a_b"));
  EXPECT_FALSE(matches({"a\\_b", ""}, "axb"));
  EXPECT_TRUE(matches({"x | data", ""}, "01_data"));
  EXPECT_FALSE(matches({"x|y", ""}, "01_data"));
  EXPECT_TRUE(matches({"%a%b%c%", ""}, "xxaababbcxx"));
  EXPECT_FALSE(matches({"%a%b%d%", ""}, std::string(2000, 'a') + "b"));
}

TEST(Pattern, PrefixesAreMeantAsWritten) {
  EXPECT_TRUE(matches({"", "01_"}, "01_data"));
  EXPECT_FALSE(matches({"", "1_"}, "01_data"));
  EXPECT_FALSE(matches({"", "D"}, "data"));
  EXPECT_TRUE(matches({"", "x|d"}, "data"));
  EXPECT_FALSE(matches({"", "d%"}, "data"));
}

}  // namespace
}  // namespace tidemill::workflow
