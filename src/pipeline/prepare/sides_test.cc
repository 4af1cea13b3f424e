#include "pipeline/prepare/sides.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "base/random.h"
#include "pipeline/prepare/strata.h"

namespace tidemill::pipeline {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

DayRows random_day(size_t count) {
  DayRows rows;
  for (size_t i = 0; i < count; ++i) {
    rows.key_hashes.push_back(counter_bits(1, 2, i));
    rows.targets.push_back(counter_uniform(1, 3, i));
  }
  return rows;
}

size_t tests_in(const std::vector<Side>& sides) {
  return static_cast<size_t>(std::count(sides.begin(), sides.end(), Side::kTest));
}

TEST(Strata, AreClassesWhenThereAreFewValues) {
  const std::vector<double> targets = {1, 0, 0, kNan, 1, 0};
  const Strata strata(targets, 10);
  EXPECT_EQ(strata.count(), 2u);
  EXPECT_EQ(strata.of(0), 0u);
  EXPECT_EQ(strata.of(1), 1u);
}

// pandas.qcut([0] * 6 + list(range(1, 15)), 5, labels=False, duplicates="drop"): edges 0, 2.6, 6.4, 10.2, 14.
TEST(Strata, AreQuantileBinsAsPandasMakesThem) {
  std::vector<double> targets(6, 0.0);
  for (int i = 1; i < 15; ++i) targets.push_back(i);
  const Strata strata(targets, 5);
  EXPECT_EQ(strata.count(), 4u);
  const std::vector<size_t> expected = {0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3};
  for (size_t value = 0; value < 15; ++value)
    EXPECT_EQ(strata.of(static_cast<double>(value)), expected[value]) << value;
}

TEST(Sides, GiveEveryStratumItsShare) {
  for (const size_t count : {1, 2, 3, 9, 100, 999, 50000}) {
    const DayRows rows = random_day(count);
    const std::vector<Side> sides = decide_sides(rows, {0.2, 10}, 2);
    EXPECT_EQ(tests_in(sides), static_cast<size_t>(std::floor(0.2 * static_cast<double>(count) + 0.5)))
        << count;
    const Strata strata(rows.targets, 10);
    std::vector<double> rows_in(strata.count()), tests(strata.count());
    for (size_t i = 0; i < count; ++i) {
      rows_in[strata.of(rows.targets[i])] += 1;
      tests[strata.of(rows.targets[i])] += sides[i] == Side::kTest ? 1 : 0;
    }
    for (size_t s = 0; s < rows_in.size(); ++s) EXPECT_NEAR(tests[s], 0.2 * rows_in[s], 1.0) << count;
  }
}

TEST(Sides, TakeTheLowestHashesOfAStratum) {
  DayRows rows;
  rows.targets = {5, 5, 5, 5, 5, kNan};
  rows.key_hashes = {30, 10, 10, 20, 10, 0};
  const std::vector<Side> sides = decide_sides(rows, {0.4, 10}, 1);
  const Side train = Side::kTrain, test = Side::kTest;
  EXPECT_EQ(sides, (std::vector<Side>{train, test, test, train, train, Side::kNone}));
}

TEST(Sides, KeepReturningKeysWhereTheyWere) {
  DayRows rows = random_day(1000);
  rows.earlier.assign(1000, Side::kNone);
  for (size_t i = 0; i < 500; ++i) rows.earlier[i] = i % 2 == 0 ? Side::kTest : Side::kTrain;
  const std::vector<Side> sides = decide_sides(rows, {0.2, 10}, 1);
  for (size_t i = 0; i < 500; ++i) EXPECT_EQ(sides[i], rows.earlier[i]);
  EXPECT_EQ(tests_in(sides), 250u + 100u);
}

TEST(Sides, DoNotDependOnThreads) {
  const DayRows rows = random_day(20000);
  EXPECT_EQ(decide_sides(rows, {0.3, 7}, 1), decide_sides(rows, {0.3, 7}, 4));
}

TEST(Sides, NoticeDuplicates) {
  std::vector<uint64_t> hashes = random_day(30000).key_hashes;
  EXPECT_FALSE(has_duplicates(hashes, 2));
  hashes.push_back(hashes[17]);
  EXPECT_TRUE(has_duplicates(hashes, 2));
  EXPECT_FALSE(has_duplicates(std::vector<uint64_t>{}, 1));
  EXPECT_TRUE(has_duplicates(std::vector<uint64_t>{5, 5}, 1));
}

}  // namespace
}  // namespace tidemill::pipeline
