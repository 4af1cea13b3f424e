#pragma once
// For tests: DAGs of any shape, and what is done to them.

#include <cstdint>
#include <vector>

#include "base/random.h"
#include "workflow/dag.h"

namespace tidemill::workflow::chaos {

inline constexpr int64_t kMinuteMs = 60'000;
inline constexpr int64_t kStartMs = 1'793'491'200'000;  // 2026-11-01T00:00:00Z
inline constexpr int64_t kIntervalMs = 10 * kMinuteMs;
inline constexpr char kAsset[] = "data";

// The pools of all cases, with their slots.
struct PoolSize {
  const char* name;
  int slots;
};
inline constexpr PoolSize kPools[] = {{"default_pool", 6}, {"small", 2}, {"single", 1}};

struct Circumstances {
  bool has_crashes = false;      // of a scheduler, between any two statements
  bool has_errors = false;       // of the database
  bool has_refusals = false;     // no process can be made
  bool has_clears = false;       // people clear tasks
  bool has_marks = false;        // and say what they are
  bool has_pauses = false;       // people pause and unpause DAGs
  bool has_clock_jumps = false;  // an hour, a day, both ways
  int scheduler_count = 1;
};
Circumstances random_circumstances(RandomSequence& random);

// Checked ones. The first is scheduled by cron, with catchup; the second, if there is one, when a task of the
// first has changed an asset; the third by hand.
std::vector<Dag> random_dags(RandomSequence& random);

}  // namespace tidemill::workflow::chaos
