#pragma once
// What preparation fitted on the train side, as the ONNX graph applies it: the one definition that
// training, evaluation and serving share. Saved in preparation.json (pipeline/prepare) and, through the
// graph, inside every model.

#include <string>
#include <vector>

namespace tidemill::models {

// A numeric graph input: NaN -> impute_value, then clip to [cap_low, cap_high] (infinite when the column is
// not capped), then (x - mean) / scale (0 and 1 when not scaled). All in double, in exactly this order.
struct NumericInput {
  std::string name;
  double impute_value = 0;
  double cap_low = 0;
  double cap_high = 0;
  double mean = 0;
  double scale = 1;
};

// A categorical graph input: the index of the value in `categories` as a double, -1 for a value never seen,
// NaN for missing (-> impute_index, the mode). One-hot: one output column "<name>_<category>" each; all zero
// for -1. Source: scikit-learn OneHotEncoder(handle_unknown="ignore").
struct CategoricalInput {
  std::string name;
  std::vector<std::string> categories;
  size_t impute_index = 0;
};

// Graph inputs are the numeric ones in order, then the categorical ones; outputs the numeric ones in order,
// then each categorical's one-hot columns.
struct Preprocessing {
  std::vector<NumericInput> numeric;
  std::vector<CategoricalInput> categorical;

  size_t input_count() const { return numeric.size() + categorical.size(); }
  std::vector<std::string> input_names() const;
  std::vector<std::string> output_names() const;
  size_t output_count() const;
};

// Row-major graph inputs [row_count, input_count] to the prepared values [row_count, output_count], bit for
// bit what the graph computes (a test proves it).
std::vector<double> apply_preprocessing(const Preprocessing& preprocessing, const double* rows,
                                        size_t row_count);

}  // namespace tidemill::models
