#pragma once
// The registered model: preparation and learner as one ONNX graph. docs/adr/0003-one-onnx-graph.md says why
// it looks as it does.

#include <string>
#include <utility>
#include <vector>

#include "models/model.h"
#include "models/preprocessing.h"

namespace tidemill::onnx {

inline constexpr char kInputName[] = "features";
inline constexpr char kOutputName[] = "prediction";

using Metadata = std::vector<std::pair<std::string, std::string>>;

// The bytes of model.onnx. Input "features": double [N, preprocessing.input_count()], NaN = missing, a
// category as its index (-1 = never seen). Output "prediction": double [N, 1]. Everything is double but the
// trees, which see one cast to float. The same arguments give the same bytes. Errors: kInvalidArgument when
// there is no column; kResourceExhausted over 2 GiB.
std::string build_model_onnx(const models::Preprocessing& preprocessing, const models::Model& model,
                             const Metadata& metadata);

// The preparation alone, output "prepared" [N, output_count()]: for tests that compare it with other ways to
// compute the same.
std::string build_preprocessing_onnx(const models::Preprocessing& preprocessing);

}  // namespace tidemill::onnx
