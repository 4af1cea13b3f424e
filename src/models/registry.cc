// The kinds of model that exist. To add one: a folder, and a line in kKinds.

#include "models/boosting/boosting.h"
#include "models/forest/random_forest.h"
#include "models/linear/linear_regression.h"
#include "models/model.h"

namespace tidemill::models {
namespace {

using KindFunction = const ModelKind& (*)();

constexpr KindFunction kKinds[] = {
    linear_regression_kind,
    random_forest_kind,
    gradient_boosting_kind,
    xgboost_kind,
};

}  // namespace

const ModelKind* find_model_kind(const std::string& name) {
  for (const KindFunction kind : kKinds) {
    if (kind().name() == name) return &kind();
  }
  return nullptr;
}

std::vector<std::string> model_kind_names() {
  std::vector<std::string> out;
  for (const KindFunction kind : kKinds) out.push_back(kind().name());
  return out;
}

}  // namespace tidemill::models
