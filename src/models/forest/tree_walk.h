#pragma once
// Predictions from trees, as ONNX Runtime's TreeEnsembleRegressor with aggregate AVERAGE computes them: float
// features against float thresholds, float leaf values added in the order of the trees, one float division.

#include <cstdint>
#include <span>
#include <vector>

#include "models/forest/tree.h"

namespace tidemill::models {

// Running sums over trees for some rows, for each of several depths at which the trees are cut.
class TreeSums {
 public:
  // Features column-major [column_count][column_stride]; the i-th row here is row rows[i] there. `depths`
  // ascending, no two equal; UINT32_MAX does not cut.
  TreeSums(const float* features, size_t column_stride, size_t column_count, std::vector<uint32_t> rows,
           std::vector<uint32_t> depths);

  // Adds the next trees, in order.
  void add(std::span<const Tree> trees, int thread_count);

  // The sum over the trees so far, divided by their number.
  float average(size_t depth_index, size_t row) const {
    return sums_[depth_index * rows_.size() + row] / static_cast<float>(tree_count_);
  }
  const std::vector<uint32_t>& rows() const { return rows_; }

 private:
  void add_to_block(std::span<const Tree> trees, size_t begin, size_t end);

  const float* features_;
  size_t column_stride_;
  size_t column_count_;
  std::vector<uint32_t> rows_;
  std::vector<uint32_t> depths_;
  std::vector<float> sums_;  // [depth][row]
  size_t tree_count_ = 0;
};

}  // namespace tidemill::models
