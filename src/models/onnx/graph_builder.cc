#include "models/onnx/graph_builder.h"

#include <set>

#include <onnx/onnx_pb.h>

#include "base/error.h"

namespace tidemill::onnx {
namespace {

constexpr int64_t kIrVersion = 8;
constexpr int64_t kOperatorSet = 17;
constexpr int64_t kLearnerOperatorSet = 3;
constexpr char kLearnerDomain[] = "ai.onnx.ml";

int32_t data_type(ElementType type) {
  switch (type) {
    case ElementType::kFloat:
      return ::onnx::TensorProto::FLOAT;
    case ElementType::kDouble:
      return ::onnx::TensorProto::DOUBLE;
    case ElementType::kInt64:
      return ::onnx::TensorProto::INT64;
    case ElementType::kBool:
      return ::onnx::TensorProto::BOOL;
  }
  throw Error(ErrorCode::kInternal, "onnx: unknown element type");
}

// A double matrix with any number of rows.
void describe_matrix(::onnx::ValueInfoProto& info, const std::string& name, size_t column_count) {
  info.set_name(name);
  auto* tensor = info.mutable_type()->mutable_tensor_type();
  tensor->set_elem_type(::onnx::TensorProto::DOUBLE);
  tensor->mutable_shape()->add_dim()->set_dim_param("N");
  tensor->mutable_shape()->add_dim()->set_dim_value(static_cast<int64_t>(column_count));
}

struct AttributeWriter {
  ::onnx::AttributeProto& to;

