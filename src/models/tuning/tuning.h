#pragma once
// Search over hyperparameters with k-fold cross-validation.
// Source: scikit-learn GridSearchCV, RandomizedSearchCV, ParameterGrid, KFold(shuffle=False).

#include <string>
#include <utility>
#include <vector>

#include "models/model.h"

namespace tidemill::models {

// Parameter name to the values to try.
using ParameterGrid = std::vector<std::pair<std::string, std::vector<ParameterValue>>>;

// Every combination, in ParameterGrid's order: names sorted, the last name varies fastest.
// Errors: kInvalidArgument for a name without values.
std::vector<Parameters> expand_grid(ParameterGrid grid);

// `count` different combinations of the grid, all of them when there are no more; the same for the same seed.
std::vector<Parameters> sample_grid(ParameterGrid grid, size_t count, uint64_t seed);

// Contiguous folds of rows 0..row_count-1; the first row_count % fold_count are one row longer.
// Errors: kInvalidArgument unless 2 <= fold_count <= row_count.
std::vector<Fold> k_folds(size_t row_count, size_t fold_count);

// RMSE of one candidate on each fold.
struct CandidateScore {
  Parameters parameters;
  std::vector<double> fold_scores;
  double mean_score = 0;
  double std_score = 0;  // population standard deviation, as cv_results_
  int rank = 0;          // 1 is best (lowest mean); equal means share the better rank
};

struct TuningResult {
  std::vector<CandidateScore> candidates;
  size_t best_index = 0;  // the first of the best

  const CandidateScore& best() const { return candidates[best_index]; }
};

// Scores every candidate (complete parameters of `kind`) by cross-validation. Same result at any thread
// count.
TuningResult tune(const ModelKind& kind, const TrainingSet& set, const std::vector<Parameters>& candidates,
                  const std::vector<Fold>& folds, const FitOptions& options);

}  // namespace tidemill::models
