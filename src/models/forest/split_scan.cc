#include "models/forest/split_scan.h"

#include <cstring>

namespace tidemill::models {
namespace {

// Vectors of the compiler: one AVX2 register or two SSE2 ones, with the same results.
using Ints = int32_t __attribute__((vector_size(32)));
using Floats = float __attribute__((vector_size(32)));
using IntsInMemory = int32_t __attribute__((vector_size(32), aligned(4), may_alias));

struct Cells {
  int32_t* sums;
  int32_t* weights;
  int32_t* counts;
  uint32_t slot_count;
};

// Leaves zeros in the cells for the next node.
inline __attribute__((always_inline)) void move_to(int32_t* cells, Ints& running) {
  auto* place = reinterpret_cast<IntsInMemory*>(cells);
  running += *place;
  *place = Ints{};
}

template <bool kCounted>
inline __attribute__((always_inline)) void scan_slots(const Cells& cells, const NodeRows& node,
                                                      uint32_t min_leaf, LaneSplits& out) {
  const auto total = static_cast<float>(node.total_weight);
  const Ints fewest_left = Ints{} + static_cast<int32_t>(min_leaf);
  const Ints most_left = Ints{} + static_cast<int32_t>(node.count - min_leaf);
  Ints sum{};
  Ints weight{};
  Ints count{};
  Floats best = Floats{} - 1.0F;
  Ints best_slot{};
  for (uint32_t slot = 0; slot < cells.slot_count; ++slot) {
    move_to(cells.sums + slot * kLanes, sum);
    move_to(cells.weights + slot * kLanes, weight);
    const Floats left_sum = __builtin_convertvector(sum, Floats);
    const Floats left_weight = __builtin_convertvector(weight, Floats);
    // With all rows on one side this is 0 / 0, and a NaN is never better.
    const Floats gain = left_sum * left_sum / (left_weight * (total - left_weight));
    Ints better = gain > best;
    if constexpr (kCounted) {
      move_to(cells.counts + slot * kLanes, count);
      better &= (count >= fewest_left) & (count <= most_left);
    }
    best = better ? gain : best;
    best_slot = better ? Ints{} + static_cast<int32_t>(slot) : best_slot;
  }
  std::memcpy(out.gain.data(), &best, sizeof(best));
  std::memcpy(out.slot.data(), &best_slot, sizeof(best_slot));
}

__attribute__((target_clones("avx2", "default"))) void scan_plain(const Cells& cells, const NodeRows& node,
                                                                  LaneSplits& out) {
  scan_slots<false>(cells, node, 1, out);
}

__attribute__((target_clones("avx2", "default"))) void scan_counted(const Cells& cells, const NodeRows& node,
                                                                    uint32_t min_leaf, LaneSplits& out) {
  scan_slots<true>(cells, node, min_leaf, out);
}

template <bool kCounted, class CodeOf>
void accumulate(const CodeOf& code_of, const NodeRows& node, const Cells& cells) {
  int32_t* const sums = cells.sums;
  int32_t* const weights = cells.weights;
  for (size_t i = 0; i < node.count; ++i) {
    const size_t row = node.rows[i];
    const int32_t centred = node.centred[i];
    const int32_t weight = node.weights[i];
#pragma GCC unroll 8
    for (size_t lane = 0; lane < kLanes; ++lane) {
      const size_t cell = size_t{code_of(row, lane)} * kLanes + lane;
      sums[cell] += centred;
      weights[cell] += weight;
      if constexpr (kCounted) ++cells.counts[cell];
    }
  }
}

}  // namespace

template <class CodeOf>
void SplitScan::find_with(const CodeOf& code_of, uint32_t slot_count, const NodeRows& node, LaneSplits& out) {
  const size_t needed = size_t{slot_count} * kLanes;
  if (sums_.size() < needed) {
    sums_.resize(needed);
    weights_.resize(needed);
    if (min_leaf_ > 1) counts_.resize(needed);
  }
  const Cells cells{sums_.data(), weights_.data(), counts_.data(), slot_count};
  if (min_leaf_ > 1) {
    accumulate<true>(code_of, node, cells);
    scan_counted(cells, node, min_leaf_, out);
  } else {
    accumulate<false>(code_of, node, cells);
    scan_plain(cells, node, out);
  }
}

template <class Code>
void SplitScan::find(const Code* codes, uint32_t slot_count, const NodeRows& node, LaneSplits& out) {
  find_with([codes](size_t row, size_t lane) { return codes[row * kLanes + lane]; }, slot_count, node, out);
}

template <class Code>
void SplitScan::find(const std::array<const Code*, kLanes>& columns, uint32_t slot_count,
                     const NodeRows& node, LaneSplits& out) {
  find_with([&columns](size_t row, size_t lane) { return columns[lane][row * kLanes]; }, slot_count, node,
            out);
}

template void SplitScan::find(const uint8_t*, uint32_t, const NodeRows&, LaneSplits&);
template void SplitScan::find(const uint16_t*, uint32_t, const NodeRows&, LaneSplits&);
template void SplitScan::find(const std::array<const uint8_t*, kLanes>&, uint32_t, const NodeRows&,
                              LaneSplits&);
template void SplitScan::find(const std::array<const uint16_t*, kLanes>&, uint32_t, const NodeRows&,
                              LaneSplits&);

}  // namespace tidemill::models
