#include "models/forest/split_scan.h"

#include <algorithm>
#include <cstring>

namespace tidemill::models {
namespace {

// Vectors of the compiler: one AVX2 register or two SSE2 ones, with the same results.
using Ints = int32_t __attribute__((vector_size(32)));
using Floats = float __attribute__((vector_size(32)));
using Longs = int64_t __attribute__((vector_size(32)));
using LongsInMemory = int64_t __attribute__((vector_size(32), aligned(8), may_alias));
using IntsInMemory = int32_t __attribute__((vector_size(32), aligned(4), may_alias));

struct Cells {
  int64_t* sums;
  int32_t* counts;
  uint32_t code_count;
};

// The cell of lane i is at kPlace[i] of its code's eight: there the shuffles below, which do not cross the
// halves of a register, find it.
constexpr std::array<size_t, kLanes> kPlace = {0, 1, 4, 5, 2, 3, 6, 7};

// Adds the cells to the running sums and leaves zeros for the next node.
inline __attribute__((always_inline)) void move_to(int64_t* cells, Longs& running) {
  auto* place = reinterpret_cast<LongsInMemory*>(cells);
  running += *place;
  *place = Longs{};
}
inline __attribute__((always_inline)) void move_to(int32_t* cells, Ints& running) {
  auto* place = reinterpret_cast<IntsInMemory*>(cells);
  running += *place;
  *place = Ints{};
}

struct Best {
  Floats gain = Floats{} - 1.0F;
  Ints code{};
};

// The centred sums of both sides are equal but for the sign, so the decrease of squared error is
// left_sum^2 / left_weight + left_sum^2 / right_weight: a constant times the gain. With all rows on one side
// it is 0 / 0, and a NaN is never better.
inline __attribute__((always_inline)) void keep_better(const Ints& left_sum, const Ints& left_weight,
                                                       float total, const Ints& code, const Ints& allowed,
                                                       Best& best) {
  const Floats sum = __builtin_convertvector(left_sum, Floats);
  const Floats weight = __builtin_convertvector(left_weight, Floats);
  const Floats gain = sum * sum / (weight * (total - weight));
  const Ints better = (gain > best.gain) & allowed;
  best.gain = better ? gain : best.gain;
  best.code = better ? code : best.code;
}

inline void store(const Best& best, LaneSplits& out) {
  std::memcpy(out.gain.data(), &best.gain, sizeof(best.gain));
  std::memcpy(out.code.data(), &best.code, sizeof(best.code));
}

template <bool kCounted>
inline __attribute__((always_inline)) void scan_codes(const Cells& cells, const NodeRows& node,
                                                      uint32_t min_leaf, LaneSplits& out) {
  const auto total = static_cast<float>(node.total_weight);
  const Ints fewest_left = Ints{} + static_cast<int32_t>(min_leaf);
  const Ints most_left = Ints{} + static_cast<int32_t>(node.count - min_leaf);
  Longs first_half{};
  Longs second_half{};
  Ints count{};
  Ints code{};
  Best best;
  for (uint32_t i = 0; i < cells.code_count; ++i, code += 1) {
    move_to(cells.sums + i * kLanes, first_half);
    move_to(cells.sums + i * kLanes + kLanes / 2, second_half);
    const auto first = reinterpret_cast<Ints>(first_half);
    const auto second = reinterpret_cast<Ints>(second_half);
    const Ints sum = __builtin_shufflevector(first, second, 0, 2, 8, 10, 4, 6, 12, 14);
    // A negative sum has borrowed one from the weight.
    const Ints weight = __builtin_shufflevector(first, second, 1, 3, 9, 11, 5, 7, 13, 15) - (sum >> 31);
    Ints allowed = Ints{} - 1;
    if constexpr (kCounted) {
      move_to(cells.counts + i * kLanes, count);
      allowed = (count >= fewest_left) & (count <= most_left);
    }
    keep_better(sum, weight, total, code, allowed, best);
  }
  store(best, out);
}

__attribute__((target_clones("avx2", "default"))) void scan_plain(const Cells& cells, const NodeRows& node,
                                                                  LaneSplits& out) {
  scan_codes<false>(cells, node, 1, out);
}

__attribute__((target_clones("avx2", "default"))) void scan_counted(const Cells& cells, const NodeRows& node,
                                                                    uint32_t min_leaf, LaneSplits& out) {
  scan_codes<true>(cells, node, min_leaf, out);
}

// Where the codes of a row stand: in eight neighbouring lanes, or in any eight.
template <class Code>
struct Neighbours {
  const Code* codes;
  uint32_t code(size_t row, size_t lane) const { return codes[row * kLanes + lane]; }
  void prefetch(size_t row) const { __builtin_prefetch(codes + row * kLanes); }
};
template <class Code>
struct Chosen {
  const std::array<const Code*, kLanes>& columns;
  uint32_t code(size_t row, size_t lane) const { return columns[lane][row * kLanes]; }
  void prefetch(size_t) const {}
};

// The rows of a large node lie apart in memory: asking for them ahead saves 12 % at 100,000 rows.
constexpr size_t kRowsAhead = 16;

template <bool kCounted, class Codes>
void accumulate(const Codes& codes, const NodeRows& node, const Cells& cells) {
  int64_t* const sums = cells.sums;
  for (size_t i = 0; i < node.count; ++i) {
    codes.prefetch(node.rows[std::min(i + kRowsAhead, node.count - 1)].row);
    const size_t row = node.rows[i].row;
    const int64_t packed = int64_t{node.rows[i].weight} * (int64_t{1} << 32) + node.centred[i];
#pragma GCC unroll 8
    for (size_t lane = 0; lane < kLanes; ++lane) {
      const size_t place = size_t{codes.code(row, lane)} * kLanes;
      sums[place + kPlace[lane]] += packed;
      if constexpr (kCounted) ++cells.counts[place + lane];
    }
  }
}

using Bytes = uint8_t __attribute__((vector_size(16)));
using Shorts = uint16_t __attribute__((vector_size(16)));
using TwoLongs = uint64_t __attribute__((vector_size(16)));

// The codes of one row, widened. (__builtin_convertvector of eight bytes would go through scalars.)
inline __attribute__((always_inline)) void load_row(const uint16_t* codes, Ints& out) {
  Shorts row;
  std::memcpy(&row, codes, sizeof(row));
  out = __builtin_convertvector(row, Ints);
}
inline __attribute__((always_inline)) void load_row(const uint8_t* codes, Ints& out) {
  uint64_t bits;
  std::memcpy(&bits, codes, sizeof(bits));
  const TwoLongs two = {bits, 0};
  const auto row = reinterpret_cast<Bytes>(two);
  const Bytes wide =
      __builtin_shufflevector(row, Bytes{}, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  out = __builtin_convertvector(reinterpret_cast<Shorts>(wide), Ints);
}

// A column of kCodes codes has kCodes - 1 possible splits; every row is compared with each.
template <int kCodes, class Code>
inline __attribute__((always_inline)) void scan_few(const Code* codes, const NodeRows& node,
                                                    LaneSplits& out) {
  std::array<Ints, kCodes - 1> sums{};
  std::array<Ints, kCodes - 1> weights{};
  for (size_t i = 0; i < node.count; ++i) {
    Ints row;
    load_row(codes + size_t{node.rows[i].row} * kLanes, row);
#pragma GCC unroll 8
    for (int32_t code = 0; code < kCodes - 1; ++code) {
      const Ints is_left = row <= code;
      sums[code] += is_left & node.centred[i];
      weights[code] += is_left & node.rows[i].weight;
    }
  }
  const auto total = static_cast<float>(node.total_weight);
  Best best;
  for (int32_t code = 0; code < kCodes - 1; ++code) {
    keep_better(sums[code], weights[code], total, Ints{} + code, Ints{} - 1, best);
  }
  store(best, out);
}

template <class Code>
inline __attribute__((always_inline)) void scan_up_to_four(const Code* codes, uint32_t code_count,
                                                           const NodeRows& node, LaneSplits& out) {
  if (code_count <= 2) {
    scan_few<2>(codes, node, out);
  } else if (code_count == 3) {
    scan_few<3>(codes, node, out);
  } else {
    scan_few<4>(codes, node, out);
  }
}

__attribute__((target_clones("avx2", "default"))) void scan_few_of_bytes(const uint8_t* codes,
                                                                         uint32_t code_count,
                                                                         const NodeRows& node,
                                                                         LaneSplits& out) {
  scan_up_to_four(codes, code_count, node, out);
}

__attribute__((target_clones("avx2", "default"))) void scan_few_of_shorts(const uint16_t* codes,
                                                                          uint32_t code_count,
                                                                          const NodeRows& node,
                                                                          LaneSplits& out) {
  scan_up_to_four(codes, code_count, node, out);
}

template <class Code>
inline __attribute__((always_inline)) void scan_pairs(const Code* codes, const NodeRows& node,
                                                      LaneSplits& out) {
  std::array<Ints, FewRowsScan::kMaxRows> row_codes;
  std::array<int32_t, FewRowsScan::kMaxRows> packed;  // centred * 2^8 + weight
  for (size_t i = 0; i < node.count; ++i) {
    load_row(codes + size_t{node.rows[i].row} * kLanes, row_codes[i]);
    packed[i] = node.centred[i] * 256 + node.rows[i].weight;
  }
  const auto total = static_cast<float>(node.total_weight);
  Best best;
  for (size_t i = 0; i < node.count; ++i) {
    Ints left{};
    for (size_t k = 0; k < node.count; ++k) left += (row_codes[k] <= row_codes[i]) & packed[k];
    keep_better(left >> 8, left & 255, total, row_codes[i], Ints{} - 1, best);
  }
  store(best, out);
}

__attribute__((target_clones("avx2", "default"))) void scan_pairs_of_bytes(const uint8_t* codes,
                                                                           const NodeRows& node,
                                                                           LaneSplits& out) {
  scan_pairs(codes, node, out);
}

__attribute__((target_clones("avx2", "default"))) void scan_pairs_of_shorts(const uint16_t* codes,
                                                                            const NodeRows& node,
                                                                            LaneSplits& out) {
  scan_pairs(codes, node, out);
}

}  // namespace

template <class Codes>
void SplitScan::find_with(const Codes& codes, uint32_t code_count, const NodeRows& node, LaneSplits& out) {
  const size_t needed = size_t{code_count} * kLanes;
  if (sums_.size() < needed) {
    sums_.resize(needed);
    if (min_leaf_ > 1) counts_.resize(needed);
  }
  const Cells cells{sums_.data(), counts_.data(), code_count};
  if (min_leaf_ > 1) {
    accumulate<true>(codes, node, cells);
    scan_counted(cells, node, min_leaf_, out);
  } else {
    accumulate<false>(codes, node, cells);
    scan_plain(cells, node, out);
  }
}

template <class Code>
void SplitScan::find(const Code* codes, uint32_t code_count, const NodeRows& node, LaneSplits& out) {
  find_with(Neighbours<Code>{codes}, code_count, node, out);
}

template <class Code>
void SplitScan::find(const std::array<const Code*, kLanes>& columns, uint32_t code_count,
                     const NodeRows& node, LaneSplits& out) {
  find_with(Chosen<Code>{columns}, code_count, node, out);
}

void FewCodesScan::find(const uint8_t* codes, uint32_t code_count, const NodeRows& node, LaneSplits& out) {
  scan_few_of_bytes(codes, code_count, node, out);
}

void FewCodesScan::find(const uint16_t* codes, uint32_t code_count, const NodeRows& node, LaneSplits& out) {
  scan_few_of_shorts(codes, code_count, node, out);
}

void FewRowsScan::find(const uint8_t* codes, const NodeRows& node, LaneSplits& out) {
  scan_pairs_of_bytes(codes, node, out);
}

void FewRowsScan::find(const uint16_t* codes, const NodeRows& node, LaneSplits& out) {
  scan_pairs_of_shorts(codes, node, out);
}

template void SplitScan::find(const uint8_t*, uint32_t, const NodeRows&, LaneSplits&);
template void SplitScan::find(const uint16_t*, uint32_t, const NodeRows&, LaneSplits&);
template void SplitScan::find(const std::array<const uint8_t*, kLanes>&, uint32_t, const NodeRows&,
                              LaneSplits&);
template void SplitScan::find(const std::array<const uint16_t*, kLanes>&, uint32_t, const NodeRows&,
                              LaneSplits&);

}  // namespace tidemill::models
