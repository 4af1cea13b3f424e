#include "server/pages/value_comparison.h"

#include <limits>

#include <gtest/gtest.h>

namespace tidemill::server::pages {
namespace {

tracking::Run run(std::vector<tracking::Metric> metrics, std::vector<tracking::Param> params) {
  tracking::Run made;
  made.metrics = std::move(metrics);
  made.params = std::move(params);
  return made;
}

TEST(ValueComparison, PairsByKey) {
  const auto pairs = pair_params(run({}, {{"b", "1"}, {"c", "2"}}), run({}, {{"a", "0"}, {"b", "1"}}));
  ASSERT_EQ(pairs.size(), 3U);
  EXPECT_EQ(pairs[0].key, "a");
  EXPECT_FALSE(pairs[0].left);
  EXPECT_TRUE(pairs[0].differs());
  EXPECT_FALSE(pairs[1].differs());
  EXPECT_FALSE(pairs[2].right);
}

TEST(ValueComparison, KnowsWhichWayIsBetter) {
  const auto better = [](const char* key, double left, double right) {
    return MetricPair{key, left, right}.right_is_better();
  };
  EXPECT_EQ(better("test_rmse", 0.12, 0.11), true);
  EXPECT_EQ(better("test_rmse", 0.11, 0.12), false);
  EXPECT_EQ(better("test_r2", 0.8, 0.9), true);
  EXPECT_EQ(better("test_rmse", 0.1, 0.1), std::nullopt);
  EXPECT_EQ(better("rows", 1, 2), std::nullopt);
}

TEST(ValueComparison, DifferencesNeedTwoNumbers) {
  const MetricPair pair{"m", 0.5, 0.4};
  EXPECT_DOUBLE_EQ(*pair.difference(), -0.1);
  EXPECT_DOUBLE_EQ(*pair.relative_difference(), -0.2);
  EXPECT_EQ((MetricPair{"m", 0.5, std::nullopt}.difference()), std::nullopt);
  EXPECT_EQ((MetricPair{"m", 0.0, 1.0}.relative_difference()), std::nullopt);
  EXPECT_EQ((MetricPair{"rmse", std::numeric_limits<double>::quiet_NaN(), 1.0}.right_is_better()),
            std::nullopt);
}

}  // namespace
}  // namespace tidemill::server::pages
