#include "models/linear/row_products.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/parallel.h"

namespace tidemill::models {
namespace {

constexpr size_t kRowBlock = 512;
constexpr size_t kColumnBlock = 512;  // MLAS's K stride for a single output column

using RowSums = std::array<double, kRowBlock>;

void add_products(const double* values, double coefficient, size_t count, RowSums& sums) {
  for (size_t r = 0; r < count; ++r) sums[r] += values[r] * coefficient;
}

#if defined(__x86_64__)
__attribute__((target("fma,avx2"))) void add_products_fused(const double* values, double coefficient,
                                                            size_t count, RowSums& sums) {
  for (size_t r = 0; r < count; ++r) sums[r] = __builtin_fma(values[r], coefficient, sums[r]);
}

// MLAS picks its kernel by the same two features.
bool has_fused_multiply_add() {
  return __builtin_cpu_supports("fma") && __builtin_cpu_supports("avx2");
}
#else
void add_products_fused(const double* values, double coefficient, size_t count, RowSums& sums) {
  for (size_t r = 0; r < count; ++r) sums[r] = std::fma(values[r], coefficient, sums[r]);
}

bool has_fused_multiply_add() {
  return true;
}
#endif

}  // namespace

std::vector<double> row_products(const TrainingSet& rows, const std::vector<double>& coefficients,
                                 double intercept, int thread_count) {
  const auto add = has_fused_multiply_add() ? add_products_fused : add_products;
  std::vector<double> out(rows.row_count);
  const size_t block_count = (rows.row_count + kRowBlock - 1) / kRowBlock;
  parallel_for(block_count, thread_count, [&](size_t b) {
    const size_t begin = b * kRowBlock;
    const size_t count = std::min(kRowBlock, rows.row_count - begin);
    RowSums totals;
    totals.fill(intercept);
    for (size_t first = 0; first < coefficients.size(); first += kColumnBlock) {
      const size_t last = std::min(coefficients.size(), first + kColumnBlock);
      RowSums sums{};
      for (size_t c = first; c < last; ++c) {
        add(rows.features + c * rows.row_count + begin, coefficients[c], count, sums);
      }
      for (size_t r = 0; r < count; ++r) totals[r] += sums[r];
    }
    std::copy_n(totals.begin(), count, out.begin() + static_cast<std::ptrdiff_t>(begin));
  });
  return out;
}

}  // namespace tidemill::models
