#include "pipeline/ingest/synthetic.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include <gtest/gtest.h>

#include "base/error.h"
#include "pipeline/ingest/distributions.h"

namespace tidemill::pipeline {
namespace {

const Date kDay = Date::parse("2026-11-01");

using Columns = std::vector<engine::InputColumn>;

Columns make_all(const SyntheticSource& source, uint64_t seed = 42, Date day = kDay) {
  const SyntheticCustomers customers(source, seed, day);
  Columns columns;
  customers.make_rows(0, customers.row_count(), columns);
  return columns;
}

SyntheticSource clean(uint64_t rows) {
  SyntheticSource source;
  source.rows = rows;
  source.missing = 0;
  source.outliers = 0;
  return source;
}

const engine::InputColumn& find(const Columns& columns, const std::string& name) {
  for (const engine::InputColumn& column : columns) {
    if (column.column.name == name) return column;
  }
  throw std::runtime_error("no column " + name);
}

// NaN compares equal to NaN, and every bit counts.
bool same_bits(const std::vector<double>& a, const std::vector<double>& b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](double x, double y) {
           return std::bit_cast<uint64_t>(x) == std::bit_cast<uint64_t>(y);
         });
}

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double correlation(const std::vector<double>& a, const std::vector<double>& b) {
  const double mean_a = mean(a), mean_b = mean(b);
  double ab = 0, aa = 0, bb = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    ab += (a[i] - mean_a) * (b[i] - mean_b);
    aa += (a[i] - mean_a) * (a[i] - mean_a);
    bb += (b[i] - mean_b) * (b[i] - mean_b);
  }
  return ab / std::sqrt(aa * bb);
}

TEST(Distributions, MatchPublishedValues) {
  // Wichura 1988 gives these two; the others are scipy.stats.norm.ppf.
  EXPECT_NEAR(normal_quantile(0.25), -0.6744897501960817, 1e-15);
  EXPECT_NEAR(normal_quantile(0.001), -3.090232306167814, 1e-14);
  EXPECT_NEAR(normal_quantile(1e-20), -9.262340089798408, 1e-13);
  EXPECT_NEAR(normal_quantile(0.975), 1.959963984540054, 1e-14);
  EXPECT_EQ(normal_quantile(0.5), 0);
  EXPECT_NEAR(exponential_quantile(0.5), std::log(2), 1e-15);
  EXPECT_EQ(poisson_quantile(0.5, 11.5), 11);  // scipy.stats.poisson.ppf
  EXPECT_EQ(poisson_quantile(0.99, 3), 8);
  EXPECT_EQ(poisson_quantile(1e-9, 3), 0);
}

TEST(SyntheticCustomers, RowsADayAreUniformFrom800To1300) {
  std::vector<double> counts;
  for (int day = 0; day < 2000; ++day) {
    counts.push_back(static_cast<double>(SyntheticCustomers({}, 42, kDay.plus_days(day)).row_count()));
  }
  const auto [low, high] = std::minmax_element(counts.begin(), counts.end());
  EXPECT_GE(*low, 800);
  EXPECT_LT(*low, 805);
  EXPECT_LE(*high, 1300);
  EXPECT_GT(*high, 1295);
  EXPECT_NEAR(mean(counts), 1050, 10);
  EXPECT_NE(SyntheticCustomers({}, 1, kDay).row_count(), SyntheticCustomers({}, 2, kDay).row_count());
}

TEST(SyntheticCustomers, ARowDependsOnSeedDateAndIndexOnly) {
  SyntheticSource source;
  source.rows = 500;
  const Columns all = make_all(source);
  const SyntheticCustomers customers(source, 42, kDay);
  Columns part;
  customers.make_rows(123, 200, part);
  for (size_t c = 0; c < all.size(); ++c) {
    for (size_t i = 0; i < 77; ++i) {
      if (all[c].column.type == "VARCHAR") {
        EXPECT_EQ(part[c].strings[i], all[c].strings[123 + i]);
        EXPECT_EQ(part[c].is_null[i], all[c].is_null[123 + i]);
      } else {
        EXPECT_EQ(std::bit_cast<uint64_t>(part[c].numbers[i]),
                  std::bit_cast<uint64_t>(all[c].numbers[123 + i]));
      }
    }
  }
  EXPECT_FALSE(same_bits(find(make_all(source, 43), "age").numbers, find(all, "age").numbers));
  EXPECT_FALSE(
      same_bits(find(make_all(source, 42, kDay.plus_days(1)), "age").numbers, find(all, "age").numbers));
}

