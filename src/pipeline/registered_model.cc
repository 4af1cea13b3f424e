#include "pipeline/registered_model.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"
#include "pipeline/model_files.h"
#include "tracking/model_uri.h"

namespace tidemill::pipeline {

std::vector<double> RegisteredModel::predict(const FeatureRows& rows) const {
  return scorer->predict(rows.values.data(), rows.row_count);
}

RegisteredModel load_registered_model(const std::string& uri, tracking::Store& store,
                                      const storage::ObjectStore& artifacts) {
  RegisteredModel model;
  model.version = tracking::resolve_model_version(store, uri);
  const auto files = read_model_files(model.version, artifacts);
  if (!files) {
    throw Error(
        ErrorCode::kNotImplemented,
        fmt::format("{} was made by another program (kind = \"command\"), and only MLflow can load it: "
                    "mlflow.pyfunc.load_model(\"models:/{}/{}\")",
                    uri, model.version.name, model.version.version));
  }
  model.preparation =
      preparation_from_json(parse_json(files->preparation, files->preparation_path), files->preparation_path);
  model.scorer = std::make_shared<const onnx::Scorer>(files->graph, uri);
  return model;
}

}  // namespace tidemill::pipeline
