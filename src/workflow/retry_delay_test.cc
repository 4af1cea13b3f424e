#include "workflow/retry_delay.h"

#include <cmath>

#include <gtest/gtest.h>

#include "base/airflow_answers.h"

namespace tidemill::workflow {
namespace {

TEST(RetryDelay, IsAirflows) {
  for (const auto& row : airflow_answers("retry")) {
    RetrySettings settings{std::stod(row[1]), std::stod(row[2]), std::nullopt};
    if (row[3] != "None") settings.max_retry_delay_s = std::stod(row[3]);
    FailedTry failed{.dag_id = "churn", .task_id = "train.model", .logical_date_ms = std::nullopt};
    failed.try_number = std::stoi(row[4]);
    failed.end_date_ms = 1'000'000;
    if (!row[5].empty()) failed.logical_date_ms = std::stoll(row[5]);
    EXPECT_EQ(next_retry_ms(settings, failed) - 1'000'000, std::llround(std::stod(row[6]) * 1000))
        << "delay " << row[1] << " multiplier " << row[2] << " longest " << row[3] << " try " << row[4];
  }
}

}  // namespace
}  // namespace tidemill::workflow
