#include "workflow/retry_delay.h"

#include <algorithm>
#include <cmath>
#include <string>

#include <fmt/format.h>

#include "base/digest.h"
#include "base/time_zone.h"

namespace tidemill::workflow {
namespace {

constexpr double kMaxRetryDelayS = 24 * 60 * 60;  // airflow.sdk's MAX_RETRY_DELAY

// Python's str() of the date, which is hashed.
std::string python_text(const std::optional<int64_t>& date_ms) {
  if (!date_ms) return "None";
  std::string text = TimeZone::utc().isoformat(*date_ms);
  text[10] = ' ';
  return text;
}

// A number of 160 bits, written in hex, modulo a small one.
int64_t hex_modulo(const std::string& hex, int64_t divisor) {
  int64_t rest = 0;
  for (const char digit : hex) {
    rest = (rest * 16 + (digit <= '9' ? digit - '0' : digit - 'a' + 10)) % divisor;
  }
  return rest;
}

double backoff_s(const RetrySettings& settings, const FailedTry& failed) {
  const double base =
      std::max(1.0, std::ceil(settings.retry_delay_s *
                              std::pow(settings.retry_exponential_backoff, failed.try_number - 1)));
  // Larger ones are cut at the end whatever the hash adds; so is what overflowed.
  if (!(base < kMaxRetryDelayS)) return kMaxRetryDelayS;
  const std::string text = fmt::format("{}#{}#{}#{}", failed.dag_id, failed.task_id,
                                       python_text(failed.logical_date_ms), failed.try_number);
  const double jitter = static_cast<double>(hex_modulo(sha1_hex(text), static_cast<int64_t>(base)));
  return std::min(base + jitter, kMaxRetryDelayS);
}

}  // namespace

int64_t next_retry_ms(const RetrySettings& settings, const FailedTry& failed) {
  double delay_s = settings.retry_delay_s;
  const double multiplier = settings.retry_exponential_backoff;
  if (multiplier > 0 && multiplier != 1) {
    delay_s = backoff_s(settings, failed);
    const double longest_s = settings.max_retry_delay_s.value_or(0);  // 0 is none, as in Python
    if (longest_s > 0) delay_s = std::min(delay_s, longest_s);
  }
  return failed.end_date_ms + std::llround(delay_s * 1000);
}

}  // namespace tidemill::workflow
