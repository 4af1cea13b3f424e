#pragma once
// Rows in the order of a feature column.

#include <cstdint>
#include <span>
#include <vector>

namespace tidemill::models {

struct OrderedValue {
  float value;
  uint32_t row;
};

// Fills `out` with (values[rows[i]], i), ascending by value, ties by i; -0 counts as +0. No NaN.
// O(n): radix sort on the bits of the float.
void order_column(const float* values, std::span<const uint32_t> rows, std::vector<OrderedValue>& out);

}  // namespace tidemill::models
