#include "models/onnx/tree_prediction.h"

#include <algorithm>
#include <array>

#include "base/parallel.h"

namespace tidemill::onnx {
namespace {

// A tree stays in cache for all rows of a block.
constexpr size_t kBlockRows = 256;

template <bool kStrict>
float leaf_value(const TreeEnsemble& ensemble, uint32_t root, const float* row) {
  size_t node = root;
  while (ensemble.is_leaf[node] == 0) {
    const float value = row[ensemble.feature[node]];
    const bool left = kStrict ? value < ensemble.threshold[node] : value <= ensemble.threshold[node];
    node = root + static_cast<size_t>(left ? ensemble.left[node] : ensemble.right[node]);
  }
  return ensemble.value[node];
}

template <bool kStrict>
void predict_block(const TreeEnsemble& ensemble, const float* rows, size_t count, double* out) {
  std::array<float, kBlockRows> sums{};
  for (size_t tree = 0; tree < ensemble.tree_count(); ++tree) {
    const uint32_t root = ensemble.tree_offsets[tree];
    for (size_t r = 0; r < count; ++r) {
      sums[r] += leaf_value<kStrict>(ensemble, root, rows + r * ensemble.column_count);
    }
  }
  const bool average = ensemble.aggregate == TreeEnsemble::Aggregate::kAverage;
  const auto tree_count = static_cast<float>(ensemble.tree_count());
  for (size_t r = 0; r < count; ++r) {
    out[r] = static_cast<double>((average ? sums[r] / tree_count : sums[r]) + ensemble.base_value);
  }
}

}  // namespace

std::vector<double> predict_trees(const TreeEnsemble& ensemble, const float* features, size_t row_count,
                                  int thread_count) {
  const bool strict = ensemble.comparison == TreeEnsemble::Comparison::kLess;
  const auto predict = strict ? predict_block<true> : predict_block<false>;
  std::vector<double> out(row_count);
  parallel_for((row_count + kBlockRows - 1) / kBlockRows, thread_count, [&](size_t block) {
    const size_t begin = block * kBlockRows;
    const size_t count = std::min(kBlockRows, row_count - begin);
    std::vector<float> rows(count * ensemble.column_count);
    for (size_t c = 0; c < ensemble.column_count; ++c) {
      const float* column = features + c * row_count + begin;
      for (size_t r = 0; r < count; ++r) rows[r * ensemble.column_count + c] = column[r];
    }
    predict(ensemble, rows.data(), count, out.data() + begin);
  });
  return out;
}

}  // namespace tidemill::onnx
