#include "models/forest/random_forest.h"

#include <algorithm>
#include <numeric>

#include "base/error.h"
#include "models/forest/forest_model.h"
#include "models/forest/forest_parameters.h"
#include "models/forest/grow_forest.h"
#include "models/forest/tree_walk.h"

namespace tidemill::models {
namespace {

// Candidates that differ in tree count and depth only: all are read from one forest, the one with the most
// trees and the greatest depth. A tree cut at a depth equals the tree grown to it, and the first trees of a
// forest are the smaller forest (tree_grower.h, grow_forest.h).
struct SharedForest {
  std::vector<size_t> candidates;
  std::vector<ForestParameters> parameters;  // [candidate of this forest]
  ForestParameters largest;
  std::vector<uint32_t> depths;       // ascending, distinct
  std::vector<uint32_t> tree_counts;  // ascending, distinct
};

void sort_distinct(std::vector<uint32_t>& values) {
  std::ranges::sort(values);
  values.erase(std::unique(values.begin(), values.end()), values.end());
}

// In order of their first candidate.
std::vector<SharedForest> share_forests(const std::vector<Parameters>& candidates, size_t row_count,
                                        size_t column_count) {
  std::vector<SharedForest> forests;
  for (size_t c = 0; c < candidates.size(); ++c) {
    auto forest = std::ranges::find_if(forests, [&](const SharedForest& one) {
      return share_one_forest(candidates[one.candidates.front()], candidates[c]);
    });
    const ForestParameters parameters = read_forest_parameters(candidates[c], row_count, column_count);
    if (forest == forests.end()) {
      forests.push_back({{}, {}, parameters, {}, {}});
      forest = forests.end() - 1;
    }
    forest->candidates.push_back(c);
    forest->parameters.push_back(parameters);
    forest->depths.push_back(parameters.limits.max_depth);
    forest->tree_counts.push_back(parameters.tree_count);
  }
  for (SharedForest& forest : forests) {
    sort_distinct(forest.depths);
    sort_distinct(forest.tree_counts);
    forest.largest.limits.max_depth = forest.depths.back();
    forest.largest.tree_count = forest.tree_counts.back();
  }
  return forests;
}

// Trees that are kept at a time while predicting a fold: their nodes stay below some 128 MB.
uint32_t trees_at_once(size_t row_count, uint32_t max_depth, int thread_count) {
  const size_t deepest = max_depth < 30 ? size_t{2} << max_depth : SIZE_MAX;
  const size_t tree_bytes = std::min(2 * row_count, deepest) * sizeof(TreeNode);
  const size_t trees = (size_t{128} << 20) / std::max<size_t>(tree_bytes, 1);
  return static_cast<uint32_t>(
      std::clamp<size_t>(trees, static_cast<size_t>(std::max(thread_count, 1)), 4096));
}

void predict_fold(const TrainingSet& set, const ForestGround& ground, const Fold& fold,
                  const SharedForest& forest, const FitOptions& options,
                  std::vector<std::vector<double>>& out) {
  TreeSums sums(set.features_f32, set.row_count, set.column_count, fold, forest.depths);
  const uint32_t batch = trees_at_once(ground.row_count(), forest.depths.back(), options.thread_count);
  uint32_t grown = 0;
  for (const uint32_t tree_count : forest.tree_counts) {
    while (grown < tree_count) {
      const uint32_t count = std::min(batch, tree_count - grown);
      sums.add(ground.grow(forest.largest, options.seed, grown, count, options.thread_count),
               options.thread_count);
      grown += count;
    }
    for (size_t i = 0; i < forest.candidates.size(); ++i) {
      if (forest.parameters[i].tree_count != tree_count) continue;
      const auto depth = std::ranges::find(forest.depths, forest.parameters[i].limits.max_depth);
      const auto depth_index = static_cast<size_t>(depth - forest.depths.begin());
      for (size_t k = 0; k < fold.size(); ++k)
        out[forest.candidates[i]][fold[k]] = sums.average(depth_index, k);
    }
  }
}

class RandomForest : public ModelKind {
 public:
  std::string name() const override { return "random_forest"; }

  const std::vector<ParameterSpec>& parameters() const override { return forest_parameter_specs(); }

  std::unique_ptr<Model> fit(const TrainingSet& set, const Parameters& parameters,
                             const FitOptions& options) const override {
    if (set.row_count == 0) throw Error(ErrorCode::kInvalidArgument, "random_forest: no rows to train on");
    const ForestParameters read = read_forest_parameters(parameters, set.row_count, set.column_count);
    std::vector<uint32_t> rows(set.row_count);
    std::iota(rows.begin(), rows.end(), 0U);
    const ForestGround ground(set, rows, options.thread_count);
    return make_forest_model(ground.grow(read, options.seed, 0, read.tree_count, options.thread_count),
                             set.column_count);
  }

  std::vector<std::vector<double>> cross_val_predict(const TrainingSet& set,
                                                     const std::vector<Parameters>& candidates,
                                                     const std::vector<Fold>& folds,
                                                     const FitOptions& options) const override {
    std::vector<std::vector<double>> out(candidates.size(), std::vector<double>(set.row_count));
    for (const Fold& fold : folds) {
      std::vector<uint32_t> all(set.row_count), rows;
      std::iota(all.begin(), all.end(), 0U);
      std::ranges::set_difference(all, fold, std::back_inserter(rows));
      if (rows.empty())
        throw Error(ErrorCode::kInvalidArgument, "random_forest: a fold leaves no rows to train on");
      const ForestGround ground(set, rows, options.thread_count);
      for (const SharedForest& forest : share_forests(candidates, rows.size(), set.column_count)) {
        predict_fold(set, ground, fold, forest, options, out);
      }
    }
    return out;
  }
};

}  // namespace

const ModelKind& random_forest_kind() {
  static const RandomForest kind;
  return kind;
}

}  // namespace tidemill::models
