#include "models/forest/column_order.h"

#include <array>
#include <bit>

namespace tidemill::models {
namespace {

constexpr uint32_t kDigitBits = 11;
constexpr uint32_t kDigits = 3;
constexpr uint32_t kBuckets = 1U << kDigitBits;

// Unsigned integers in the order of the floats.
uint32_t key_of(float value) {
  const auto bits = std::bit_cast<uint32_t>(value + 0.0F);  // -0 becomes +0
  return (bits & 0x80000000U) != 0 ? ~bits : bits | 0x80000000U;
}

float value_of(uint32_t key) {
  return std::bit_cast<float>((key & 0x80000000U) != 0 ? key & 0x7fffffffU : ~key);
}

}  // namespace

void order_column(const float* values, std::span<const uint32_t> rows, std::vector<OrderedValue>& out) {
  const size_t count = rows.size();
  std::vector<uint64_t> entries(count);
  std::vector<uint64_t> sorted(count);
  std::array<std::array<uint32_t, kBuckets>, kDigits> positions{};
  for (size_t i = 0; i < count; ++i) {
    const uint32_t key = key_of(values[rows[i]]);
    entries[i] = static_cast<uint64_t>(key) << 32 | i;
    for (uint32_t d = 0; d < kDigits; ++d) ++positions[d][(key >> (d * kDigitBits)) & (kBuckets - 1)];
  }
  for (uint32_t d = 0; d < kDigits; ++d) {
    const uint32_t shift = 32 + d * kDigitBits;
    uint32_t next = 0;
    for (uint32_t& position : positions[d]) {
      const uint32_t in_bucket = position;
      position = next;
      next += in_bucket;
    }
    for (const uint64_t entry : entries) sorted[positions[d][(entry >> shift) & (kBuckets - 1)]++] = entry;
    entries.swap(sorted);
  }
  out.resize(count);
  for (size_t i = 0; i < count; ++i) {
    out[i] = {value_of(static_cast<uint32_t>(entries[i] >> 32)), static_cast<uint32_t>(entries[i])};
  }
}

}  // namespace tidemill::models