  void operator()(int64_t value) const {
    to.set_type(::onnx::AttributeProto::INT);
    to.set_i(value);
  }
  void operator()(float value) const {
    to.set_type(::onnx::AttributeProto::FLOAT);
    to.set_f(value);
  }
  void operator()(const std::string& value) const {
    to.set_type(::onnx::AttributeProto::STRING);
    to.set_s(value);
  }
  void operator()(const std::vector<int64_t>& values) const {
    to.set_type(::onnx::AttributeProto::INTS);
    to.mutable_ints()->Add(values.begin(), values.end());
  }
  void operator()(const std::vector<float>& values) const {
    to.set_type(::onnx::AttributeProto::FLOATS);
    to.mutable_floats()->Add(values.begin(), values.end());
  }
  void operator()(const std::vector<std::string>& values) const {
    to.set_type(::onnx::AttributeProto::STRINGS);
    to.mutable_strings()->Reserve(static_cast<int>(values.size()));
    for (const std::string& value : values) to.add_strings(value);
  }
};

}  // namespace

struct GraphBuilder::Messages {
  ::onnx::ModelProto model;
  std::set<std::string> names;
};

GraphBuilder::GraphBuilder(const std::string& graph_name) : messages_(std::make_unique<Messages>()) {
  ::onnx::ModelProto& model = messages_->model;
  model.set_ir_version(kIrVersion);
  model.set_producer_name("tidemill");
  auto* core = model.add_opset_import();
  core->set_domain("");
  core->set_version(kOperatorSet);
  auto* learners = model.add_opset_import();
  learners->set_domain(kLearnerDomain);
  learners->set_version(kLearnerOperatorSet);
  model.mutable_graph()->set_name(graph_name);
}

GraphBuilder::~GraphBuilder() = default;

std::string GraphBuilder::unique_name(const std::string& name) {
  std::string out = name;
  for (int i = 2; !messages_->names.insert(out).second; ++i) out = name + "_" + std::to_string(i);
  return out;
}

std::string GraphBuilder::add_input(const std::string& name, size_t column_count) {
  const std::string unique = unique_name(name);
  describe_matrix(*messages_->model.mutable_graph()->add_input(), unique, column_count);
  return unique;
}

std::string GraphBuilder::add_constant(const std::string& name, const std::vector<int64_t>& shape,
                                       const std::vector<double>& values) {
  auto* tensor = messages_->model.mutable_graph()->add_initializer();
  tensor->set_name(unique_name(name));
  tensor->set_data_type(::onnx::TensorProto::DOUBLE);
  tensor->mutable_dims()->Add(shape.begin(), shape.end());
  tensor->mutable_double_data()->Add(values.begin(), values.end());
  return tensor->name();
}

std::string GraphBuilder::add_constant(const std::string& name, const std::vector<int64_t>& shape,
                                       const std::vector<int64_t>& values) {
  auto* tensor = messages_->model.mutable_graph()->add_initializer();
  tensor->set_name(unique_name(name));
  tensor->set_data_type(::onnx::TensorProto::INT64);
  tensor->mutable_dims()->Add(shape.begin(), shape.end());
  tensor->mutable_int64_data()->Add(values.begin(), values.end());
  return tensor->name();
}

std::string GraphBuilder::add_node(const std::string& operation, const std::vector<std::string>& inputs,
                                   const std::string& output_name, std::vector<Attribute> attributes,
                                   const std::string& domain) {
  auto* node = messages_->model.mutable_graph()->add_node();
  node->set_op_type(operation);
  node->set_domain(domain);
  for (const std::string& input : inputs) node->add_input(input);
  node->add_output(unique_name(output_name));
  node->set_name(node->output(0));
  for (const Attribute& attribute : attributes) {
    auto* to = node->add_attribute();
    to->set_name(attribute.name);
    std::visit(AttributeWriter{*to}, attribute.value);
  }
  return node->output(0);
}

std::string GraphBuilder::add_cast(const std::string& tensor, ElementType type,
                                   const std::string& output_name) {
  return add_node("Cast", {tensor}, output_name, {{"to", int64_t{data_type(type)}}});
}

void GraphBuilder::set_output(const std::string& name, const std::string& tensor, size_t column_count) {
  auto* graph = messages_->model.mutable_graph();
  for (auto& node : *graph->mutable_node()) {
    if (node.output(0) != tensor) continue;
    node.set_output(0, unique_name(name));
    describe_matrix(*graph->add_output(), node.output(0), column_count);
    return;
  }
  throw Error(ErrorCode::kInternal, "onnx: no node makes the output '" + tensor + "'");
}

std::string GraphBuilder::serialize(const std::vector<std::pair<std::string, std::string>>& metadata) const {
  ::onnx::ModelProto model = messages_->model;
  for (const auto& [key, value] : metadata) {
    auto* property = model.add_metadata_props();
    property->set_key(key);
    property->set_value(value);
  }
  std::string bytes;
  if (!model.SerializeToString(&bytes)) {
    throw Error(ErrorCode::kResourceExhausted,
                "the model is larger than the 2 GiB an ONNX file may have; use fewer or shallower trees");
  }
  return bytes;
}

std::string append_tree_ensemble(GraphBuilder& graph, const TreeEnsemble& ensemble,
                                 const std::string& input) {
  std::vector<int64_t> tree_ids, node_ids, features, left, right;
  std::vector<float> thresholds;
  std::vector<std::string> modes;
  std::vector<int64_t> leaf_trees, leaf_nodes;
  std::vector<float> leaf_values;
  const bool strict = ensemble.comparison == TreeEnsemble::Comparison::kLess;
  for (size_t tree = 0; tree < ensemble.tree_count(); ++tree) {
    const uint32_t root = ensemble.tree_offsets[tree];
    for (uint32_t node = root; node < ensemble.tree_offsets[tree + 1]; ++node) {
      const bool leaf = ensemble.is_leaf[node] != 0;
      tree_ids.push_back(static_cast<int64_t>(tree));
      node_ids.push_back(node - root);
      features.push_back(ensemble.feature[node]);
      thresholds.push_back(ensemble.threshold[node]);
      left.push_back(ensemble.left[node]);
      right.push_back(ensemble.right[node]);
      modes.emplace_back(leaf ? "LEAF" : strict ? "BRANCH_LT" : "BRANCH_LEQ");
      if (!leaf) continue;
      leaf_trees.push_back(static_cast<int64_t>(tree));
      leaf_nodes.push_back(node - root);
      leaf_values.push_back(ensemble.value[node]);
    }
  }
  const bool average = ensemble.aggregate == TreeEnsemble::Aggregate::kAverage;
  std::vector<int64_t> target_ids(leaf_values.size(), 0);
  const std::string narrowed = graph.add_cast(input, ElementType::kFloat, "prepared_float");
  const std::string sums = graph.add_node("TreeEnsembleRegressor", {narrowed}, "trees",
                                          {{"n_targets", int64_t{1}},
                                           {"aggregate_function", std::string(average ? "AVERAGE" : "SUM")},
                                           {"post_transform", std::string("NONE")},
                                           {"base_values", std::vector<float>{ensemble.base_value}},
                                           {"nodes_treeids", std::move(tree_ids)},
                                           {"nodes_nodeids", std::move(node_ids)},
                                           {"nodes_modes", std::move(modes)},
                                           {"nodes_featureids", std::move(features)},
                                           {"nodes_values", std::move(thresholds)},
                                           {"nodes_truenodeids", std::move(left)},
                                           {"nodes_falsenodeids", std::move(right)},
                                           {"target_treeids", std::move(leaf_trees)},
                                           {"target_nodeids", std::move(leaf_nodes)},
                                           {"target_ids", std::move(target_ids)},
                                           {"target_weights", std::move(leaf_values)}},
                                          kLearnerDomain);
  return graph.add_cast(sums, ElementType::kDouble, "trees_double");
}

}  // namespace tidemill::onnx
