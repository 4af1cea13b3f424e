#pragma once
// Removes what is older than [retention] says: logs of tasks, runs of DAGs that are over, entries of the
// event log, and what killed writers left behind. Never data, models, tracked runs, or a run that is not
// over. Killed at any instant, it goes on when it is called again. It may run beside a scheduler; in another
// thread of its process with Services of its own.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dags/services.h"

namespace tidemill::dags {

struct Removed {
  std::string what;  // "task logs", "DAG runs", ...
  int64_t count = 0;
  int64_t bytes = 0;                 // of files
  std::optional<int64_t> before_ms;  // what is older was to go; nullopt: nothing is
  std::string note;                  // why nothing was looked at, "" otherwise
};

// `is_dry_run`: says what would go. Errors: those of databases and files.
std::vector<Removed> remove_old(Services& services, bool is_dry_run);

}  // namespace tidemill::dags
