#include "pipeline/registered_model.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"
#include "pipeline/artifacts.h"
#include "tracking/model_uri.h"

namespace tidemill::pipeline {

std::vector<double> RegisteredModel::predict(const FeatureRows& rows) const {
  return scorer->predict(rows.values.data(), rows.row_count);
}

RegisteredModel load_registered_model(const std::string& uri, tracking::Store& store,
                                      const storage::ObjectStore& artifacts) {
  RegisteredModel model;
  model.version = tracking::resolve_model_version(store, uri);
  const std::string prefix = artifact_prefix(artifacts, model.version.storage_location);
  const auto graph = artifacts.get(prefix + "/model.onnx");
  const auto preparation = artifacts.get(prefix + "/" + kPreparationFile);
  if (!graph || !preparation) {
    if (artifacts.get(prefix + "/MLmodel")) {
      throw Error(ErrorCode::kNotImplemented,
                  fmt::format("{} is a model of kind \"command\", which only MLflow can load: "
                              "mlflow.pyfunc.load_model(\"models:/{}/{}\")",
                              uri, model.version.name, model.version.version));
    }
    throw Error(ErrorCode::kCorrupted, fmt::format("the files of {} are missing from {}", uri, prefix));
  }
  model.preparation =
      preparation_from_json(parse_json(*preparation, prefix), prefix + "/" + kPreparationFile);
  model.scorer = std::make_shared<const onnx::Scorer>(*graph, uri);
  return model;
}

}  // namespace tidemill::pipeline
