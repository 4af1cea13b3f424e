#pragma once
// Grows one tree from coded rows: scikit-learn's DecisionTreeRegressor(criterion="squared_error").
//
// At a node the rows are added up per code of every column (split_scan.h). As nodes get smaller their rows
// are copied together and their codes replaced by ranks among themselves, so that a node never looks through
// many more codes than it has rows; ranks keep the order, so the splits stay the same.
//
// Every number depends only on a node's rows and its path from the root, never on what was grown before:
// a tree cut at a depth equals the tree grown to that depth, bit for bit.

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "models/forest/coded_matrix.h"
#include "models/forest/split_scan.h"
#include "models/forest/tree.h"

namespace tidemill::models {

// Scratch memory of one thread; grows trees one after the other. Code is uint8_t or uint16_t.
template <class Code>
class TreeGrower {
 public:
  // [row_count] each; row i is in the tree weights[i] times.
  TreeGrower(const CodedMatrix<Code>& matrix, std::span<const double> targets, const GrowthLimits& limits);

  // Whatever is drawn in the tree comes from `seed`. Sum of weights > 0 and < 2^31.
  Tree grow(std::span<const uint32_t> weights, uint64_t seed);

 private:
  // Rows that are grown together, known by their index in these arrays.
  template <class RowCode>
  struct Level {
    const RowCode* codes = nullptr;  // [block][code_stride][lane]
    size_t code_stride = 0;
    std::vector<uint32_t> slot_counts;     // [block]
    std::vector<uint32_t> column_of_lane;  // [lane_count]
    std::vector<uint32_t>
        lane_of_column;          // [column], kNoLane where constant; filled only when columns are drawn
    std::vector<uint32_t> rows;  // a node is a range of these indexes, ascending
    std::vector<uint32_t> matrix_rows;  // [row]
    std::vector<double> targets;        // [row]
    std::vector<int32_t> weights;       // [row]

    const RowCode* block(size_t index) const { return codes + index * code_stride * kLanes; }
    const RowCode* lane(size_t index) const { return block(index / kLanes) + index % kLanes; }
  };
  struct LocalLevel : Level<uint8_t> {
    std::vector<uint8_t> local_codes;
  };
  // A node whose rows are known and that is not yet in the tree.
  struct Node {
    uint32_t begin;
    uint32_t count;
    uint32_t depth;
    uint32_t right_child_of;  // the node of the tree to tell where this one stands; kNoParent
    uint64_t key;             // the path from the root as a random number: what is drawn here comes from it
  };
  struct Candidate {
    float gain = -1;
    uint32_t lane = 0;
    int32_t slot = 0;
    uint64_t priority = 0;  // among equal gains; 0: not needed yet
  };
  struct Split {
    uint32_t column;
    float threshold;
    uint32_t left_count;
    double decrease;  // of weighted squared error
  };
  static constexpr uint32_t kNoParent = UINT32_MAX;
  static constexpr uint32_t kNoLane = UINT32_MAX;
  // Most rows of the levels below the first. Rows of a level are scanned with at most as many slots.
  static constexpr std::array<size_t, 3> kLevelRows = {255, 64, 16};

  bool draws_columns() const { return limits_.max_features < matrix_.column_count(); }
  bool may_split(const Node& node) const;
  template <class RowCode>
  void grow_level(Level<RowCode>& level, size_t next_level, const Node& root);
  template <class RowCode>
  void descend(const Level<RowCode>& level, size_t next_level, const Node& node);
  template <class RowCode>
  void rank_rows(const Level<RowCode>& level, const uint32_t* rows, size_t count, LocalLevel& out);
  template <class RowCode>
  void take_lane(const RowCode* codes, const uint32_t* rows, size_t count, size_t lane, uint32_t column,
                 uint32_t distinct, LocalLevel& out);
  template <class RowCode>
  bool centre(const Level<RowCode>& level, const Node& node, float& value);
  template <class RowCode>
  Candidate find_split(const Level<RowCode>& level, const Node& node);
  template <class RowCode>
  Candidate find_split_of_drawn(const Level<RowCode>& level, const Node& node);
  template <class RowCode>
  void compare(const Level<RowCode>& level, const Node& node, float gain, int32_t slot, uint32_t lane,
               Candidate& best) const;
  template <class RowCode>
  Split apply(Level<RowCode>& level, const Node& node, const Candidate& candidate);
  template <class RowCode>
  std::optional<Split> split_pair(Level<RowCode>& level, const Node& node);

  const CodedMatrix<Code>& matrix_;
  std::span<const double> targets_;
  GrowthLimits limits_;
  SplitScan scan_;

  Tree tree_;
  std::vector<double> decrease_;
  double tree_weight_ = 0;

  Level<Code> all_rows_;
  std::array<LocalLevel, kLevelRows.size()> levels_;
  std::vector<Node> pending_;
  // Of the node at hand, in the order of its rows.
  std::vector<double> centred_;  // weight * (target - mean)
  std::vector<int32_t> centred_int_;
  std::vector<int32_t> weights_;
  uint32_t node_weight_ = 0;
  std::vector<uint32_t> right_rows_;
  std::vector<uint32_t> drawn_;   // columns in the order in which the node draws them
  std::vector<uint8_t> present_;  // [slot][lane]: scratch of rank_rows, zero between calls
};

}  // namespace tidemill::models
