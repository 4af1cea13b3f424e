#pragma once
// When a failed task is tried again. A pure function, so the same task waits as long wherever it is computed.
// Source: airflow.models.taskinstance.TaskInstance.next_retry_datetime.

#include <cstdint>
#include <optional>
#include <string_view>

namespace tidemill::workflow {

struct RetrySettings {
  double retry_delay_s = 300;               // >= 0
  double retry_exponential_backoff = 0;     // multiplier; 0 and 1: the delay stays the same
  std::optional<double> max_retry_delay_s;  // caps the growing delay only, as Airflow
};

struct FailedTry {
  std::string_view dag_id, task_id;
  std::optional<int64_t> logical_date_ms{};  // nullopt: a run by hand
  int try_number = 1;                        // of the try that failed, from 1
  int64_t end_date_ms = 0;
};

// With a multiplier: base = max(1, ceil(delay * multiplier^(try - 1))) seconds, and base +
// sha1("dag#task#date#try") mod base of them are waited: between once and twice the base, the same at each
// computation, at most 24 hours.
int64_t next_retry_ms(const RetrySettings& settings, const FailedTry& failed);

}  // namespace tidemill::workflow
