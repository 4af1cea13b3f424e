#pragma once
// The split of each day, decided once when the day is first prepared and kept beside the raw data.

#include <optional>
#include <string>
#include <vector>

#include "pipeline/dataset.h"
#include "pipeline/prepare/sides.h"

namespace tidemill::pipeline {

struct SplitDay {
  Date date;
  Manifest raw;
  Manifest split;
};

struct SplitOptions {
  TableRoles roles;
  SplitRule rule;
  int thread_count = 1;
};

// The published split of every raw day up to `date`, in order; days that have none, or whose raw data,
// settings or earlier splits have changed since, are split (again). split.parquet: key VARCHAR and split
// TINYINT (0 train, 1 test, null in neither), row i for row i of data.parquet. A pure function of the raw
// days up to its own. Errors: kInvalidArgument naming the day for duplicate or missing keys and for a target
// that is no finite number.
std::vector<SplitDay> ensure_splits(const SplitOptions& options, Date date, engine::Engine& engine,
                                    storage::ObjectStore& store, Progress& progress);

}  // namespace tidemill::pipeline
