#pragma once
// Predictions of a TreeEnsemble without a graph, for cross-validation.

#include <vector>

#include "models/onnx/tree_ensemble.h"

namespace tidemill::onnx {

// `features`: column-major [row_count, ensemble.column_count]. Returns [row_count], bit-equal to what the
// graph of append_tree_ensemble gives in a single-threaded ONNX Runtime: leaves added up as floats in tree
// order, then divided (average), then the base value. Cost: row_count x trees x depth.
std::vector<double> predict_trees(const TreeEnsemble& ensemble, const float* features, size_t row_count,
                                  int thread_count);

}  // namespace tidemill::onnx
