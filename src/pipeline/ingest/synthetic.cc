#include "pipeline/ingest/synthetic.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "base/error.h"
#include "base/random.h"
#include "pipeline/ingest/distributions.h"

namespace tidemill::pipeline {
namespace {

constexpr uint64_t kMinRows = 800;
constexpr uint64_t kMaxRows = 1300;
constexpr double kDayMicros = 86'400e6;

// Each has its own random numbers. Adding one at the end leaves the others' data as it was.
enum Stream : uint64_t {
  kRowCount,
  kSegment,
  kContract,
  kActivity,
  kTrouble,
  kAge,
  kTenure,
  kLogins,
  kTransactions,
  kBasket,
  kMinutes,
  kTickets,
  kSatisfaction,
  kRecency,
  kNoise,
  kTimeA,
  kTimeB,
  kMissing,              // one per column from here
  kOutlier = 100,        // one per column from here
  kOutlierFactor = 200,  // one per column from here
};

enum ColumnIndex : size_t {
  kColId,
  kColTime,
  kColAge,
  kColTenure,
  kColSegment,
  kColContract,
  kColTransactions,
  kColSpend,
  kColLogins,
  kColMinutes,
  kColTickets,
  kColRecency,
  kColSatisfaction,
  kColTarget,
  kColumnCount,
};

enum Segment { kBasic, kStandard, kPremium };
enum Contract { kMonthly, kAnnual, kTwoYear };
constexpr const char* kSegmentNames[] = {"basic", "standard", "premium"};
constexpr const char* kContractNames[] = {"monthly", "annual", "two_year"};
constexpr double kMonthlyShare[] = {0.65, 0.52, 0.38};          // by segment
constexpr double kMonthlyOrAnnualShare[] = {0.90, 0.84, 0.74};  // by segment
constexpr double kSpendFactor[] = {1.0, 1.6, 2.6};              // by segment
constexpr double kTenureFactor[] = {0.9, 1.0, 1.25};            // by segment
constexpr double kTenureMean[] = {18, 28, 40};                  // by contract, months
constexpr double kContractEffect[] = {0.5, -0.3, -0.7};         // by contract, on the log odds

struct Customer {
  int segment;
  int contract;
  double age;
  double tenure_months;
  double logins;
  double transactions;
  double spend;
  double minutes;
  double tickets;
  double satisfaction;
  double recency_days;
};

double round_to(double value, double per_unit) {
  return std::round(value * per_unit) / per_unit;
}

// The random numbers of one row.
class Draw {
 public:
  Draw(uint64_t day_seed, uint64_t row) : day_seed_(day_seed), row_(row) {}
  // In (0, 1): never the ends, where quantiles are infinite.
  double uniform(uint64_t stream) const {
    return (static_cast<double>(counter_bits(day_seed_, stream, row_) >> 12) + 0.5) * 0x1.0p-52;
  }
  double normal(uint64_t stream) const { return normal_quantile(uniform(stream)); }

