#include "server/pages/log_lines.h"

#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/error.h"

namespace tidemill::server::pages {
namespace {

using workflow::LogRecord;

LogRecord record(const std::string& event, const std::string& level = "info") {
  return {"2026-11-23T06:00:00.123456Z", level, event, "task"};
}

size_t count(const std::string& text, std::string_view wanted) {
  size_t found = 0;
  for (size_t at = text.find(wanted); at != std::string::npos; at = text.find(wanted, at + 1)) ++found;
  return found;
}

class LogLinesTest : public testing::Test {
 protected:
  LogLinesTest()
      : file_(std::filesystem::path(testing::TempDir()) / fmt::format("log_lines_{}.log", getpid())) {
    std::filesystem::remove(file_);
  }
  ~LogLinesTest() override { std::filesystem::remove(file_); }

  void write(const LogRecord& line) {
    std::ofstream(file_, std::ios::app) << workflow::format_log_line(line);
  }

  std::filesystem::path file_;
};

TEST(RenderLogTest, LinesAreTextWithTheirTimeAndLevel) {
  EXPECT_EQ(render_log({record("12 rows")}, {}).text(), "<p><time>06:00:00.123</time>12 rows</p>");
  EXPECT_EQ(render_log({record("<script>x</script>", "error")}, {}).text(),
            "<p class=\"error\"><time>06:00:00.123</time><b>ERROR</b>&lt;script&gt;x&lt;/script&gt;</p>");
  EXPECT_EQ(render_log({{"", "\"><script>", "raw", ""}}, {}).text(), "<p>raw</p>");
  EXPECT_EQ(render_log({record("\x1b[31mred\x1b[0m \x1b[")}, {}).text(),
            "<p><time>06:00:00.123</time>red </p>");
}

TEST(RenderLogTest, GroupsAreFoldedUnlessSomethingWentWrong) {
  const auto html = [](std::vector<LogRecord> records) { return render_log(records, {}).text(); };
  const std::string quiet =
      html({record("::group::A <b>"), record("x"), record("::endgroup::"), record("y")});
  EXPECT_EQ(quiet,
            "<details><summary>A &lt;b&gt;</summary><p><time>06:00:00.123</time>x</p></details>"
            "<p><time>06:00:00.123</time>y</p>");
  EXPECT_EQ(
      html({record("::group::A"), record("x", "warning"), record("::endgroup::")}).find("<details open>"),
      0u);
  EXPECT_EQ(html({record("::group::A"), record("x")}).find("<details class=\"unended\" open>"), 0u);
  EXPECT_EQ(html({record("::endgroup::")}), "<i class=\"group-end\" hidden></i>");
  EXPECT_EQ(count(html({record("::group::A"), record("::group::B"), record("::endgroup::")}), "</details>"),
            2u);
}

TEST(RenderLogTest, WhatIsSearchedForIsMarked) {
  const std::vector<LogRecord> all = {record("::group::A"), record("Rows & ROWS"), record("other"),
                                      record("no rows", "error")};
  EXPECT_EQ(render_log(all, {"rows", ""}).text(),
            "<p><time>06:00:00.123</time><mark>Rows</mark> &amp; <mark>ROWS</mark></p>"
            "<p class=\"error\"><time>06:00:00.123</time><b>ERROR</b>no <mark>rows</mark></p>");
  EXPECT_EQ(count(render_log(all, {"", "warning"}).text(), "<p"), 1u);
  EXPECT_EQ(render_log(all, {"<", ""}).text(), "");
}

TEST_F(LogLinesTest, TheEndComesFirstAndEarlierPiecesMeetIt) {
  EXPECT_THROW(lines_before(file_, std::nullopt, {}), Error);
  for (int i = 0; i < 5000; ++i) write(record(fmt::format("line {};", i)));
  const auto size = static_cast<int64_t>(std::filesystem::file_size(file_));
  std::ofstream(file_, std::ios::app) << "{\"event\": \"half";
  LogPiece piece = lines_before(file_, std::nullopt, {});
  EXPECT_EQ(piece.end, size);
  size_t lines = 0;
  for (int expected = 4999; true; piece = lines_before(file_, piece.begin, {})) {
    EXPECT_LE(piece.lines.text().size(), kMaxPieceBytes);
    const size_t here = count(piece.lines.text(), "<p>");
    EXPECT_NE(piece.lines.text().rfind(fmt::format("line {};</p>", expected)), std::string::npos);
    expected -= static_cast<int>(here);
    lines += here;
    if (piece.begin == 0) break;
  }
  EXPECT_EQ(lines, 5000u);
}

TEST_F(LogLinesTest, PiecesAreBoundedWhateverALineIs) {
  for (int i = 0; i < 40; ++i) write(record(std::string(16'000, '"')));  // six bytes each as HTML
  LogPiece piece = lines_before(file_, std::nullopt, {});
  size_t pieces = 0;
  for (; piece.begin > 0; ++pieces) {
    EXPECT_LE(piece.lines.text().size(), 2 * kMaxPieceBytes);
    ASSERT_FALSE(piece.lines.empty());
    piece = lines_before(file_, piece.begin, {});
  }
  EXPECT_GE(pieces, 30u);
}

TEST_F(LogLinesTest, ASearchGoesBackThroughTheFile) {
  write(record("the needle"));
  std::string hay;
  for (int i = 0; i < 30'000; ++i) hay += workflow::format_log_line(record(fmt::format("hay {}", i)));
  std::ofstream(file_, std::ios::app) << hay;
  EXPECT_EQ(count(lines_before(file_, std::nullopt, {"NEEDLE", ""}).lines.text(), "<mark>"), 1u);
  EXPECT_TRUE(lines_before(file_, std::nullopt, {"nothing", ""}).lines.empty());
}

TEST_F(LogLinesTest, WhatComesLaterIsReadFromWhereItWas) {
  write(record("one"));
  const LogPiece first = lines_from(file_, -3, {});
  EXPECT_EQ(first.begin, 0);
  EXPECT_EQ(count(first.lines.text(), "one"), 1u);
  EXPECT_TRUE(lines_from(file_, first.end, {}).lines.empty());
  write(record("two"));
  EXPECT_EQ(count(lines_from(file_, first.end, {}).lines.text(), "two"), 1u);
}

TEST_F(LogLinesTest, AnEmptyLogIsEmpty) {
  std::ofstream(file_) << "";
  const LogPiece piece = lines_before(file_, std::nullopt, {});
  EXPECT_TRUE(piece.lines.empty());
  EXPECT_EQ(piece.end, 0);
}

}  // namespace
}  // namespace tidemill::server::pages
