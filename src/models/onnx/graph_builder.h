#pragma once
// Writes one ONNX graph, node by node. The only place that knows the ONNX messages is graph_builder.cc.
// Same calls, same bytes: nothing of the time, the machine or chance enters.
// Source: onnx.proto (IR version 8), operator sets ai.onnx 17 and ai.onnx.ml 3.

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "models/onnx/tree_ensemble.h"

namespace tidemill::onnx {

enum class ElementType : uint8_t { kFloat, kDouble, kInt64, kBool };

using AttributeValue = std::variant<int64_t, float, std::string, std::vector<int64_t>, std::vector<float>,
                                    std::vector<std::string>>;
struct Attribute {
  std::string name;
  AttributeValue value;
};

// Tensors are known by name. A name that is asked for twice gets a number: "imputed", "imputed_2".
class GraphBuilder {
 public:
  explicit GraphBuilder(const std::string& graph_name);
  ~GraphBuilder();
  GraphBuilder(const GraphBuilder&) = delete;
  GraphBuilder& operator=(const GraphBuilder&) = delete;

  // A double tensor [N, column_count].
  std::string add_input(const std::string& name, size_t column_count);

  // A tensor stored in the model, row-major; an empty shape is a scalar. Returns its name.
  std::string add_constant(const std::string& name, const std::vector<int64_t>& shape,
                           const std::vector<double>& values);
  std::string add_constant(const std::string& name, const std::vector<int64_t>& shape,
                           const std::vector<int64_t>& values);

  // Returns the name of the node's one output. `domain` is "" or "ai.onnx.ml".
  std::string add_node(const std::string& operation, const std::vector<std::string>& inputs,
                       const std::string& output_name, std::vector<Attribute> attributes = {},
                       const std::string& domain = "");

  // What `tensor` holds, as another element type.
  std::string add_cast(const std::string& tensor, ElementType type, const std::string& output_name);

  // Makes `tensor`, double [N, column_count], the output of the graph under the name `name`. Call once, last.
  void set_output(const std::string& name, const std::string& tensor, size_t column_count);

  // The model file. Metadata is stored in the order given.
  std::string serialize(const std::vector<std::pair<std::string, std::string>>& metadata) const;

 private:
  struct Messages;
  std::string unique_name(const std::string& name);
  std::unique_ptr<Messages> messages_;
};

// One TreeEnsembleRegressor (ai.onnx.ml 3) over `input`, double [N, ensemble.column_count], cast to float
// once. Returns a tensor [N, 1]: the operator's float sums as doubles.
std::string append_tree_ensemble(GraphBuilder& graph, const TreeEnsemble& ensemble, const std::string& input);

}  // namespace tidemill::onnx
