#pragma once
// Two kinds over one learner (XGBoost's hist trees for squared error):
//   gradient_boosting  names, defaults and meaning of scikit-learn's GradientBoostingRegressor (no shrinkage
//   of
//                      leaf weights), as far as XGBoost can do the same
//   xgboost            names and defaults of XGBoost's XGBRegressor
// random_state and n_jobs are the project's seed and threads.

#include "models/model.h"

namespace tidemill::models {

const ModelKind& gradient_boosting_kind();
const ModelKind& xgboost_kind();

}  // namespace tidemill::models
