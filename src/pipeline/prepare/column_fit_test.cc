#include "pipeline/prepare/column_fit.h"

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"

namespace tidemill::pipeline {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// numpy and scikit-learn on [1, 2, nan, 4, 100, nan]: median 3, imputed quantiles 2.25 and 3.75.
TEST(ColumnFit, ImputesThenCapsThenScales) {
  const auto fit = fit_column(std::vector<double>{1, 2, kNan, 4, 100, kNan}, {});
  ASSERT_TRUE(fit);
  EXPECT_EQ(fit->null_count, 2u);
  EXPECT_DOUBLE_EQ(fit->impute_value, 3);
  EXPECT_DOUBLE_EQ(fit->q1, 2.25);
  EXPECT_DOUBLE_EQ(fit->q3, 3.75);
  EXPECT_DOUBLE_EQ(fit->cap_low, 0);
  EXPECT_DOUBLE_EQ(fit->cap_high, 6);
  EXPECT_DOUBLE_EQ(fit->mean, 19. / 6);
  EXPECT_NEAR(fit->scale, std::sqrt((1 + 4 + 9 + 9 + 16 + 36) / 6. - 19. / 6 * 19 / 6), 1e-15);
  EXPECT_EQ(fit->min, 1);
  EXPECT_EQ(fit->max, 100);
}

TEST(ColumnFit, ImputesMeanOrZero) {
  const std::vector<double> values = {1, 2, kNan, 6};
  EXPECT_DOUBLE_EQ(fit_column(values, {NumericImpute::kMean, true, true})->impute_value, 3);
  const auto zero = fit_column(values, {NumericImpute::kZero, false, true});
  EXPECT_EQ(zero->impute_value, 0);
  EXPECT_DOUBLE_EQ(zero->q1, 0.75);
  EXPECT_DOUBLE_EQ(zero->mean, 2.25);
  EXPECT_TRUE(std::isinf(zero->cap_low) && std::isinf(zero->cap_high));
}

TEST(ColumnFit, LeavesAConstantColumnItsScale) {
  const auto fit = fit_column(std::vector<double>(1000, 0.1), {});
  EXPECT_EQ(fit->scale, 1);
  EXPECT_EQ(fit->mean, 0.1);
  EXPECT_TRUE(std::isinf(fit->cap_low));  // no range, no caps
  const auto unscaled = fit_column(std::vector<double>{1, 2, 3}, {NumericImpute::kMedian, true, false});
  EXPECT_EQ(unscaled->mean, 0);
  EXPECT_EQ(unscaled->scale, 1);
  EXPECT_FALSE(fit_column(std::vector<double>{kNan, kNan}, {}));
}

TEST(ColumnFit, LosesNoDigitsFarFromZero) {
  std::vector<double> values;
  for (size_t i = 0; i < 100000; ++i) values.push_back(1e9 + static_cast<double>(i % 100));
  const auto fit = fit_column(values, {NumericImpute::kMedian, false, true});
  EXPECT_NEAR(fit->mean, 1e9 + 49.5, 1e-6);
  EXPECT_NEAR(fit->scale, std::sqrt((100. * 100 - 1) / 12), 1e-12);
}

}  // namespace
}  // namespace tidemill::pipeline
