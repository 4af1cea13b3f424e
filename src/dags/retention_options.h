#pragma once
// How long a project keeps what it wrote of its own work: [retention] of the project file.

#include <optional>

namespace tidemill::dags {

// In days; nullopt: for ever.
struct RetentionOptions {
  std::optional<int> log_days = 30;
  std::optional<int> run_days = 365;
  std::optional<int> event_days = 365;
};

}  // namespace tidemill::dags
