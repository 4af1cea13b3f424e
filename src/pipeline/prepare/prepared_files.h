#pragma once
// train.parquet and test.parquet: the rows of both sides as the models see them.

#include <filesystem>

#include "pipeline/prepare/fit.h"

namespace tidemill::pipeline {

// Writes both files into `dir`: the key, the features in order of preprocessing.output_names(), the target as
// DOUBLE; rows in the order of the window. Every feature is models::apply_preprocessing of the row's graph
// inputs, to the bit. Errors: kInvalidArgument for an infinite or NaN feature on the test side.
void write_prepared_files(const FitContext& context, const Fitted& fitted, const Preparation& preparation,
                          const std::filesystem::path& dir);

}  // namespace tidemill::pipeline
