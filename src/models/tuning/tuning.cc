#include "models/tuning/tuning.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "base/error.h"
#include "base/random.h"

namespace tidemill::models {
namespace {

size_t combination_count(const ParameterGrid& grid) {
  size_t count = 1;
  for (const auto& [name, values] : grid) {
    if (values.empty()) {
      throw Error(ErrorCode::kInvalidArgument, fmt::format("the grid of '{}' has no values to try", name));
    }
    count *= values.size();
  }
  return count;
}

void sort_by_name(ParameterGrid& grid) {
  std::sort(grid.begin(), grid.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
}

// Combination `index` in ParameterGrid's order.
Parameters combination(const ParameterGrid& grid, size_t index) {
  Parameters parameters;
  for (auto entry = grid.rbegin(); entry != grid.rend(); ++entry) {
    parameters[entry->first] = entry->second[index % entry->second.size()];
    index /= entry->second.size();
  }
  return parameters;
}

double fold_rmse(const std::vector<double>& predictions, const double* target, const Fold& fold) {
  double sum = 0;
  for (const uint32_t row : fold) {
    const double residual = target[row] - predictions[row];
    sum += residual * residual;
  }
  return std::sqrt(sum / static_cast<double>(fold.size()));
}

void rank(TuningResult& result) {
  for (CandidateScore& one : result.candidates) {
    one.rank = 1 + static_cast<int>(
                       std::count_if(result.candidates.begin(), result.candidates.end(),
                                     [&](const auto& other) { return other.mean_score < one.mean_score; }));
  }
  for (size_t i = 0; i < result.candidates.size(); ++i) {
    if (result.candidates[i].rank == 1) {
      result.best_index = i;
      break;
    }
  }
}

}  // namespace

std::vector<Parameters> expand_grid(ParameterGrid grid) {
  const size_t count = combination_count(grid);
  sort_by_name(grid);
  std::vector<Parameters> combinations;
  for (size_t i = 0; i < count; ++i) combinations.push_back(combination(grid, i));
  return combinations;
}

std::vector<Parameters> sample_grid(ParameterGrid grid, size_t count, uint64_t seed) {
  const size_t all = combination_count(grid);
  sort_by_name(grid);
  std::vector<size_t> indexes(all);
  std::iota(indexes.begin(), indexes.end(), size_t{0});
  RandomSequence random(seed);
  std::vector<Parameters> sampled;
  for (size_t i = 0; i < std::min(count, all); ++i) {
    std::swap(indexes[i], indexes[i + random.next_below(static_cast<uint32_t>(all - i))]);
    sampled.push_back(combination(grid, indexes[i]));
  }
  return sampled;
}

std::vector<Fold> k_folds(size_t row_count, size_t fold_count) {
  if (fold_count < 2 || fold_count > row_count) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("cannot make {} folds of {} rows: choose 2 folds or more, and no more than rows",
                            fold_count, row_count));
  }
  std::vector<Fold> folds(fold_count);
  uint32_t row = 0;
  for (size_t f = 0; f < fold_count; ++f) {
    const size_t size = row_count / fold_count + (f < row_count % fold_count ? 1 : 0);
    for (size_t i = 0; i < size; ++i) folds[f].push_back(row++);
  }
  return folds;
}

TuningResult tune(const ModelKind& kind, const TrainingSet& set, const std::vector<Parameters>& candidates,
                  const std::vector<Fold>& folds, const FitOptions& options) {
  const std::vector<std::vector<double>> predictions =
      kind.cross_val_predict(set, candidates, folds, options);
  TuningResult result;
  for (size_t c = 0; c < candidates.size(); ++c) {
    CandidateScore score;
    score.parameters = candidates[c];
    for (const Fold& fold : folds) score.fold_scores.push_back(fold_rmse(predictions[c], set.target, fold));
    const double count = static_cast<double>(folds.size());
    score.mean_score = std::accumulate(score.fold_scores.begin(), score.fold_scores.end(), 0.0) / count;
    double variance = 0;
    for (const double one : score.fold_scores)
      variance += (one - score.mean_score) * (one - score.mean_score);
    score.std_score = std::sqrt(variance / count);
    result.candidates.push_back(std::move(score));
  }
  rank(result);
  return result;
}

}  // namespace tidemill::models
