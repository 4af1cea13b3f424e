#pragma once
// Ordinary least squares for any shape and rank: the solution of smallest norm, with singular values at or
// under `tolerance` times the largest taken as zero.
// Source: scikit-learn 1.9 LinearRegression (centre, then scipy.linalg.lstsq with cond = tol, LAPACK gelsd).

#include <vector>

#include "models/model.h"

namespace tidemill::models {

struct LeastSquaresOptions {
  bool fit_intercept = true;
  double tolerance = 1e-6;  // relative, >= 0
  int thread_count = 1;     // never changes the result
};

struct LeastSquaresFit {
  std::vector<double> coefficients;       // [column_count]
  std::vector<double> column_deviations;  // [column_count] population standard deviations, 0 if constant
  double intercept = 0;
};

// Rows are reduced to a triangle by Householder QR over blocks of a fixed size, so the conditioning is that
// of the matrix itself (a Gram matrix would square it) and memory stays at one block per thread. A constant
// column gets the coefficient 0. Cost: 2 n p^2 + O(p^3).
// Errors: kInvalidArgument for no rows, no columns, or values that are not finite.
LeastSquaresFit fit_least_squares(const TrainingSet& set, const LeastSquaresOptions& options);

}  // namespace tidemill::models
