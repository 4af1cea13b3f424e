#pragma once
// Regression trees as flat arrays: what the forest and the boosting learner hand to the ONNX graph, where
// append_tree_ensemble (graph_builder) writes them as one ai.onnx.ml.TreeEnsembleRegressor.
//
// Everything is float, as in that operator: it compares float features with float thresholds and adds up
// float leaf values in tree order, so a learner that does the same predicts the same bits.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tidemill::onnx {

struct TreeEnsemble {
  // A row goes left when `feature <= threshold` (forest) or `feature < threshold` (XGBoost). NaN goes right.
  enum class Comparison : uint8_t { kLessOrEqual, kLess };
  // The prediction is sum(leaf values) + base_value, or sum(leaf values) / tree_count + base_value.
  enum class Aggregate : uint8_t { kSum, kAverage };

  size_t column_count = 0;
  Comparison comparison = Comparison::kLessOrEqual;
  Aggregate aggregate = Aggregate::kSum;
  float base_value = 0;

  // [tree_count + 1]: tree t owns the nodes tree_offsets[t] .. tree_offsets[t + 1] - 1, its root first.
  std::vector<uint32_t> tree_offsets{0};

  // One entry per node. Children are counted from the root of their own tree, as ONNX node ids are: a
  // child of node n of tree t is at tree_offsets[t] + left[n]; a child's id is greater than its parent's.
  std::vector<int32_t> feature;  // column compared; 0 for a leaf
  std::vector<float> threshold;  // 0 for a leaf
  std::vector<int32_t> left;     // 0 for a leaf
  std::vector<int32_t> right;    // 0 for a leaf
  std::vector<uint8_t> is_leaf;  // 1 or 0
  std::vector<float> value;      // the leaf's contribution; inner nodes may carry any value, it is not used

  size_t tree_count() const { return tree_offsets.size() - 1; }
  size_t node_count() const { return feature.size(); }
};

}  // namespace tidemill::onnx
