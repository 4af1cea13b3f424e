#include "pipeline/prepare/order_statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "base/random.h"

namespace tidemill::pipeline {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

void expect_like_sorted(const std::vector<double>& values) {
  std::vector<double> sorted;
  std::copy_if(values.begin(), values.end(), std::back_inserter(sorted),
               [](double v) { return !std::isnan(v); });
  std::sort(sorted.begin(), sorted.end());
  OrderStatistics order(values);
  ASSERT_EQ(order.size(), sorted.size());
  RandomSequence random(7);
  for (int i = 0; i < 20 && !sorted.empty(); ++i) {
    const size_t rank = i == 0 ? sorted.size() - 1 : random.next_below(static_cast<uint32_t>(sorted.size()));
    if (i % 3 == 0) order.prepare({rank, rank / 2, rank + 1});
    EXPECT_EQ(order.at(rank), sorted[rank]) << rank;
    const size_t next = std::min(rank + 1, sorted.size() - 1);
    EXPECT_EQ(order.at(next), sorted[next]) << rank;
    const auto below = std::lower_bound(sorted.begin(), sorted.end(), sorted[rank]) - sorted.begin();
    EXPECT_EQ(order.count_below(sorted[rank]), static_cast<size_t>(below));
  }
}

std::vector<double> make(size_t count, double (*value)(RandomSequence&)) {
  RandomSequence random(count);
  std::vector<double> values;
  for (size_t i = 0; i < count; ++i) values.push_back(value(random));
  return values;
}

TEST(OrderStatistics, AgreesWithSorting) {
  for (const size_t count : {0, 1, 2, 7, 4096, 4097, 50000, 300000}) {
    expect_like_sorted(make(count, [](RandomSequence& r) { return r.next_uniform() * 200 - 100; }));
    expect_like_sorted(make(count, [](RandomSequence& r) { return std::exp(r.next_uniform() * 40 - 20); }));
    expect_like_sorted(make(count, [](RandomSequence& r) { return std::floor(r.next_uniform() * 5) - 2; }));
    expect_like_sorted(make(
        count, [](RandomSequence& r) { return r.next_below(3) == 0 ? kNan : 1e-300 * r.next_uniform(); }));
    expect_like_sorted(
        make(count, [](RandomSequence& r) { return r.next_below(4) == 0 ? -kInfinity : kInfinity; }));
    expect_like_sorted(make(count, [](RandomSequence& r) { return 1 + r.next_uniform() * 1e-12; }));
  }
}

TEST(OrderStatistics, InterpolatesAsNumpy) {
  // numpy.quantile([1, 2, 4, 8], [0, .25, .5, .9, 1])
  const std::vector<double> values = {8, kNan, 1, 4, 2};
  OrderStatistics order(values);
  EXPECT_DOUBLE_EQ(order.quantile(0), 1);
  EXPECT_DOUBLE_EQ(order.quantile(0.25), 1.75);
  EXPECT_DOUBLE_EQ(order.quantile(0.5), 3);
  EXPECT_DOUBLE_EQ(order.quantile(0.9), 6.8);
  EXPECT_DOUBLE_EQ(order.quantile(1), 8);
}

}  // namespace
}  // namespace tidemill::pipeline
