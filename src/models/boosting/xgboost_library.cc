#include "models/boosting/xgboost_library.h"

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>

namespace tidemill::models {
namespace {

constexpr char kOpenMpLibrary[] = "libgomp-e985bcbb.so.1.0.0";
constexpr char kXgboostLibrary[] = "libxgboost.so";
constexpr char kPurpose[] = "to train boosted trees";

// OpenMP's threads wait for each other thousands of times in a fit. By default they spin for milliseconds: a
// fit of 1 s took 24 s on cores that others used too. Sleeping at once costs 12 % on free cores; a thousand
// turns (some 40 us) cost 2 % there and 10 % on busy ones. Read once, when the library is loaded.
SharedLibrary open_openmp() {
  setenv("OMP_WAIT_POLICY", "passive", 0);  // NOLINT(concurrency-mt-unsafe): no thread of ours reads these
  setenv("GOMP_SPINCOUNT", "1000", 0);      // NOLINT(concurrency-mt-unsafe): as above
  return {kOpenMpLibrary, kPurpose};
}

}  // namespace

XgboostLibrary::XgboostLibrary()
    : openmp(open_openmp()),
      xgboost(kXgboostLibrary, kPurpose),
      last_error(xgboost.function<decltype(::XGBGetLastError)>("XGBGetLastError")),
      set_global_config(xgboost.function<decltype(::XGBSetGlobalConfig)>("XGBSetGlobalConfig")),
      proxy_create(xgboost.function<decltype(::XGProxyDMatrixCreate)>("XGProxyDMatrixCreate")),
      proxy_set_columns(xgboost.function<int(DMatrixHandle, const char*)>("XGProxyDMatrixSetDataColumnar")),
      quantile_matrix_create(xgboost.function<decltype(::XGQuantileDMatrixCreateFromCallback)>(
          "XGQuantileDMatrixCreateFromCallback")),
      matrix_set_floats(xgboost.function<decltype(::XGDMatrixSetFloatInfo)>("XGDMatrixSetFloatInfo")),
      matrix_free(xgboost.function<decltype(::XGDMatrixFree)>("XGDMatrixFree")),
      booster_create(xgboost.function<decltype(::XGBoosterCreate)>("XGBoosterCreate")),
      booster_free(xgboost.function<decltype(::XGBoosterFree)>("XGBoosterFree")),
      booster_set(xgboost.function<decltype(::XGBoosterSetParam)>("XGBoosterSetParam")),
      booster_update(xgboost.function<decltype(::XGBoosterUpdateOneIter)>("XGBoosterUpdateOneIter")),
      booster_save(xgboost.function<decltype(::XGBoosterSaveModelToBuffer)>("XGBoosterSaveModelToBuffer")) {}

// "[18:40:54] src/data/data.cc:568: Check failed: valid: Label contains NaN.\nStack trace: ..."
std::string XgboostLibrary::reason() const {
  std::string text = last_error();
  text.resize(std::min(text.size(), text.find("\nStack trace")));
  for (const std::string mark : {": Check failed: ", ": "}) {
    const size_t at = text.find(mark);
    if (at == std::string::npos) break;
    text.erase(0, at + mark.size());
  }
  return text;
}

void XgboostLibrary::check(int return_code, ErrorCode code, const std::string& doing) const {
  if (return_code != 0) throw Error(code, fmt::format("XGBoost cannot {}: {}", doing, reason()));
}

const XgboostLibrary& xgboost_library() {
  static const XgboostLibrary library;
  return library;
}

}  // namespace tidemill::models
