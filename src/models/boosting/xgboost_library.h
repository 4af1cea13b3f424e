#pragma once
// XGBoost's C API, from a library that is opened when the first boosted model is trained.

#include <memory>
#include <string>

#include <xgboost/c_api.h>

#include "base/error.h"
#include "base/shared_library.h"

namespace tidemill::models {

struct XgboostLibrary {
  // Errors: kNotFound when libxgboost.so is missing.
  XgboostLibrary();

  // What XGBoost says of the last failed call on this thread, without the place in its source.
  std::string reason() const;

  // Throws "XGBoost cannot <doing>: <reason>".
  void check(int return_code, ErrorCode code, const std::string& doing) const;

  SharedLibrary openmp;  // before libxgboost.so, which asks for it by name
  SharedLibrary xgboost;

  decltype(&::XGBGetLastError) last_error;
  decltype(&::XGBSetGlobalConfig) set_global_config;
  decltype(&::XGProxyDMatrixCreate) proxy_create;
  int (*proxy_set_columns)(DMatrixHandle,
                           const char*);  // XGProxyDMatrixSetDataColumnar, newer than the header
  decltype(&::XGQuantileDMatrixCreateFromCallback) quantile_matrix_create;
  decltype(&::XGDMatrixSetFloatInfo) matrix_set_floats;
  decltype(&::XGDMatrixFree) matrix_free;
  decltype(&::XGBoosterCreate) booster_create;
  decltype(&::XGBoosterFree) booster_free;
  decltype(&::XGBoosterSetParam) booster_set;
  decltype(&::XGBoosterUpdateOneIter) booster_update;
  decltype(&::XGBoosterSaveModelToBuffer) booster_save;
};

// The library, opened by the first call.
const XgboostLibrary& xgboost_library();

// An object of XGBoost that is freed with its owner.
using XgboostObject = std::unique_ptr<void, int (*)(void*)>;

}  // namespace tidemill::models
