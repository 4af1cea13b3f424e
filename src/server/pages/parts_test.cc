#include "server/pages/parts.h"

#include <gtest/gtest.h>

namespace tidemill::server::pages {
namespace {

constexpr char kHostile[] = "</td><script>alert(1)</script>\"'";

void expect_harmless(const Html& html) {
  EXPECT_EQ(html.text().find("<script"), std::string::npos) << html.text();
  EXPECT_EQ(html.text().find("alert(1)</"), std::string::npos) << html.text();
}

TEST(PagePartsTest, DurationsHaveTwoUnitsAtMost) {
  EXPECT_EQ(duration_text(-5), "0 ms");
  EXPECT_EQ(duration_text(350), "350 ms");
  EXPECT_EQ(duration_text(4'290), "4.2 s");
  EXPECT_EQ(duration_text(59'999), "59 s");
  EXPECT_EQ(duration_text(60'000), "1 min");
  EXPECT_EQ(duration_text(64'000), "1m 04s");
  EXPECT_EQ(duration_text(7'500'000), "2h 05m");
  EXPECT_EQ(duration_text(int64_t{277} * 3'600'000), "11d 13h");
}

TEST(PagePartsTest, WhatHasNotEndedCounts) {
  EXPECT_NE(duration(std::nullopt, std::nullopt, 5).text().find("–"), std::string::npos);
  EXPECT_EQ(duration(1'000, 1'200, 9'000).text(), "200 ms");
  EXPECT_EQ(duration(1'000, std::nullopt, 3'000).text(),
            "<time data-since=\"1970-01-01T00:00:01+00:00\">2.0 s</time>");
}

TEST(PagePartsTest, InstantsAreUtc) {
  EXPECT_EQ(instant(1'000).text(), "<time datetime=\"1970-01-01T00:00:01+00:00\">1970-01-01 00:00:01</time>");
}

TEST(PagePartsTest, PathsHoldAnyName) {
  EXPECT_EQ(run_path("a/b", "manual__2026-11-01T00:00:00+00:00"),
            "/dags/a%2Fb/runs/manual__2026-11-01T00%3A00%3A00%2B00%3A00");
  EXPECT_EQ(task_path({"d", "..", "?#"}), "/dags/d/runs/../tasks/%3F%23");
  EXPECT_EQ(with_query("/x", {{"a", ""}, {"b", "1&2"}, {"c", "3"}}), "/x?b=1%262&c=3");
}

TEST(PagePartsTest, SquaresSayWhatTheyAre) {
  const Html square = state_square("up_for_retry", kHostile, "/dags/d");
  expect_harmless(square);
  EXPECT_NE(square.text().find("class=\"square up_for_retry\""), std::string::npos);
  EXPECT_NE(square.text().find("aria-label=\"&lt;/td&gt;"), std::string::npos);
  EXPECT_NE(state_square("none", "nothing yet").text().find("role=\"img\""), std::string::npos);
  EXPECT_NE(state_chip("upstream_failed").text().find(">upstream failed<"), std::string::npos);
}

TEST(PagePartsTest, TablesNameTheirCells) {
  const Html shown = table({{"Run", "title"}, {"Took", "num"}}, {{kHostile, {kHostile, kHostile}}}, "None.");
  expect_harmless(shown);
  EXPECT_NE(shown.text().find("<th class=\"title\" scope=\"row\">"), std::string::npos);
  EXPECT_NE(shown.text().find("<td class=\"num\" data-label=\"Took\">"), std::string::npos);
  const std::string untitled = table({{"Metric"}, {"Value", "num"}}, {{"", {"rmse", "1"}}}, "None.").text();
  EXPECT_NE(untitled.find("<th scope=\"row\" data-label=\"Metric\">rmse</th>"), std::string::npos);
  EXPECT_NE(table({{"On", "pick"}, {"State"}}, {{"", {"x", "y"}}}, "").text().find("<td class=\"pick\">"),
            std::string::npos);
  EXPECT_EQ(table({{"Run"}}, {}, "None.").text(),
            "<div class=\"table-wrap\"><p class=\"empty\">None.</p></div>");
}

TEST(PagePartsTest, JsonIsIndentedAndBounded) {
  EXPECT_EQ(json_block("{\"a\":1}").text(), "<pre tabindex=\"0\">{\n  &quot;a&quot;: 1\n}</pre>");
  expect_harmless(json_block(std::string("not json ") + kHostile));
  EXPECT_LT(json_block("\"" + std::string(100'000, 'x') + "\"").text().size(), 9'000u);
  const std::string deep = std::string(300, '[') + std::string(300, ']');
  EXPECT_EQ(json_block(deep).text(), "<pre tabindex=\"0\">" + deep + "</pre>");
}

TEST(PagePartsTest, TextIsCutBetweenCharacters) {
  EXPECT_EQ(cut("abc", 3), "abc");
  EXPECT_EQ(cut("a€b", 2), "a…");  // € has three bytes
  EXPECT_EQ(cut("a€b", 4), "a€…");
}

}  // namespace
}  // namespace tidemill::server::pages