TEST(SyntheticCustomers, IdsAreUniqueAcrossDaysAndTimesLieInTheDay) {
  std::set<std::string> ids;
  size_t rows = 0;
  for (int d = 0; d < 3; ++d) {
    const Date day = kDay.plus_days(d);
    const Columns columns = make_all({}, 42, day);
    rows += columns[0].strings.size();
    ids.insert(columns[0].strings.begin(), columns[0].strings.end());
    const double start = day.days_since_epoch() * 86'400e6;
    for (const double time : find(columns, "event_timestamp").numbers) {
      EXPECT_GE(time, start);
      EXPECT_LT(time, start + 86'400e6);
      EXPECT_EQ(time, std::floor(time));
    }
  }
  EXPECT_EQ(ids.size(), rows);
  EXPECT_TRUE(ids.contains("CUST_20261101_0000123"));
}

TEST(SyntheticCustomers, MissingAndOutliersHaveTheirShares) {
  SyntheticSource source;
  source.rows = 100'000;
  const Columns dirty = make_all(source);
  const Columns pure = make_all(clean(100'000));
  constexpr double kTolerance = 0.004;  // over 5 standard deviations of a share at 100,000 draws
  for (size_t c = 0; c < dirty.size(); ++c) {
    const engine::InputColumn& column = dirty[c];
    const std::string& name = column.column.name;
    double nulls = 0, changed = 0;
    for (size_t i = 0; i < 100'000; ++i) {
      if (column.column.type == "VARCHAR") {
        nulls += column.is_null[i];
        EXPECT_EQ(column.strings[i], pure[c].strings[i]);
      } else if (std::isnan(column.numbers[i])) {
        ++nulls;
      } else if (column.numbers[i] != pure[c].numbers[i]) {
        ++changed;
        const double factor = column.numbers[i] / pure[c].numbers[i];
        EXPECT_GE(factor, 5 - 1e-2) << name;
        EXPECT_LE(factor, 10 + 1e-2) << name;
      }
    }
    const bool has_role = name == "customer_id" || name == "event_timestamp" || name == "churn_probability";
    const bool has_outliers =
        name == "total_spend" || name == "num_transactions" || name == "avg_session_minutes";
    EXPECT_NEAR(nulls / 1e5, has_role ? 0 : 0.05, has_role ? 0 : kTolerance) << name;
    EXPECT_NEAR(changed / 1e5, has_outliers ? 0.02 * 0.95 : 0, has_outliers ? kTolerance : 0) << name;
  }
}

TEST(SyntheticCustomers, AttributesHangTogether) {
  const Columns columns = make_all(clean(50'000));
  const auto numbers = [&](const std::string& name) { return find(columns, name).numbers; };
  const auto mean_in_segment = [&](const std::string& name, const std::string& segment) {
    std::vector<double> values;
    for (size_t i = 0; i < 50'000; ++i) {
      if (find(columns, "customer_segment").strings[i] == segment)
        values.push_back(find(columns, name).numbers[i]);
    }
    return mean(values);
  };
  EXPECT_GT(mean_in_segment("total_spend", "premium"), 3 * mean_in_segment("total_spend", "basic"));
  EXPECT_GT(mean_in_segment("tenure_months", "premium"), 1.2 * mean_in_segment("tenure_months", "basic"));
  EXPECT_LT(correlation(numbers("satisfaction_score"), numbers("support_tickets")), -0.5);
  EXPECT_LT(correlation(numbers("days_since_last_purchase"), numbers("login_frequency")), -0.2);
  EXPECT_GT(correlation(numbers("churn_probability"), numbers("support_tickets")), 0.3);
  EXPECT_GT(mean(numbers("churn_probability")), 0.3);
  EXPECT_LT(mean(numbers("churn_probability")), 0.6);
  for (const double p : numbers("churn_probability")) EXPECT_TRUE(p >= 0 && p <= 1);
  const std::vector<double> recency = numbers("days_since_last_purchase"), tenure = numbers("tenure_months");
  for (size_t i = 0; i < 50'000; ++i) {
    EXPECT_LE(recency[i], 31 * (tenure[i] + 1));
  }
}

TEST(SyntheticCustomers, TheTargetFollowsFromTheCleanAttributes) {
  SyntheticSource spoiled = clean(1000);
  spoiled.missing = 0.5;
  spoiled.outliers = 0.5;
  EXPECT_TRUE(same_bits(make_all(spoiled).back().numbers, make_all(clean(1000)).back().numbers));
  SyntheticSource quiet = clean(1000);
  quiet.noise = 0;
  EXPECT_FALSE(same_bits(make_all(quiet).back().numbers, make_all(clean(1000)).back().numbers));
}

TEST(SyntheticCustomers, DriftBeginsOnItsDay) {
  SyntheticSource source = clean(20'000);
  const Columns before = make_all(source);
  source.drift_from = kDay.plus_days(1);
  EXPECT_TRUE(
      same_bits(find(make_all(source), "support_tickets").numbers, find(before, "support_tickets").numbers));
  source.drift_from = kDay;
  const Columns after = make_all(source);
  source.drift = 2;
  const Columns far_after = make_all(source);
  const auto mean_of = [](const Columns& columns, const char* name) {
    return mean(find(columns, name).numbers);
  };
  EXPECT_GT(mean_of(after, "support_tickets"), 1.2 * mean_of(before, "support_tickets"));
  EXPECT_GT(mean_of(far_after, "support_tickets"), 1.2 * mean_of(after, "support_tickets"));
  EXPECT_LT(mean_of(after, "login_frequency"), 0.95 * mean_of(before, "login_frequency"));
  EXPECT_GT(mean_of(after, "churn_probability"), mean_of(before, "churn_probability") + 0.03);
}

TEST(SyntheticCustomers, RefusesSettingsThatMakeNoSense) {
  const auto message = [](auto change) {
    SyntheticSource source;
    change(source);
    try {
      const SyntheticCustomers customers(source, 42, kDay);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
      return error.message();
    }
    return std::string("no error");
  };
  EXPECT_EQ(message([](auto& s) { s.missing = 1.5; }), "source.missing = 1.5 must be between 0 and 1");
  EXPECT_EQ(message([](auto& s) { s.outliers = std::nan(""); }),
            "source.outliers = nan must be between 0 and 1");
  EXPECT_EQ(message([](auto& s) { s.noise = -1; }), "source.noise = -1 must be at least 0");
  EXPECT_EQ(message([](auto& s) { s.rows = 0; }), "source.rows = 0: at least one row is needed");
}

}  // namespace
}  // namespace tidemill::pipeline
