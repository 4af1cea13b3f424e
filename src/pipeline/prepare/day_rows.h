#pragma once
// Reading what decides the side of a day's rows: the keys, the targets, and where returning keys were before.

#include <vector>

#include "pipeline/prepare/splits.h"

namespace tidemill::pipeline {

// The day's key hashes and targets. Errors: kInvalidArgument naming the day for a missing or repeated key and
// for a target that is neither null nor a finite number; kCorrupted when the file has another number of rows
// than its manifest.
DayRows read_day_rows(const SplitOptions& options, const SplitDay& day, engine::Session& session,
                      const storage::ObjectStore& store);

// For each row the side that an earlier day put its key on, or kNone; empty when no key returns. The engine
// skips files whose range of keys does not reach the day's, so keys that never return cost next to nothing.
std::vector<Side> sides_of_returning_keys(const SplitOptions& options, const SplitDay& day,
                                          const DayRows& rows, const std::vector<SplitDay>& earlier,
                                          engine::Engine& engine, const storage::ObjectStore& store);

}  // namespace tidemill::pipeline
