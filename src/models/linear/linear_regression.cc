#include "models/linear/linear_regression.h"

#include <cmath>

#include "base/error.h"
#include "models/linear/least_squares.h"
#include "models/linear/row_products.h"
#include "models/onnx/graph_builder.h"
#include "models/parameter_rules.h"

namespace tidemill::models {
namespace {

class LinearModel : public Model {
 public:
  explicit LinearModel(LeastSquaresFit fit) : fit_(std::move(fit)) {}

  std::string append_to(onnx::GraphBuilder& graph, const std::string& input) const override {
    const auto column_count = static_cast<int64_t>(fit_.coefficients.size());
    const std::string weights = graph.add_constant("coefficients", {column_count, 1}, fit_.coefficients);
    const std::string bias = graph.add_constant("intercept", {1, 1}, std::vector<double>{fit_.intercept});
    return graph.add_node("Gemm", {input, weights, bias}, "linear");
  }

  // The share of |coefficient| x standard deviation: how far the column moves the prediction.
  std::vector<double> feature_importances() const override {
    std::vector<double> out(fit_.coefficients.size());
    double total = 0;
    for (size_t c = 0; c < out.size(); ++c) {
      out[c] = std::abs(fit_.coefficients[c]) * fit_.column_deviations[c];
      total += out[c];
    }
    if (total > 0) {
      for (double& share : out) share /= total;
    }
    return out;
  }

  std::vector<double> predict(const TrainingSet& rows, int thread_count) const override {
    return row_products(rows, fit_.coefficients, fit_.intercept, thread_count);
  }

 private:
  LeastSquaresFit fit_;
};

class LinearRegression : public ModelKind {
 public:
  std::string name() const override { return "linear_regression"; }

  const std::vector<ParameterSpec>& parameters() const override { return parameters_; }

  std::unique_ptr<Model> fit(const TrainingSet& set, const Parameters& parameters,
                             const FitOptions& options) const override {
    if (std::get<bool>(parameters.at("positive"))) {
      throw Error(ErrorCode::kNotImplemented,
                  "linear_regression: positive = true is not implemented; leave it out or set it to false");
    }
    LeastSquaresOptions how;
    how.fit_intercept = std::get<bool>(parameters.at("fit_intercept"));
    how.tolerance = as_number(parameters.at("tol"));
    how.thread_count = options.thread_count;
    return std::make_unique<LinearModel>(fit_least_squares(set, how));
  }

 private:
  const std::vector<ParameterSpec> parameters_{
      {"fit_intercept", true, "true or false", is_boolean},
      {"positive", false, "true or false", is_boolean},
      {"tol", 1e-6, "number >= 0", is_not_negative},
  };
};

}  // namespace

const ModelKind& linear_regression_kind() {
  static const LinearRegression kind;
  return kind;
}

}  // namespace tidemill::models
