#pragma once
// The search for a node's best splits: eight feature columns at a time, one SIMD lane each.
//
// Sums are integers, so they do not depend on order or on the width of the processor's vectors, and two
// columns that separate the same rows have exactly equal gains.

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace tidemill::models {

constexpr size_t kLanes = 8;

// A row of a node: its index among the coded rows, and how often it counts.
struct NodeRow {
  double target;
  uint32_t row;
  int32_t weight;
};

// What the search needs to know of a node. `centred` is, for each row, the target less the node's mean times
// the row's weight as an integer; the sum over the node is 0.
struct NodeRows {
  const NodeRow* rows;
  const int32_t* centred;
  size_t count;
  uint32_t total_weight;
};

// Per lane: codes <= code go left. gain = left_sum^2 / (left_weight * right_weight), < 0 where no split
// exists.
struct LaneSplits {
  alignas(32) std::array<float, kLanes> gain;
  alignas(32) std::array<int32_t, kLanes> code;
};

// The general way: adds the rows up per code of each column, then passes over the codes once.
class SplitScan {
 public:
  static constexpr int32_t kMaxCentred = 1 << 30;  // sum of the magnitudes of NodeRows::centred

  // At least `min_leaf` rows remain on both sides.
  explicit SplitScan(uint32_t min_leaf) : min_leaf_(min_leaf) {}

  // Eight neighbouring columns: the code of a row in a lane is codes[row * kLanes + lane] < code_count.
  template <class Code>
  void find(const Code* codes, uint32_t code_count, const NodeRows& node, LaneSplits& out);

  // Any eight columns: the code of a row in a lane is columns[lane][row * kLanes] < code_count.
  template <class Code>
  void find(const std::array<const Code*, kLanes>& columns, uint32_t code_count, const NodeRows& node,
            LaneSplits& out);

 private:
  template <class Codes>
  void find_with(const Codes& codes, uint32_t code_count, const NodeRows& node, LaneSplits& out);

  uint32_t min_leaf_;
  // [code][lane], all zero between calls.
  std::vector<int64_t> sums_;    // weight * 2^32 + centred
  std::vector<int32_t> counts_;  // rows; only when min_leaf > 1
};

// For neighbouring columns of few codes, any rows may remain on a side: compares every row with each code.
struct FewCodesScan {
  static constexpr uint32_t kMaxCodes = 4;

  static void find(const uint8_t* codes, uint32_t code_count, const NodeRows& node, LaneSplits& out);
  static void find(const uint16_t* codes, uint32_t code_count, const NodeRows& node, LaneSplits& out);
};

// For few rows and neighbouring columns, any rows may remain on a side: compares every row with every other,
// whatever the number of codes.
struct FewRowsScan {
  static constexpr size_t kMaxRows = 16;
  static constexpr uint32_t kMaxWeight = 255;
  static constexpr int32_t kMaxCentred = 1 << 22;  // sum of the magnitudes of NodeRows::centred

  static void find(const uint8_t* codes, const NodeRows& node, LaneSplits& out);
  static void find(const uint16_t* codes, const NodeRows& node, LaneSplits& out);
};

}  // namespace tidemill::models
