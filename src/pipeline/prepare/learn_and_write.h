#pragma once
// The middle of a preparation: every column is read once, learned from on its train side, and written out
// transformed.

#include "pipeline/prepare/fit.h"
#include "pipeline/prepare/prepared_files.h"

namespace tidemill::pipeline {

// Reads the window once for each round of group means, once for each group of columns that fits the memory
// budget, and once for the keys. Every feature in the files is models::apply_preprocessing of the row's graph
// inputs, to the bit. Without `files` nothing is written. Neither they nor the result depend on threads or on
// the budget. Errors: kInvalidArgument naming the column: no value on the train side, infinite or NaN values,
// a category that is too long or too many of them, a target of one value.
Fitted learn_and_write(const PrepareContext& context, const std::string& key_type, PreparedFiles* files,
                       Progress& progress);

// The input of the model's graph that a numeric column becomes.
models::NumericInput numeric_input(const PlannedFeature& feature, const ColumnFit& fit);

}  // namespace tidemill::pipeline
