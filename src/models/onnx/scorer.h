#pragma once
// Runs a model.onnx with ONNX Runtime: the one way in which Tidemill computes predictions it reports.

#include <memory>
#include <string_view>
#include <vector>

namespace tidemill::onnx {

class Scorer {
 public:
  // Loads libonnxruntime on first use. `place` ("models:/churn/3, model.onnx") starts messages.
  // Errors: kCorrupted for bytes that are not a model with one double matrix in and one out; kNotFound when
  // the library is missing.
  Scorer(std::string_view model_bytes, std::string_view place);
  ~Scorer();
  Scorer(Scorer&&) noexcept;
  Scorer& operator=(Scorer&&) noexcept;

  size_t input_count() const;
  size_t output_count() const;  // 1 for a registered model

  // `rows`: row-major [row_count, input_count], NaN = missing. Returns row-major [row_count, output_count].
  // A row's bits do not depend on the rows beside it or on the thread count. Safe to call from several
  // threads at once. Cost: some 10 us for one row, see docs/adr/0003-one-onnx-graph.md.
  std::vector<double> predict(const double* rows, size_t row_count, int thread_count = 1) const;

 private:
  struct Session;
  std::unique_ptr<Session> session_;
};

}  // namespace tidemill::onnx
