#pragma once
// Rows of table `runs`.

#include <string_view>

#include "metadata/database.h"
#include "tracking/entities.h"

namespace tidemill::tracking::sql {

// The columns that run_info_from() reads.
inline constexpr std::string_view kSelectRuns =
    "SELECT runs.run_uuid, runs.name, runs.experiment_id, runs.user_id, runs.status, runs.start_time, "
    "runs.end_time, runs.lifecycle_stage, runs.artifact_uri FROM runs ";

RunInfo run_info_from(const metadata::Row& row);

}  // namespace tidemill::tracking::sql
