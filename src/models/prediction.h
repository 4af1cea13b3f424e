#pragma once
// The numbers of a registered model's graph, without the graph.

#include <vector>

#include "models/model.h"
#include "models/preprocessing.h"

namespace tidemill::models {

// What onnx::Scorer answers for build_model_onnx(preprocessing, model), bit for bit (a test proves it for
// every kind), sparing the start of ONNX Runtime and the loading of the graph: some 20 ms and, for a forest
// of deep trees, 50 ms more. `rows`: row-major graph inputs [row_count, preprocessing.input_count()].
std::vector<double> predict_inputs(const Preprocessing& preprocessing, const Model& model, const double* rows,
                                   size_t row_count, int thread_count);

}  // namespace tidemill::models
