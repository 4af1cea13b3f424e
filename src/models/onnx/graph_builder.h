#pragma once
// Writes one ONNX graph, node by node. Same calls, same bytes: nothing of the time, the machine or chance
// enters. Source: onnx.proto (IR version 8), operator sets ai.onnx 17 and ai.onnx.ml 3. Written without the
// ONNX library: for 100 deep trees its messages took 50 ms, and loading it delayed the start of every
// command.

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "models/onnx/attributes.h"
#include "models/onnx/tree_ensemble.h"
#include "models/onnx/wire.h"

namespace tidemill::onnx {

enum class ElementType : uint8_t { kFloat = 1, kInt64 = 7, kDouble = 11 };  // TensorProto.DataType

inline constexpr char kLearnerDomain[] = "ai.onnx.ml";

// Tensors are known by name. A name that is asked for twice gets a number: "imputed", "imputed_2".
class GraphBuilder {
 public:
  explicit GraphBuilder(std::string graph_name) : graph_name_(std::move(graph_name)) {}

  // A double tensor [N, column_count].
  std::string add_input(const std::string& name, size_t column_count);

  // A tensor stored in the model, row-major. Returns its name.
  std::string add_constant(const std::string& name, const std::vector<int64_t>& shape,
                           const std::vector<double>& values);
  std::string add_constant(const std::string& name, const std::vector<int64_t>& shape,
                           const std::vector<int64_t>& values);

  // Returns the name of the node's one output. `domain` is "" or kLearnerDomain.
  std::string add_node(const std::string& operation, const std::vector<std::string>& inputs,
                       const std::string& output_name, Attributes attributes = {},
                       const std::string& domain = "");

  // What `tensor` holds, as another element type.
  std::string add_cast(const std::string& tensor, ElementType type, const std::string& output_name);

  // Makes `tensor`, a node's output, double [N, column_count], the output of the graph under the name `name`.
  // Call once, last.
  void set_output(const std::string& name, const std::string& tensor, size_t column_count);

  // The model file. Metadata is stored in the order given. Errors: kResourceExhausted over 2 GiB.
  std::string serialize(const std::vector<std::pair<std::string, std::string>>& metadata) const;

 private:
  struct Node {
    std::string operation, domain, output;
    std::vector<std::string> inputs;
    Attributes attributes;
  };

  std::string unique_name(const std::string& name);
  void write_node(const Node& node, WireMessage& to) const;
  std::string add_tensor(const std::string& name, const std::vector<int64_t>& shape, ElementType type,
                         std::string_view data);

  const std::string graph_name_;
  std::set<std::string> names_;
  std::vector<Node> nodes_;
  WireMessage constants_, input_, output_;  // fields of a GraphProto
};

// One TreeEnsembleRegressor (ai.onnx.ml 3) over `input`, double [N, ensemble.column_count], cast to float
// once. Returns a tensor [N, 1]: the operator's float sums as doubles.
std::string append_tree_ensemble(GraphBuilder& graph, const TreeEnsemble& ensemble, const std::string& input);

}  // namespace tidemill::onnx
