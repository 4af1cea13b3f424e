#pragma once
// Sums whose bits depend on the values alone: chunks of a fixed size are added up in order, then the chunk
// sums in order. The error grows with the chunk size plus the number of chunks, not with the row count.

#include <algorithm>
#include <cstddef>

namespace tidemill::models {

inline constexpr size_t kSumChunk = 4096;

// term(0) + .. + term(count - 1).
template <typename Term>
double chunked_sum(size_t count, const Term& term) {
  double total = 0;
  for (size_t begin = 0; begin < count; begin += kSumChunk) {
    const size_t end = std::min(count, begin + kSumChunk);
    double chunk = 0;
    for (size_t i = begin; i < end; ++i) chunk += term(i);
    total += chunk;
  }
  return total;
}

}  // namespace tidemill::models
