#include "models/preprocessing.h"

#include <algorithm>
#include <cmath>

namespace tidemill::models {
namespace {

// std::min and std::max return their first argument when the two are equal, as ONNX Runtime and SQL's
// least and greatest do not promise; the only values it could tell apart are +0 and -0.
double prepare_numeric(const NumericInput& input, double value) {
  const double present = std::isnan(value) ? input.impute_value : value;
  const double capped = std::max(std::min(present, input.cap_high), input.cap_low);
  return (capped - input.mean) / input.scale;
}

}  // namespace

std::vector<std::string> Preprocessing::input_names() const {
  std::vector<std::string> out;
  for (const NumericInput& input : numeric) out.push_back(input.name);
  for (const CategoricalInput& input : categorical) out.push_back(input.name);
  return out;
}

std::vector<std::string> Preprocessing::output_names() const {
  std::vector<std::string> out;
  for (const NumericInput& input : numeric) out.push_back(input.name);
  for (const CategoricalInput& input : categorical) {
    for (const std::string& category : input.categories) out.push_back(input.name + "_" + category);
  }
  return out;
}

size_t Preprocessing::output_count() const {
  size_t count = numeric.size();
  for (const CategoricalInput& input : categorical) count += input.categories.size();
  return count;
}

std::vector<double> apply_preprocessing(const Preprocessing& preprocessing, const double* rows,
                                        size_t row_count) {
  const size_t input_count = preprocessing.input_count();
  const size_t numeric_count = preprocessing.numeric.size();
  std::vector<double> out;
  out.reserve(row_count * preprocessing.output_count());
  for (size_t r = 0; r < row_count; ++r) {
    const double* row = rows + r * input_count;
    for (size_t c = 0; c < numeric_count; ++c) {
      out.push_back(prepare_numeric(preprocessing.numeric[c], row[c]));
    }
    for (size_t c = 0; c < preprocessing.categorical.size(); ++c) {
      const CategoricalInput& input = preprocessing.categorical[c];
      const double given = row[numeric_count + c];
      const double index = std::isnan(given) ? static_cast<double>(input.impute_index) : given;
      for (size_t k = 0; k < input.categories.size(); ++k) {
        out.push_back(index == static_cast<double>(k) ? 1.0 : 0.0);
      }
    }
  }
  return out;
}

}  // namespace tidemill::models
