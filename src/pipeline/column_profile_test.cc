#include "pipeline/column_profile.h"

#include <filesystem>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/id.h"
#include "base/text.h"

namespace tidemill::pipeline {
namespace {

namespace fs = std::filesystem;
using Counts = std::vector<uint64_t>;

class ColumnProfileTest : public testing::Test {
 protected:
  ColumnProfileTest() : dir_(fs::temp_directory_path() / ("tidemill-test-" + new_id())) {
    fs::create_directories(dir_);
    engine::EngineOptions options;
    options.readable_paths = {dir_.string()};
    engine_ = engine::open_engine(options);
    session_ = engine_->new_session();
  }
  ~ColumnProfileTest() override { fs::remove_all(dir_); }

  // The one column `x` of a query.
  ColumnProfile profile(const std::string& sql, const ProfileLimits& limits = {}) {
    const std::string path = dir_ / "x.parquet";
    session_->execute(fmt::format("COPY ({}) TO {} (FORMAT parquet)", sql, quote_literal(path)));
    const engine::Column column =
        session_->query("SELECT * FROM read_parquet(" + quote_literal(path) + ")")->columns().front();
    return profile_columns(*session_, path, {column}, limits).front();
  }

  fs::path dir_;
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<engine::Session> session_;
};

TEST_F(ColumnProfileTest, NumbersFallIntoBins) {
  const ColumnProfile found = profile("SELECT i / 10.0 AS x FROM range(101) t(i)", {.bin_count = 10});
  ASSERT_TRUE(found.numbers);
  EXPECT_EQ(found.row_count, 101U);
  EXPECT_EQ(found.numbers->min, 0);
  EXPECT_EQ(found.numbers->max, 10);
  EXPECT_NEAR(found.numbers->mean, 5, 1e-12);
  EXPECT_EQ(found.numbers->median, 5);
  EXPECT_EQ(found.numbers->counts.size(), 10U);
  EXPECT_EQ(found.numbers->counts.back(), 11U);  // with its upper end
}

TEST_F(ColumnProfileTest, AFewWholeNumbersHaveABinEach) {
  const ColumnProfile found = profile("SELECT i % 3 AS x FROM range(7) t(i)");
  EXPECT_EQ(found.numbers->counts, (Counts{3, 2, 2}));
  EXPECT_EQ(found.numbers->low, -0.5);
  const ColumnProfile yes_or_no = profile("SELECT i = 0 AS x FROM range(4) t(i)");
  EXPECT_EQ(yes_or_no.numbers->counts, (Counts{3, 1}));
}

TEST_F(ColumnProfileTest, ManyWholeNumbersShareBinsOfAWholeWidth) {
  const ColumnProfile found = profile("SELECT i AS x FROM range(100) t(i)", {.bin_count = 24});
  EXPECT_EQ(found.numbers->width, 5);
  EXPECT_EQ(found.numbers->counts, Counts(20, 5));
}

TEST_F(ColumnProfileTest, NullsNansAndInfinitiesAreNoValues) {
  const ColumnProfile found = profile(
      "SELECT CAST(x AS DOUBLE) AS x FROM (VALUES ('1'), (NULL), ('nan'), ('inf'), ('-inf'), ('2')) t(x)");
  EXPECT_EQ(found.row_count, 6U);
  EXPECT_EQ(found.null_count, 4U);
  EXPECT_EQ(found.numbers->min, 1);
  EXPECT_EQ(found.numbers->median, 1.5);
  const ColumnProfile empty = profile("SELECT CAST(NULL AS DOUBLE) AS x FROM range(2)");
  EXPECT_EQ(empty.null_count, 2U);
  EXPECT_FALSE(empty.numbers);
  EXPECT_FALSE(empty.texts);
}

TEST_F(ColumnProfileTest, ExtremesAreBounded) {
  const ColumnProfile wide = profile("SELECT x FROM (VALUES (-1.7e308::DOUBLE), (1.7e308)) t(x)");
  EXPECT_EQ(wide.numbers->counts.size(), 1U);
  const ColumnProfile one = profile("SELECT 0.25::DOUBLE AS x FROM range(3)");
  EXPECT_EQ(one.numbers->counts, Counts{3});
}

TEST_F(ColumnProfileTest, TimesAreMicroseconds) {
  const ColumnProfile found = profile("SELECT DATE '1970-01-02' AS x");
  EXPECT_TRUE(found.is_time);
  EXPECT_EQ(found.numbers->max, 86'400e6);
}

TEST_F(ColumnProfileTest, TextsAreCounted) {
  const ColumnProfile found =
      profile("SELECT x FROM (VALUES ('b'), ('a'), ('c'), ('c'), (NULL)) t(x)", {.frequent_count = 2});
  ASSERT_TRUE(found.texts);
  EXPECT_EQ(found.null_count, 1U);
  EXPECT_EQ(found.texts->distinct_count, 3U);
  EXPECT_TRUE(found.texts->distinct_is_exact);
  EXPECT_EQ(found.texts->most_frequent, (std::vector<std::pair<std::string, uint64_t>>{{"c", 2}, {"a", 1}}));
}

TEST_F(ColumnProfileTest, OnlySoManyRowsAndValuesAreLookedAt) {
  const ColumnProfile found =
      profile("SELECT 'v' || i AS x FROM range(100) t(i)", {.row_count = 50, .distinct_count = 10});
  EXPECT_EQ(found.row_count, 50U);
  EXPECT_EQ(found.texts->distinct_count, 10U);
  EXPECT_FALSE(found.texts->distinct_is_exact);
}

TEST_F(ColumnProfileTest, NamesAreOnlyNames) {
  const ColumnProfile found = profile(R"(SELECT 1 AS "x"" FROM y; <script>")");
  EXPECT_EQ(found.numbers->max, 1);
}

}  // namespace
}  // namespace tidemill::pipeline
