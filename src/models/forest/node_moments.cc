#include "models/forest/node_moments.h"

#include <array>
#include <bit>
#include <cmath>
#include <limits>

namespace tidemill::models {
namespace {

// Below this variance a node counts as pure. Source: scikit-learn _tree.pyx, EPSILON.
constexpr double kPureVariance = std::numeric_limits<double>::epsilon();

constexpr size_t kStrides = 4;
using Sums = std::array<double, kStrides>;

double total(const Sums& sums) {
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

// Calls body(i, i % kStrides) for each row, four at a time.
template <class Body>
inline __attribute__((always_inline)) void for_rows(size_t count, const Body& body) {
  size_t i = 0;
  for (; i + kStrides <= count; i += kStrides) {
#pragma GCC unroll 4
    for (size_t k = 0; k < kStrides; ++k) body(i + k, k);
  }
  for (size_t k = 0; i < count; ++i, ++k) body(i, k);
}

// Nearest integer of |value| < 2^31, ties to even: adding 1.5 * 2^52 leaves it in the low bits of the double.
int32_t round_to_int(double value) {
  return static_cast<int32_t>(std::bit_cast<uint64_t>(value + 0x1.8p52));
}

}  // namespace

void find_node_moments(const NodeRow* rows, size_t count, int32_t max_centred, NodeMoments& out,
                       int32_t* centred, double* scratch) {
  out.unit = 0;
  if (count == 1) {
    out.mean = rows[0].target;
    out.weight = static_cast<uint32_t>(rows[0].weight);
    return;
  }
  Sums sums{};
  uint32_t weight = 0;
  for_rows(count, [&](size_t i, size_t k) {
    sums[k] += rows[i].weight * rows[i].target;
    weight += static_cast<uint32_t>(rows[i].weight);
  });
  const double mean = total(sums) / weight;
  out.mean = mean;
  out.weight = weight;
  Sums errors{};
  Sums magnitudes{};
  for_rows(count, [&](size_t i, size_t k) {
    const double difference = rows[i].target - mean;
    scratch[i] = rows[i].weight * difference;
    errors[k] += scratch[i] * difference;
    magnitudes[k] += std::abs(scratch[i]);
  });
  if (total(errors) <= kPureVariance * weight) return;
  const double scale = max_centred / total(magnitudes);
  int32_t rest = 0;
  for_rows(count, [&](size_t i, size_t) {
    centred[i] = round_to_int(scratch[i] * scale);
    rest += centred[i];
  });
  const int32_t step = rest > 0 ? 1 : -1;
  for (size_t i = 0; rest != 0; ++i, rest -= step) centred[i] -= step;
  out.unit = total(magnitudes) / max_centred;
}

}  // namespace tidemill::models
