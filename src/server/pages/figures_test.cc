#include "server/pages/figures.h"

#include <limits>

#include <gtest/gtest.h>

namespace tidemill::server::pages {
namespace {

TEST(Figures, AreWrittenForPeople) {
  EXPECT_EQ(count_text(0), "0");
  EXPECT_EQ(count_text(999), "999");
  EXPECT_EQ(count_text(1'234'567), "1,234,567");
  EXPECT_EQ(size_text(999), "999 B");
  EXPECT_EQ(size_text(12'345), "12.3 kB");
  EXPECT_EQ(size_text(999'990), "1.0 MB");
  EXPECT_EQ(metric_text(0.11406), "0.1141");
  EXPECT_EQ(metric_text(std::nullopt), "–");
  EXPECT_EQ(number_text(std::numeric_limits<double>::quiet_NaN()), "–");
  EXPECT_EQ(percent_text(0.9522), "95.2 %");
}

TEST(Figures, TextsAreShortenedBetweenCharacters) {
  EXPECT_EQ(shortened("abc", 3), "abc");
  EXPECT_EQ(shortened("abcd", 3), "abc…");
  EXPECT_EQ(shortened("aüü", 4), "aü…");
  EXPECT_EQ(shortened("", 0), "");
}

TEST(Figures, WhatIsNoTextIsReplaced) {
  EXPECT_EQ(shortened("a\xFF\xC3", 100), "a��");
  EXPECT_EQ(shortened(std::string("a\0b\x1b", 4), 100), "a�b�");
  EXPECT_EQ(shortened("a\nb", 100), "a\nb");
}

}  // namespace
}  // namespace tidemill::server::pages
