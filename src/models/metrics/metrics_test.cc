#include "models/metrics/metrics.h"

#include <cmath>

#include <gtest/gtest.h>

#include "base/error.h"

namespace tidemill::models {
namespace {

// Expected values: sklearn.metrics 1.9 on the same numbers.
TEST(Metrics, AreScikitLearns) {
  const std::vector<double> actual = {3, -0.5, 2, 7}, predicted = {2.5, 0.0, 2, 8};
  EXPECT_NEAR(rmse(actual, predicted), 0.6123724356957945, 1e-15);
  EXPECT_NEAR(mae(actual, predicted), 0.5, 1e-15);
  EXPECT_NEAR(r2(actual, predicted), 0.9486081370449679, 1e-15);
}

TEST(Metrics, R2OfAConstantTarget) {
  EXPECT_EQ(r2({2, 2}, {2, 2}), 1);
  EXPECT_EQ(r2({2, 2}, {2, 3}), 0);
  EXPECT_EQ(r2(std::vector<double>(20, 0.7), std::vector<double>(20, 0.6)), 0);
  EXPECT_TRUE(std::isnan(r2({2}, {2})));
}

TEST(Metrics, RefuseWhatDoesNotPair) {
  EXPECT_THROW(rmse({}, {}), Error);
  EXPECT_THROW(mae({1, 2}, {1}), Error);
}

}  // namespace
}  // namespace tidemill::models
