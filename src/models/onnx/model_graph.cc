#include "models/onnx/model_graph.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "models/onnx/graph_builder.h"

namespace tidemill::onnx {
namespace {

using models::CategoricalInput;
using models::NumericInput;
using models::Preprocessing;

// One node over all columns for each step: a node costs about a microsecond, whatever its width.
class PreprocessingGraph {
 public:
  PreprocessingGraph(GraphBuilder& graph, const Preprocessing& preprocessing)
      : graph_(graph), preprocessing_(preprocessing) {}

  // Returns the name of a double tensor [N, output_count()].
  std::string append(const std::string& input) {
    const std::string imputed = append_imputation(input);
    const size_t one_hot_count = preprocessing_.output_count() - preprocessing_.numeric.size();
    if (preprocessing_.numeric.empty()) return append_one_hot(imputed);
    if (preprocessing_.categorical.empty()) return append_numeric(imputed);
    const auto numeric_count = static_cast<int64_t>(preprocessing_.numeric.size());
    const std::string numeric =
        graph_.add_node("Slice",
                        {imputed, graph_.add_constant("numeric_begin", {1}, std::vector<int64_t>{0}),
                         graph_.add_constant("numeric_end", {1}, std::vector<int64_t>{numeric_count}),
                         graph_.add_constant("column_axis", {1}, std::vector<int64_t>{1})},
                        "numeric");
    std::string prepared = append_numeric(numeric);
    if (one_hot_count == 0) return prepared;
    return graph_.add_node("Concat", {prepared, append_one_hot(imputed)}, "prepared",
                           Attributes().add_integer("axis", 1));
  }

 private:
  std::string append_imputation(const std::string& input) {
    std::vector<double> replacements = numeric_values(&NumericInput::impute_value);
    for (const CategoricalInput& c : preprocessing_.categorical) {
      replacements.push_back(static_cast<double>(c.impute_index));
    }
    const std::string missing = graph_.add_node("IsNaN", {input}, "missing");
    return graph_.add_node("Where", {missing, row_constant("replacements", replacements), input}, "imputed");
  }

  // A step that would change no value of any column is left out: x - 0 and x / 1 are x to the bit.
  std::string append_numeric(const std::string& imputed) {
    std::string at = imputed;
    at = append_step("Min", at, "cap_high", "capped_high", numeric_values(&NumericInput::cap_high), INFINITY);
    at = append_step("Max", at, "cap_low", "capped", numeric_values(&NumericInput::cap_low), -INFINITY);
    at = append_step("Sub", at, "mean", "centred", numeric_values(&NumericInput::mean), 0);
    return append_step("Div", at, "scale", "scaled", numeric_values(&NumericInput::scale), 1);
  }

  std::string append_step(const std::string& operation, const std::string& from, const std::string& constant,
                          const std::string& to, const std::vector<double>& values, double neutral) {
    if (std::all_of(values.begin(), values.end(), [&](double v) { return v == neutral; })) return from;
    return graph_.add_node(operation, {from, row_constant(constant, values)}, to);
  }

  // Each category's output column picks its input column and compares it with its index.
  std::string append_one_hot(const std::string& imputed) {
    std::vector<int64_t> columns;
    std::vector<double> indexes;
    for (size_t c = 0; c < preprocessing_.categorical.size(); ++c) {
      for (size_t k = 0; k < preprocessing_.categorical[c].categories.size(); ++k) {
        columns.push_back(static_cast<int64_t>(preprocessing_.numeric.size() + c));
        indexes.push_back(static_cast<double>(k));
      }
    }
    const auto count = static_cast<int64_t>(columns.size());
    const std::string spread =
        graph_.add_node("Gather", {imputed, graph_.add_constant("category_columns", {count}, columns)},
                        "categories", Attributes().add_integer("axis", 1));
    const std::string equal =
        graph_.add_node("Equal", {spread, row_constant("category_indexes", indexes)}, "is_category");
    return graph_.add_cast(equal, ElementType::kDouble, "one_hot");
  }

  std::vector<double> numeric_values(double NumericInput::*field) const {
    std::vector<double> out;
    for (const NumericInput& input : preprocessing_.numeric) out.push_back(input.*field);
    return out;
  }

  std::string row_constant(const std::string& name, const std::vector<double>& values) {
    return graph_.add_constant(name, {1, static_cast<int64_t>(values.size())}, values);
  }

  GraphBuilder& graph_;
  const Preprocessing& preprocessing_;
};

std::string append_preprocessing(GraphBuilder& graph, const Preprocessing& preprocessing) {
  if (preprocessing.output_count() == 0) {
    throw Error(ErrorCode::kInvalidArgument, "a model needs at least one feature column; none is left");
  }
  const std::string input = graph.add_input(kInputName, preprocessing.input_count());
  return PreprocessingGraph(graph, preprocessing).append(input);
}

}  // namespace

std::string build_model_onnx(const Preprocessing& preprocessing, const models::Model& model,
                             const Metadata& metadata) {
  GraphBuilder graph("tidemill");
  const std::string prepared = append_preprocessing(graph, preprocessing);
  graph.set_output(kOutputName, model.append_to(graph, prepared), 1);
  return graph.serialize(metadata);
}

std::string build_preprocessing_onnx(const Preprocessing& preprocessing) {
  GraphBuilder graph("preparation");
  const std::string prepared = append_preprocessing(graph, preprocessing);
  graph.set_output("prepared", prepared, preprocessing.output_count());
  return graph.serialize({});
}

}  // namespace tidemill::onnx
