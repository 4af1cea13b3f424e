#pragma once
// Row times coefficients plus intercept with the very roundings of ONNX Runtime's Gemm, so that
// cross-validation needs no graph.

#include <vector>

#include "models/model.h"

namespace tidemill::models {

// [row_count]. Bit-equal to the graph's Gemm on the same machine (a test proves it): ONNX Runtime's MLAS adds
// column after column with fused multiply-add where the CPU has it, in blocks of 512 columns.
std::vector<double> row_products(const TrainingSet& rows, const std::vector<double>& coefficients,
                                 double intercept, int thread_count);

}  // namespace tidemill::models
