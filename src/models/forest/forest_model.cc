#include "models/forest/forest_model.h"

#include <numeric>

#include "models/forest/tree_walk.h"
#include "models/onnx/graph_builder.h"

namespace tidemill::models {
namespace {

void append_tree(const Tree& tree, onnx::TreeEnsemble& out) {
  for (size_t i = 0; i < tree.nodes.size(); ++i) {
    const TreeNode& node = tree.nodes[i];
    out.is_leaf.push_back(node.is_leaf() ? 1 : 0);
    out.feature.push_back(static_cast<int32_t>(node.feature));
    out.threshold.push_back(node.threshold);
    out.left.push_back(node.is_leaf() ? 0 : static_cast<int32_t>(i + 1));
    out.right.push_back(static_cast<int32_t>(node.right));
    out.value.push_back(node.value);
  }
  out.tree_offsets.push_back(static_cast<uint32_t>(out.node_count()));
}

class ForestModel : public Model {
 public:
  ForestModel(std::vector<Tree> trees, size_t column_count)
      : trees_(std::move(trees)), column_count_(column_count) {}

  std::string append_to(onnx::GraphBuilder& graph, const std::string& input) const override {
    onnx::TreeEnsemble ensemble;
    ensemble.column_count = column_count_;
    ensemble.comparison = onnx::TreeEnsemble::Comparison::kLessOrEqual;
    ensemble.aggregate = onnx::TreeEnsemble::Aggregate::kAverage;
    for (const Tree& tree : trees_) append_tree(tree, ensemble);
    return onnx::append_tree_ensemble(graph, ensemble, input);
  }

  // The mean over the trees that split at all. Source: scikit-learn BaseForest.feature_importances_.
  std::vector<double> feature_importances() const override {
    std::vector<double> out(column_count_);
    for (const Tree& tree : trees_) {
      if (tree.nodes.size() == 1) continue;
      for (size_t c = 0; c < column_count_; ++c) out[c] += tree.importances[c];
    }
    const double total = std::accumulate(out.begin(), out.end(), 0.0);
    if (total > 0) {
      for (double& share : out) share /= total;
    }
    return out;
  }

  std::vector<double> predict(const TrainingSet& rows, int thread_count) const override {
    std::vector<uint32_t> all(rows.row_count);
    std::iota(all.begin(), all.end(), 0U);
    TreeSums sums(rows.features_f32, rows.row_count, rows.column_count, std::move(all), {UINT32_MAX});
    sums.add(trees_, thread_count);
    std::vector<double> out(rows.row_count);
    for (size_t row = 0; row < rows.row_count; ++row) out[row] = sums.average(0, row);
    return out;
  }

 private:
  std::vector<Tree> trees_;
  size_t column_count_;
};

}  // namespace

std::unique_ptr<Model> make_forest_model(std::vector<Tree> trees, size_t column_count) {
  return std::make_unique<ForestModel>(std::move(trees), column_count);
}

}  // namespace tidemill::models
