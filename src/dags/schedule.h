#pragma once
// When the DAGs of a project run, and how its tasks are run: [schedule] of the project file.

#include <cstdint>
#include <optional>
#include <string>

#include "base/date.h"

namespace tidemill::dags {

// A schedule is a cron expression, a preset, "asset:raw_data", "asset:prepared_data" or "none".
struct ScheduleOptions {
  std::string data_generation = "@daily";
  std::string data_preparation = "asset:raw_data";
  std::string model_training = "none";
  std::string time_zone = "UTC";
  std::optional<Date> start_date;
  bool catchup = false;
  bool paused = false;
  int retries = 1;
  int64_t retry_delay_s = 60;
  int training_slots = 2;
  std::optional<int64_t> task_timeout_s;
  std::optional<uint64_t> task_memory_limit_bytes;
};

}  // namespace tidemill::dags
