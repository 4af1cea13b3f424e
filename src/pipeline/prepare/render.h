#pragma once
// The fitted preparation as records: the Preparation that models carry, and the metadata for people.

#include <string>

#include "base/json_fwd.h"
#include "pipeline/prepare/feature_plan.h"
#include "pipeline/prepare/fit.h"

namespace tidemill::pipeline {

struct RowCounts {
  uint64_t train = 0;
  uint64_t test = 0;
  uint64_t null_target = 0;
};

// Errors: kInvalidArgument when two output columns would have the same name (without case, as in SQL).
Preparation make_preparation(const PrepareOptions& options, const FeaturePlan& plan, const Fitted& fitted,
                             const std::string& engine_version);

// feature_metadata.json: every feature with its source, type and what was learned about it.
Json feature_metadata(const FeaturePlan& plan, const Fitted& fitted, const RowCounts& rows);
RowCounts row_counts_from_metadata(const Json& metadata, const std::string& place);

}  // namespace tidemill::pipeline
