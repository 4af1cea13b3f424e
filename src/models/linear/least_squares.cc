#include "models/linear/least_squares.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include <Eigen/Dense>
#include <fmt/format.h>

#include "base/error.h"
#include "base/parallel.h"
#include "models/chunked_sum.h"

namespace tidemill::models {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

// Writes rows [begin, end) of a tall matrix into a block of that many rows.
using FillRows = std::function<void(size_t begin, size_t end, MatrixXd& block)>;

// The R of a QR factorisation, at most as many rows as columns.
MatrixXd triangular_factor(MatrixXd& block) {
  const Index rank_bound = std::min(block.rows(), block.cols());
  const Eigen::HouseholderQR<Eigen::Ref<MatrixXd>> factorisation(block);
  return block.topRows(rank_bound).triangularView<Eigen::Upper>();
}

// The R of one block after another, stacked. Blocks depend on the shape only.
MatrixXd reduce_once(size_t row_count, Index columns, size_t block_rows, const FillRows& fill, int threads) {
  const size_t block_count = (row_count + block_rows - 1) / block_rows;
  std::vector<MatrixXd> factors(block_count);
  parallel_for(block_count, threads, [&](size_t b) {
    const size_t begin = b * block_rows;
    const size_t end = std::min(row_count, begin + block_rows);
    MatrixXd block(static_cast<Index>(end - begin), columns);
    fill(begin, end, block);
    factors[b] = triangular_factor(block);
  });
  Index stacked_rows = 0;
  for (const MatrixXd& factor : factors) stacked_rows += factor.rows();
  MatrixXd stacked(stacked_rows, columns);
  Index at = 0;
  for (const MatrixXd& factor : factors) {
    stacked.middleRows(at, factor.rows()) = factor;
    at += factor.rows();
  }
  return stacked;
}

MatrixXd reduce_rows(size_t row_count, Index columns, const FillRows& fill, int threads) {
  const size_t block_rows = std::max<size_t>(1024, 4 * static_cast<size_t>(columns));
  MatrixXd reduced = reduce_once(row_count, columns, block_rows, fill, threads);
  for (size_t rows = row_count; rows > block_rows;) {
    rows = static_cast<size_t>(reduced.rows());
    const MatrixXd source = std::move(reduced);
    const auto copy = [&](size_t begin, size_t end, MatrixXd& block) {
      block = source.middleRows(static_cast<Index>(begin), static_cast<Index>(end - begin));
    };
    reduced = reduce_once(rows, columns, block_rows, copy, threads);
  }
  return reduced;
}

VectorXd minimum_norm_solution(const MatrixXd& triangle, double tolerance) {
  const Index columns = triangle.cols() - 1;
  const Index rows = std::min(triangle.rows(), columns);  // below stands only what no solution can reach
  const Eigen::BDCSVD<MatrixXd> svd(triangle.topLeftCorner(rows, columns),
                                    Eigen::ComputeThinU | Eigen::ComputeThinV);
  if (svd.info() != Eigen::Success) {
    throw Error(ErrorCode::kInternal, "linear_regression: the singular value decomposition did not converge");
  }
  const VectorXd& singular = svd.singularValues();
  VectorXd projected = svd.matrixU().transpose() * triangle.col(columns).head(rows);
  for (Index i = 0; i < singular.size(); ++i) {
    projected[i] = singular[i] > tolerance * singular[0] ? projected[i] / singular[i] : 0.0;
  }
  return svd.matrixV() * projected;
}

struct ColumnSummary {
  double mean = 0;
  double deviation = 0;
  bool is_constant = true;
};

ColumnSummary summarise(const double* values, size_t count) {
  ColumnSummary out;
  out.mean = chunked_sum(count, [&](size_t i) { return values[i]; }) / static_cast<double>(count);
  for (size_t i = 0; i < count && out.is_constant; ++i) out.is_constant = values[i] == values[0];
  if (out.is_constant) {
    out.mean = values[0];  // sum / count rounds; what is left would pass for a tiny column
    return out;
  }
  const double squares = chunked_sum(count, [&](size_t i) {
    const double d = values[i] - out.mean;
    return d * d;
  });
  out.deviation = std::sqrt(squares / static_cast<double>(count));
  return out;
}

}  // namespace

LeastSquaresFit fit_least_squares(const TrainingSet& set, const LeastSquaresOptions& options) {
  if (set.row_count == 0 || set.column_count == 0) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("linear_regression: nothing to fit in {} rows and {} feature columns",
                            set.row_count, set.column_count));
  }
  const size_t target = set.column_count;  // the target rides along as the last column
  const auto column = [&](size_t c) { return c == target ? set.target : set.features + c * set.row_count; };
  std::vector<ColumnSummary> summaries(set.column_count + 1);
  parallel_for(summaries.size(), options.thread_count,
               [&](size_t c) { summaries[c] = summarise(column(c), set.row_count); });
  for (size_t c = 0; c < summaries.size(); ++c) {
    if (std::isfinite(summaries[c].mean) && std::isfinite(summaries[c].deviation)) continue;
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("linear_regression: {} holds a value that is not finite, or too large to square",
                            c == target ? "the target" : fmt::format("feature column {}", c)));
  }

  const auto fill = [&](size_t begin, size_t end, MatrixXd& block) {
    for (size_t c = 0; c < summaries.size(); ++c) {
      const double offset = options.fit_intercept ? summaries[c].mean : 0.0;
      const double* from = column(c);
      for (size_t r = begin; r < end; ++r) {
        block(static_cast<Index>(r - begin), static_cast<Index>(c)) = from[r] - offset;
      }
    }
  };
  const MatrixXd triangle =
      reduce_rows(set.row_count, static_cast<Index>(set.column_count + 1), fill, options.thread_count);
  const VectorXd solution = minimum_norm_solution(triangle, options.tolerance);

  LeastSquaresFit fit;
  fit.coefficients.assign(solution.begin(), solution.end());
  for (size_t c = 0; c < set.column_count; ++c) fit.column_deviations.push_back(summaries[c].deviation);
  if (options.fit_intercept) {
    fit.intercept = summaries[target].mean - chunked_sum(set.column_count, [&](size_t c) {
                      return summaries[c].mean * fit.coefficients[c];
                    });
  }
  return fit;
}

}  // namespace tidemill::models
