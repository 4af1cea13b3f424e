#pragma once
// Records that are old enough to be forgotten. Nothing that is not over, and of each DAG not its last run.

#include <cstdint>
#include <string>
#include <vector>

#include "workflow/store.h"

namespace tidemill::workflow {

// Runs that ended before, oldest first. Left out: each DAG's newest, those with a process that may still be
// there, and those of a backfill that goes on.
std::vector<DagRun> runs_to_forget(Store& store, int64_t before_ms);

// Unless it goes on again by now; whether it did.
bool forget_run(Store& store, const DagRun& run);

// Entries of the audit log; asset events that no DAG waits with; schedulers that are gone. How many;
// `is_dry_run`: only how many. Done in many small transactions, so that nobody waits long.
struct ForgottenEvents {
  int64_t log_entries = 0, asset_events = 0, jobs = 0;
};
ForgottenEvents forget_events(metadata::Database& database, int64_t before_ms, bool is_dry_run);

}  // namespace tidemill::workflow
