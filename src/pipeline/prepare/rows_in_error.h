#pragma once
// Which row and which feature an error is about; only asked for once something has gone wrong.

#include <string>

#include "base/error.h"
#include "pipeline/prepare/fit.h"

namespace tidemill::pipeline {

// All of them throw kInvalidArgument. `features_sql` gives file_index, file_row_number and the features.

// About the first row, in order, of the train or test side where the feature is infinite or NaN.
[[noreturn]] void refuse_non_finite(const PlannedFeature& feature, const std::string& features_sql,
                                    const PrepareContext& context);

// About the first such row where the text is longer than kMaxCategoryBytes.
[[noreturn]] void refuse_long_text(const PlannedFeature& feature, const std::string& features_sql,
                                   const PrepareContext& context);

// After the engine failed with `error` on `features_sql`: throws again, naming the feature that fails alone.
[[noreturn]] void refuse_failing_feature(const Error& error, const std::vector<FeatureDefinition>& features,
                                         const std::string& features_sql, engine::Session& session);

}  // namespace tidemill::pipeline
