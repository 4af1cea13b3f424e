#include "models/forest/tree_walk.h"

#include <algorithm>
#include <array>

#include "base/parallel.h"

namespace tidemill::models {
namespace {

// Rows that walk a tree side by side, so that one's wait for memory is another's work.
constexpr size_t kRowsAtOnce = 64;

// Moves every row down until `depth` or a leaf; returns whether some row is at neither.
void walk_to(const Tree& tree, const float* features, size_t column_count, size_t count, uint32_t from_depth,
             uint32_t to_depth, std::array<uint32_t, kRowsAtOnce>& places) {
  bool moved = true;
  for (uint32_t depth = from_depth; depth < to_depth && moved; ++depth) {
    moved = false;
    for (size_t i = 0; i < count; ++i) {
      const TreeNode& node = tree.nodes[places[i]];
      const uint32_t next =
          features[i * column_count + node.feature] <= node.threshold ? places[i] + 1 : node.right;
      places[i] = node.is_leaf() ? places[i] : next;
      moved |= !node.is_leaf();
    }
  }
}

}  // namespace

TreeSums::TreeSums(const float* features, size_t column_stride, size_t column_count,
                   std::vector<uint32_t> rows, std::vector<uint32_t> depths)
    : features_(features),
      column_stride_(column_stride),
      column_count_(column_count),
      rows_(std::move(rows)),
      depths_(std::move(depths)),
      sums_(depths_.size() * rows_.size()) {}

void TreeSums::add(std::span<const Tree> trees, int thread_count) {
  const size_t blocks = (rows_.size() + kRowsAtOnce - 1) / kRowsAtOnce;
  // A tree that is in the cache serves many rows before the next one.
  constexpr size_t kBlocksEach = 16;
  parallel_for((blocks + kBlocksEach - 1) / kBlocksEach, thread_count, [&](size_t piece) {
    const size_t begin = piece * kBlocksEach * kRowsAtOnce;
    add_to_block(trees, begin, std::min(begin + kBlocksEach * kRowsAtOnce, rows_.size()));
  });
  tree_count_ += trees.size();
}

void TreeSums::add_to_block(std::span<const Tree> trees, size_t begin, size_t end) {
  std::vector<float> features((end - begin) * column_count_);  // row-major
  for (size_t column = 0; column < column_count_; ++column) {
    const float* from = features_ + column * column_stride_;
    for (size_t i = begin; i < end; ++i) features[(i - begin) * column_count_ + column] = from[rows_[i]];
  }
  std::array<uint32_t, kRowsAtOnce> places;
  for (const Tree& tree : trees) {
    for (size_t first = begin; first < end; first += kRowsAtOnce) {
      const size_t count = std::min(kRowsAtOnce, end - first);
      places.fill(0);
      uint32_t depth = 0;
      for (size_t d = 0; d < depths_.size(); ++d) {
        walk_to(tree, features.data() + (first - begin) * column_count_, column_count_, count, depth,
                depths_[d], places);
        depth = depths_[d];
        float* sums = sums_.data() + d * rows_.size() + first;
        for (size_t i = 0; i < count; ++i) sums[i] += tree.nodes[places[i]].value;
      }
    }
  }
}

}  // namespace tidemill::models
