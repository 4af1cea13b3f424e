#pragma once
// The inner loops of growing a tree: eight feature columns at a time, one SIMD lane each.
//
// A node's rows are added up per code ("slot") of each column; one pass over the slots then gives every
// column's best split. Sums are integers, so they do not depend on order or on the width of the
// processor's vectors, and two columns that separate the same rows have exactly equal gains.

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace tidemill::models {

constexpr size_t kLanes = 8;

// What the pass needs to know of a node: for its i-th row the index among the coded rows, the target less the
// node's mean times the row's weight as an integer (sum over the node 0, sum of magnitudes < 2^31), the
// weight.
struct NodeRows {
  const uint32_t* rows;
  const int32_t* centred;
  const int32_t* weights;
  size_t count;
  uint32_t total_weight;
};

// Per lane: slots 0 .. slot go left. gain = left_sum^2 / (left_weight * right_weight), < 0 where no split
// exists.
struct LaneSplits {
  alignas(32) std::array<float, kLanes> gain;
  alignas(32) std::array<int32_t, kLanes> slot;
};

class SplitScan {
 public:
  // At least `min_leaf` rows remain on both sides.
  explicit SplitScan(uint32_t min_leaf) : min_leaf_(min_leaf) {}

  // Eight neighbouring columns: the code of a row in a lane is codes[row * kLanes + lane] < slot_count.
  template <class Code>
  void find(const Code* codes, uint32_t slot_count, const NodeRows& node, LaneSplits& out);

  // Any eight columns: the code of a row in a lane is columns[lane][row * kLanes] < slot_count.
  template <class Code>
  void find(const std::array<const Code*, kLanes>& columns, uint32_t slot_count, const NodeRows& node,
            LaneSplits& out);

 private:
  template <class CodeOf>
  void find_with(const CodeOf& code_of, uint32_t slot_count, const NodeRows& node, LaneSplits& out);

  uint32_t min_leaf_;
  // [slot][lane], all zero between calls.
  std::vector<int32_t> sums_;
  std::vector<int32_t> weights_;
  std::vector<int32_t> counts_;  // rows; only when min_leaf > 1
};

}  // namespace tidemill::models
