#pragma once
// What a learner is: the interface that every folder below models/ implements. No I/O here; a fitted
// model leaves as a piece of an ONNX graph, and every number Tidemill reports comes from that graph.
// To add a kind: a folder models/<kind>/ and one line in registry.cc.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace tidemill::onnx {
class GraphBuilder;  // models/onnx/graph_builder.h
}

namespace tidemill::models {

// A training matrix, not owned. Column-major [row_count, column_count]; no NaN or infinity (preparation
// has imputed). `features` are the prepared doubles, `features_f32` the same values rounded once to float:
// tree learners train on the floats, because the ONNX graph casts to float before its trees.
struct TrainingSet {
  size_t row_count = 0;
  size_t column_count = 0;
  const double* features = nullptr;
  const float* features_f32 = nullptr;
  const double* target = nullptr;  // [row_count]
};

// A hyperparameter. `std::monostate` is scikit-learn's None.
using ParameterValue = std::variant<std::monostate, bool, int64_t, double, std::string>;
using Parameters = std::map<std::string, ParameterValue>;

// "None", "true", "50", "0.1", "squared_error": as MLflow shows parameters and as run names use them.
std::string format_parameter(const ParameterValue& value);

// What the project file may say about one hyperparameter, in scikit-learn's names and defaults.
struct ParameterSpec {
  std::string name;
  ParameterValue default_value;
  std::string allowed;  // for messages: "integer >= 1", "integer >= 1 or None", "number in (0, 1]"
  bool (*is_valid)(const ParameterValue&);
};

struct FitOptions {
  uint64_t seed = 42;
  int thread_count = 1;  // never changes the result
};

class Model {
 public:
  virtual ~Model() = default;

  // Appends the model to a graph. `input` names a double tensor [N, column_count] of prepared features;
  // returns the name of a double tensor [N, 1] of predictions.
  virtual std::string append_to(onnx::GraphBuilder& graph, const std::string& input) const = 0;

  // [column_count], >= 0, sums to 1 (all zero for a model that uses no feature).
  virtual std::vector<double> feature_importances() const = 0;

  // Predictions for column-major features as in TrainingSet (target unused), [row_count]. For
  // cross-validation, where no graph is built; a test proves it bit-equal to the graph.
  virtual std::vector<double> predict(const TrainingSet& rows, int thread_count) const = 0;
};

// Rows of one cross-validation fold, ascending row indexes; the rest of the rows train.
using Fold = std::vector<uint32_t>;

class ModelKind {
 public:
  virtual ~ModelKind() = default;

  virtual std::string name() const = 0;  // "random_forest", as in the project file
  virtual const std::vector<ParameterSpec>& parameters() const = 0;

  // `parameters` holds every name of parameters(), validated. Same set, parameters and seed give the same
  // model at any thread count. Errors: kInvalidArgument.
  virtual std::unique_ptr<Model> fit(const TrainingSet& set, const Parameters& parameters,
                                     const FitOptions& options) const = 0;

  // Held-out predictions: result[candidate][row] is the prediction for `row` by candidate's model fitted on
  // the other folds. The default fits candidates.size() * folds.size() models in parallel; a kind that can
  // share work between candidates overrides it (a forest grows one forest per fold for a whole grid of
  // depths and tree counts).
  virtual std::vector<std::vector<double>> cross_val_predict(const TrainingSet& set,
                                                             const std::vector<Parameters>& candidates,
                                                             const std::vector<Fold>& folds,
                                                             const FitOptions& options) const;
};

// The kinds that exist, by name; nullptr for a name that does not.
const ModelKind* find_model_kind(const std::string& name);
std::vector<std::string> model_kind_names();

// Fills in defaults and checks every value. `place` ("[[models]] random_forest, tidemill.toml:41") starts
// the message. Errors: kInvalidArgument naming the parameter, its value, what is allowed, the nearest name.
Parameters complete_parameters(const ModelKind& kind, const Parameters& given, const std::string& place);

}  // namespace tidemill::models
