#pragma once
// Which row and which feature an error is about; only asked for once something has gone wrong.

#include <string>

#include "base/error.h"
#include "pipeline/prepare/feature_plan.h"
#include "pipeline/prepare/window.h"

namespace tidemill::pipeline {

// "2026-11-01, customer_id 'C7'".
std::string describe_row(const Window& window, size_t row, const TableRoles& roles, engine::Session& session,
                         const storage::ObjectStore& store);

// Throws kInvalidArgument about the first row, in order, of the train or test side where the feature is
// infinite or NaN. `features_sql` gives file_index, file_row_number and the features.
[[noreturn]] void refuse_non_finite(const PlannedFeature& feature, const std::string& features_sql,
                                    const Window& window, const TableRoles& roles, engine::Session& session,
                                    const storage::ObjectStore& store);

// After the engine failed with `error` on `features_sql`: throws again, naming the feature that fails alone.
[[noreturn]] void refuse_failing_feature(const Error& error, const std::vector<FeatureDefinition>& features,
                                         const std::string& features_sql, engine::Session& session);

}  // namespace tidemill::pipeline