 private:
  uint64_t day_seed_;
  uint64_t row_;
};

// Two hidden traits tie the attributes together: `activity` (logs in and buys more, bought more recently) and
// `trouble` (opens tickets, which costs satisfaction).
Customer make_customer(const Draw& draw, double drift) {
  const double basic_share = std::clamp(0.50 + 0.12 * drift, 0.0, 1.0);
  const double premium_share = std::clamp(0.15 - 0.05 * drift, 0.0, 1.0 - basic_share);
  const double activity = draw.normal(kActivity) - 0.25 * drift;
  const double trouble = draw.normal(kTrouble) + 0.6 * drift;

  Customer c{};
  const double segment = draw.uniform(kSegment);
  c.segment = segment < basic_share ? kBasic : segment < 1 - premium_share ? kStandard : kPremium;
  const double contract = draw.uniform(kContract);
  c.contract = contract < kMonthlyShare[c.segment]           ? kMonthly
               : contract < kMonthlyOrAnnualShare[c.segment] ? kAnnual
                                                             : kTwoYear;
  c.age = std::clamp(std::round(42 + 2 * c.segment + 13 * draw.normal(kAge)), 18.0, 85.0);
  const double tenure_mean = kTenureMean[c.contract] * kTenureFactor[c.segment];
  c.tenure_months = std::min(std::floor(tenure_mean * exponential_quantile(draw.uniform(kTenure))), 120.0);
  const auto poisson = [&](Stream stream, double mean) {
    return static_cast<double>(poisson_quantile(draw.uniform(stream), std::clamp(mean, 0.01, 500.0)));
  };
  c.logins = poisson(kLogins, 11.5 * std::exp(0.35 * activity));
  c.transactions = 1 + poisson(kTransactions, 8 * kSpendFactor[c.segment] * std::exp(0.25 * activity));
  const double basket = 12 * kSpendFactor[c.segment] * std::exp(0.45 * draw.normal(kBasket));
  c.spend = round_to(c.transactions * basket, 100);
  c.minutes = round_to(17 * std::exp(0.6 * draw.normal(kMinutes) + 0.1 * activity), 100);
  c.tickets = poisson(kTickets, 1.15 * std::exp(0.6 * trouble - 0.18));
  const double satisfaction = 4.25 - 0.38 * c.tickets + 0.12 * activity + 0.65 * draw.normal(kSatisfaction);
  c.satisfaction = round_to(std::clamp(satisfaction, 1.0, 5.0), 10);
  // Nobody bought before they were a customer.
  const double recency =
      std::floor(30 * std::exp(-0.45 * activity) * exponential_quantile(draw.uniform(kRecency)));
  c.recency_days = std::min({recency, 30 * (c.tenure_months + 1), 365.0});
  return c;
}

// What makes customers leave. The slopes are what a line can learn; the conditions are what it cannot.
double log_odds_of_churn(const Customer& c) {
  double odds = -0.35 + 0.30 * (c.tickets - 1.2) + 0.010 * (std::min(c.recency_days, 120.0) - 30) -
                0.014 * (std::min(c.tenure_months, 72.0) - 24) - 0.45 * (c.satisfaction - 3.8) -
                0.04 * (c.logins - 12) + kContractEffect[c.contract];
  if (c.tickets >= 3 && c.satisfaction < 3.4) odds += 1.3;         // unheard complaints
  if (c.logins > 14 && c.minutes > 18) odds -= 1.3;                // a daily habit
  if (c.recency_days > 45 && c.segment == kBasic) odds += 1.1;     // drifting away, nothing holds them
  if (c.contract == kMonthly && c.tenure_months < 6) odds += 0.7;  // still trying it out
  if (c.segment == kPremium && c.spend > 600) odds -= 0.8;         // invested
  if (c.logins < 7 && c.satisfaction < 4) odds += 0.9;             // silent and unhappy
  return odds;
}

double churn_probability(const Customer& c, const Draw& draw, double noise) {
  const double probability = 1 / (1 + std::exp(-log_odds_of_churn(c)));
  return round_to(std::clamp(probability + noise * draw.normal(kNoise), 0.0, 1.0), 1e6);
}

void check_share(const char* name, double value) {
  if (!(value >= 0 && value <= 1)) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("source.{} = {} must be between 0 and 1", name, value));
  }
}

}  // namespace

SyntheticCustomers::SyntheticCustomers(const SyntheticSource& source, uint64_t seed, Date date)
    : source_(source),
      date_(date),
      day_seed_(derive_seed(seed, static_cast<uint64_t>(static_cast<int64_t>(date.days_since_epoch())))),
      row_count_(source.rows.value_or(kMinRows +
                                      static_cast<uint64_t>(counter_uniform(day_seed_, kRowCount, 0) *
                                                            static_cast<double>(kMaxRows - kMinRows + 1)))),
      drift_(source.drift_from && date >= *source.drift_from ? source.drift : 0) {
  check_share("missing", source.missing);
  check_share("outliers", source.outliers);
  if (!(source.noise >= 0) || !std::isfinite(source.noise)) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("source.noise = {} must be at least 0", source.noise));
  }
  if (!std::isfinite(source.drift)) {
    throw Error(ErrorCode::kInvalidArgument, fmt::format("source.drift = {} must be a number", source.drift));
  }
  if (row_count_ == 0)
    throw Error(ErrorCode::kInvalidArgument, "source.rows = 0: at least one row is needed");
}

