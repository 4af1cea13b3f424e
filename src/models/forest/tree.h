#pragma once
// A regression tree as it is grown and walked, and what bounds its growth.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tidemill::models {

// Nodes stand in preorder: the left child of node i is i + 1. Every node keeps the mean of its rows, so a
// tree can be read as if it had been grown to a smaller depth.
struct TreeNode {
  float threshold = 0;   // rows with feature <= threshold go left
  uint32_t feature = 0;  // column
  uint32_t right = 0;    // index of the right child; 0 for a leaf
  float value = 0;       // mean target of the node's rows, rounded once to float

  bool is_leaf() const { return right == 0; }
};

struct Tree {
  std::vector<TreeNode> nodes;
  // [column_count]: decrease of weighted squared error by splits on the column, divided by their sum (all
  // zero for a tree of one node). Source: scikit-learn Tree.compute_feature_importances.
  std::vector<double> importances;
};

// scikit-learn's names and meanings; counts of rows are of distinct rows, a row drawn twice counts once.
struct GrowthLimits {
  uint32_t max_depth = UINT32_MAX;
  uint32_t min_samples_split = 2;
  uint32_t min_samples_leaf = 1;
  uint32_t max_features = UINT32_MAX;  // features drawn at each node; all when >= column_count
  double min_impurity_decrease = 0;
};

}  // namespace tidemill::models
