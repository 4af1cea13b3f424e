#include "models/onnx/graph_builder.h"

#include <algorithm>
#include <limits>

#include "base/error.h"

namespace tidemill::onnx {
namespace {

constexpr int64_t kIrVersion = 8;
constexpr int64_t kOperatorSet = 17;
constexpr int64_t kLearnerOperatorSet = 3;

// Field numbers of onnx.proto.
namespace model {
constexpr uint32_t kIrVersionField = 1, kProducer = 2, kGraph = 7, kOperatorSets = 8, kMetadata = 14;
}
namespace graph {
constexpr uint32_t kNode = 1, kName = 2, kConstant = 5, kInput = 11, kOutput = 12;
}
namespace node {
constexpr uint32_t kInput = 1, kOutput = 2, kName = 3, kOperation = 4, kDomain = 7;
}
namespace tensor {
constexpr uint32_t kShape = 1, kType = 2, kName = 8, kData = 9;
}

// A double matrix with any number of rows, as a ValueInfoProto.
WireMessage describe_matrix(uint32_t field, const std::string& name, size_t column_count) {
  WireMessage out;
  out.add_message(field, [&](WireMessage& info) {
    info.add_bytes(1, name);
    info.add_message(2, [&](WireMessage& type) {
      type.add_message(1, [&](WireMessage& tensor) {
        tensor.add_integer(1, static_cast<int64_t>(ElementType::kDouble));
        tensor.add_message(2, [&](WireMessage& shape) {
          shape.add_message(1, [](WireMessage& rows) { rows.add_bytes(2, "N"); });
          shape.add_message(
              1, [&](WireMessage& columns) { columns.add_integer(1, static_cast<int64_t>(column_count)); });
        });
      });
    });
  });
  return out;
}

template <typename T>
std::string_view memory_of(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

}  // namespace

std::string GraphBuilder::unique_name(const std::string& name) {
  std::string out = name;
  for (int i = 2; !names_.insert(out).second; ++i) out = name + "_" + std::to_string(i);
  return out;
}

std::string GraphBuilder::add_input(const std::string& name, size_t column_count) {
  std::string unique = unique_name(name);
  input_ = describe_matrix(graph::kInput, unique, column_count);
  return unique;
}

std::string GraphBuilder::add_tensor(const std::string& name, const std::vector<int64_t>& shape,
                                     ElementType type, std::string_view data) {
  std::string unique = unique_name(name);
  constants_.add_message(graph::kConstant, [&](WireMessage& to) {
    for (const int64_t size : shape) to.add_integer(tensor::kShape, size);
    to.add_integer(tensor::kType, static_cast<int64_t>(type));
    to.add_bytes(tensor::kName, unique);
    to.add_bytes(tensor::kData, data);
  });
  return unique;
}

std::string GraphBuilder::add_constant(const std::string& name, const std::vector<int64_t>& shape,
                                       const std::vector<double>& values) {
  return add_tensor(name, shape, ElementType::kDouble, memory_of(values));
}

std::string GraphBuilder::add_constant(const std::string& name, const std::vector<int64_t>& shape,
                                       const std::vector<int64_t>& values) {
  return add_tensor(name, shape, ElementType::kInt64, memory_of(values));
}

std::string GraphBuilder::add_node(const std::string& operation, const std::vector<std::string>& inputs,
                                   const std::string& output_name, Attributes attributes,
                                   const std::string& domain) {
  std::string output = unique_name(output_name);
  nodes_.push_back({operation, domain, output, inputs, std::move(attributes)});
  return output;
}

std::string GraphBuilder::add_cast(const std::string& tensor, ElementType type,
                                   const std::string& output_name) {
  return add_node("Cast", {tensor}, output_name, Attributes().add_integer("to", static_cast<int64_t>(type)));
}

void GraphBuilder::set_output(const std::string& name, const std::string& tensor, size_t column_count) {
  const auto at =
      std::find_if(nodes_.begin(), nodes_.end(), [&](const Node& n) { return n.output == tensor; });
  if (at == nodes_.end()) {
    throw Error(ErrorCode::kInternal, "onnx: no node makes the output '" + tensor + "'");
  }
  at->output = unique_name(name);
  output_ = describe_matrix(graph::kOutput, at->output, column_count);
}

void GraphBuilder::write_node(const Node& from, WireMessage& to) const {
  for (const std::string& input : from.inputs) to.add_bytes(node::kInput, input);
  to.add_bytes(node::kOutput, from.output);
  to.add_bytes(node::kName, from.output);
  to.add_bytes(node::kOperation, from.operation);
  to.append(from.attributes.fields());
  if (!from.domain.empty()) to.add_bytes(node::kDomain, from.domain);
}

std::string GraphBuilder::serialize(const std::vector<std::pair<std::string, std::string>>& metadata) const {
  WireMessage out;
  size_t size_bound = constants_.bytes().size() + (size_t{1} << 16);
  for (const Node& each : nodes_) size_bound += each.attributes.fields().bytes().size();
  out.reserve(size_bound);
  out.add_integer(model::kIrVersionField, kIrVersion);
  out.add_bytes(model::kProducer, "tidemill");
  out.add_message(model::kGraph, [&](WireMessage& to) {
    for (const Node& each : nodes_) {
      to.add_message(graph::kNode, [&](WireMessage& inside) { write_node(each, inside); });
    }
    to.add_bytes(graph::kName, graph_name_);
    to.append(constants_);
    to.append(input_);
    to.append(output_);
  });
  const auto add_operator_set = [&](std::string_view domain, int64_t version) {
    out.add_message(model::kOperatorSets, [&](WireMessage& to) {
      to.add_bytes(1, domain);
      to.add_integer(2, version);
    });
  };
  add_operator_set("", kOperatorSet);
  add_operator_set(kLearnerDomain, kLearnerOperatorSet);
  for (const auto& entry : metadata) {
    out.add_message(model::kMetadata, [&](WireMessage& to) {
      to.add_bytes(1, entry.first);
      to.add_bytes(2, entry.second);
    });
  }
  if (out.bytes().size() > std::numeric_limits<int32_t>::max()) {
    throw Error(ErrorCode::kResourceExhausted,
                "the model is larger than the 2 GiB an ONNX file may have; use fewer or shallower trees");
  }
  return std::move(out).bytes();
}

std::string append_tree_ensemble(GraphBuilder& graph, const TreeEnsemble& ensemble,
                                 const std::string& input) {
  const size_t count = ensemble.node_count();
  std::vector<uint32_t> tree_of(count), id_of(count);  // of each node
  std::vector<uint32_t> leaves;
  std::vector<float> leaf_values;
  for (uint32_t tree = 0; tree < ensemble.tree_count(); ++tree) {
    const uint32_t root = ensemble.tree_offsets[tree];
    for (uint32_t n = root; n < ensemble.tree_offsets[tree + 1]; ++n) {
      tree_of[n] = tree;
      id_of[n] = n - root;
      if (ensemble.is_leaf[n] == 0) continue;
      leaves.push_back(n);
      leaf_values.push_back(ensemble.value[n]);
    }
  }
  const std::string_view branch =
      ensemble.comparison == TreeEnsemble::Comparison::kLess ? "BRANCH_LT" : "BRANCH_LEQ";
  const bool average = ensemble.aggregate == TreeEnsemble::Aggregate::kAverage;
  Attributes trees;
  trees.reserve(count * 32);  // 24 bytes a node in forests of 1,000 rows
  trees.add_integer("n_targets", 1)
      .add_text("aggregate_function", average ? "AVERAGE" : "SUM")
      .add_text("post_transform", "NONE")
      .add_floats("base_values", {ensemble.base_value})
      .add_integers("nodes_treeids", count, [&](size_t n) { return tree_of[n]; })
      .add_integers("nodes_nodeids", count, [&](size_t n) { return id_of[n]; })
      .add_texts("nodes_modes", count, [&](size_t n) { return ensemble.is_leaf[n] != 0 ? "LEAF" : branch; })
      .add_integers("nodes_featureids", count, [&](size_t n) { return ensemble.feature[n]; })
      .add_floats("nodes_values", ensemble.threshold)
      .add_integers("nodes_truenodeids", count, [&](size_t n) { return ensemble.left[n]; })
      .add_integers("nodes_falsenodeids", count, [&](size_t n) { return ensemble.right[n]; })
      .add_integers("target_treeids", leaves.size(), [&](size_t i) { return tree_of[leaves[i]]; })
      .add_integers("target_nodeids", leaves.size(), [&](size_t i) { return id_of[leaves[i]]; })
      .add_integers("target_ids", leaves.size(), [](size_t) { return 0; })
      .add_floats("target_weights", leaf_values);
  const std::string narrowed = graph.add_cast(input, ElementType::kFloat, "prepared_float");
  const std::string sums =
      graph.add_node("TreeEnsembleRegressor", {narrowed}, "trees", std::move(trees), kLearnerDomain);
  return graph.add_cast(sums, ElementType::kDouble, "trees_double");
}

}  // namespace tidemill::onnx