const std::vector<engine::Column>& SyntheticCustomers::columns() {
  static const std::vector<engine::Column> kColumns = {
      {"customer_id", "VARCHAR"},
      {"event_timestamp", "TIMESTAMP"},
      {"age", "BIGINT"},
      {"tenure_months", "BIGINT"},
      {"customer_segment", "VARCHAR"},
      {"contract_type", "VARCHAR"},
      {"num_transactions", "BIGINT"},
      {"total_spend", "DOUBLE"},
      {"login_frequency", "BIGINT"},
      {"avg_session_minutes", "DOUBLE"},
      {"support_tickets", "BIGINT"},
      {"days_since_last_purchase", "BIGINT"},
      {"satisfaction_score", "DOUBLE"},
      {"churn_probability", "DOUBLE"},
  };
  return kColumns;
}

void SyntheticCustomers::make_rows(uint64_t begin, uint64_t end,
                                   std::vector<engine::InputColumn>& out) const {
  const size_t count = static_cast<size_t>(end - begin);
  out.resize(kColumnCount);
  for (size_t c = 0; c < kColumnCount; ++c) {
    const bool is_text = columns()[c].type == "VARCHAR";
    out[c].column = columns()[c];
    out[c].numbers.resize(is_text ? 0 : count);
    out[c].strings.resize(is_text ? count : 0);
    out[c].is_null.assign(is_text ? count : 0, false);
  }
  std::string id_start = date_.to_string();
  std::erase(id_start, '-');
  id_start = "CUST_" + id_start + "_";

  for (size_t i = 0; i < count; ++i) {
    const uint64_t row = begin + i;
    const Draw draw(day_seed_, row);
    const Customer c = make_customer(draw, drift_);
    const auto is_missing = [&](size_t column) { return draw.uniform(kMissing + column) < source_.missing; };
    const auto number = [&](size_t column, double value) {
      out[column].numbers[i] = is_missing(column) ? std::numeric_limits<double>::quiet_NaN() : value;
    };
    const auto text = [&](size_t column, const char* value) {
      out[column].is_null[i] = is_missing(column);
      out[column].strings[i] = value;
    };
    const auto with_outlier = [&](size_t column, double value, double per_unit) {
      if (draw.uniform(kOutlier + column) >= source_.outliers) return value;
      return round_to(value * (5 + 5 * draw.uniform(kOutlierFactor + column)), per_unit);
    };
    out[kColId].strings[i] = fmt::format("{}{:07}", id_start, row);
    // The mean of two uniforms: busy around noon, quiet at night.
    const double part_of_day = (draw.uniform(kTimeA) + draw.uniform(kTimeB)) / 2;
    out[kColTime].numbers[i] = date_.days_since_epoch() * kDayMicros + std::floor(part_of_day * kDayMicros);
    number(kColAge, c.age);
    number(kColTenure, c.tenure_months);
    text(kColSegment, kSegmentNames[c.segment]);
    text(kColContract, kContractNames[c.contract]);
    number(kColTransactions, with_outlier(kColTransactions, c.transactions, 1));
    number(kColSpend, with_outlier(kColSpend, c.spend, 100));
    number(kColLogins, c.logins);
    number(kColMinutes, with_outlier(kColMinutes, c.minutes, 100));
    number(kColTickets, c.tickets);
    number(kColRecency, c.recency_days);
    number(kColSatisfaction, c.satisfaction);
    out[kColTarget].numbers[i] = churn_probability(c, draw, source_.noise);
  }
}

}  // namespace tidemill::pipeline
