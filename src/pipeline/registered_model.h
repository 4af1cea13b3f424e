#pragma once
// A registered model version as it serves: its preparation and its graph, from the files that were
// registered.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "models/onnx/scorer.h"
#include "pipeline/preparation.h"
#include "tracking/store.h"

namespace tidemill::pipeline {

struct RegisteredModel {
  tracking::ModelVersion version;
  Preparation preparation;
  std::shared_ptr<const onnx::Scorer> scorer;

  std::vector<double> predict(const FeatureRows& rows) const;
};

// By "models:/NAME/VERSION", "models:/NAME/STAGE", "models:/NAME@ALIAS" or "models:/NAME/latest".
// Errors: kInvalidArgument for another URI, kNotFound naming what there is, kNotImplemented for a version
// that a command made (MLflow serves those), kCorrupted for files that are missing or not what was written.
RegisteredModel load_registered_model(const std::string& uri, tracking::Store& store,
                                      const storage::ObjectStore& artifacts);

}  // namespace tidemill::pipeline
