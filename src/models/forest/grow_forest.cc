#include "models/forest/grow_forest.h"

#include <algorithm>

#include "base/parallel.h"
#include "base/random.h"
#include "models/forest/tree_grower.h"

namespace tidemill::models {
namespace {

constexpr size_t kMaxRankedRows = 2000;

std::variant<CodedMatrix<uint16_t>, CodedMatrix<uint8_t>> code_features(const TrainingSet& set,
                                                                        std::span<const uint32_t> rows,
                                                                        int thread_count) {
  if (rows.size() <= kMaxRankedRows) {
    return rank_columns(set.features_f32, set.row_count, set.column_count, rows, thread_count);
  }
  return bin_columns(set.features_f32, set.row_count, set.column_count, rows, thread_count);
}

// How often each row is in the tree.
void draw_rows(const ForestParameters& parameters, uint64_t tree_seed, std::vector<uint32_t>& weights) {
  if (!parameters.bootstrap) {
    std::ranges::fill(weights, 1U);
    return;
  }
  std::ranges::fill(weights, 0U);
  RandomSequence random(tree_seed);
  const auto row_count = static_cast<uint32_t>(weights.size());
  for (uint32_t i = 0; i < parameters.drawn_rows; ++i) ++weights[random.next_below(row_count)];
}

}  // namespace

ForestGround::ForestGround(const TrainingSet& set, std::span<const uint32_t> rows, int thread_count)
    : matrix_(code_features(set, rows, thread_count)) {
  targets_.reserve(rows.size());
  for (const uint32_t row : rows) targets_.push_back(set.target[row]);
}

std::vector<Tree> ForestGround::grow(const ForestParameters& parameters, uint64_t seed, uint32_t first_tree,
                                     uint32_t count, int thread_count) const {
  std::vector<Tree> trees(count);
  // Several trees with one set of scratch memory, yet enough pieces that no thread waits long for another.
  const uint32_t threads = static_cast<uint32_t>(std::max(thread_count, 1));
  const uint32_t trees_each = std::clamp(count / (4 * threads), 1U, 8U);
  std::visit(
      [&]<class Code>(const CodedMatrix<Code>& matrix) {
        parallel_for((count + trees_each - 1) / trees_each, thread_count, [&](size_t piece) {
          TreeGrower<Code> grower(matrix, targets_, parameters.limits);
          std::vector<uint32_t> weights(row_count());
          const auto begin = static_cast<uint32_t>(piece * trees_each);
          for (uint32_t t = begin; t < std::min(begin + trees_each, count); ++t) {
            const uint64_t tree_seed = derive_seed(seed, first_tree + t);
            draw_rows(parameters, tree_seed, weights);
            trees[t] = grower.grow(weights, mix64(tree_seed));
          }
        });
      },
      matrix_);
  return trees;
}

}  // namespace tidemill::models
