#pragma once
// Grows one tree from coded rows: scikit-learn's DecisionTreeRegressor(criterion="squared_error").
//
// At a node every column is searched (split_scan.h). As nodes get smaller their rows
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
#include "models/forest/node_moments.h"
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
    std::vector<uint32_t> code_counts;     // [block]: codes are below it
    std::vector<uint32_t> column_of_lane;  // [lane_count]
    std::vector<uint32_t> lane_of_column;  // [column], kNoLane where constant; only when columns are drawn
    std::vector<uint32_t> matrix_rows;     // [row]
    std::vector<NodeRow> rows;             // a node is a range of these, in ascending order

    const RowCode* block(size_t index) const { return codes + index * code_stride * kLanes; }
    const RowCode* lane(size_t index) const { return block(index / kLanes) + index % kLanes; }
  };
  // The rows of a subtree, copied together.
  struct RankedLevel : Level<uint8_t> {
    std::vector<uint8_t> ranks;
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
    uint32_t lane;
    int32_t code;     // codes up to it go left
    double decrease;  // of weighted squared error
  };
  struct Split {
    uint32_t column;
    float threshold;
    uint32_t left_count;
  };
  static constexpr uint32_t kNoParent = UINT32_MAX;
  static constexpr uint32_t kNoLane = UINT32_MAX;
  // Most rows of a ranked level: more mean more codes to look through, fewer mean ranking more often. At
  // 10,000 rows 96 to 255 make no difference, below that it gets slower.
  static constexpr size_t kRankedRows = 128;

  bool draws_columns() const { return limits_.max_features < matrix_.column_count(); }
  bool may_split(const Node& node) const;
  bool has_few_rows(const Node& node) const;
  template <class RowCode>
  void grow_level(Level<RowCode>& level, const Node& root);
  void grow_ranked(const Node& node);
  void rank_rows(const NodeRow* rows, size_t count);
  void rank_lane(const Code* codes, const NodeRow* rows, size_t count, size_t lane, uint32_t column,
                 uint32_t distinct);
  template <class RowCode>
  NodeRows node_rows(const Level<RowCode>& level, const Node& node) const;
  template <class RowCode>
  std::optional<Candidate> find_split(const Level<RowCode>& level, const Node& node);
  template <class RowCode>
  void search_all(const Level<RowCode>& level, const Node& node);
  template <class RowCode>
  void search_drawn(const Level<RowCode>& level, const Node& node);
  template <class RowCode>
  std::optional<Candidate> split_of_pair(const Level<RowCode>& level, const Node& node) const;
  std::optional<Candidate> best_found(const Node& node);
  template <class RowCode>
  Split apply(Level<RowCode>& level, const Node& node, const Candidate& candidate);
  template <class RowCode>
  void grow_children(const Level<RowCode>& level, const Node& node, uint32_t index, uint32_t left_count);

  const CodedMatrix<Code>& matrix_;
  std::span<const double> targets_;
  GrowthLimits limits_;
  SplitScan scan_;

  Tree tree_;
  std::vector<double> decrease_;
  double tree_weight_ = 0;

  Level<Code> all_rows_;
  RankedLevel ranked_;
  std::vector<Node> pending_;
  // Of the node at hand, in the order of its rows.
  NodeMoments moments_;
  std::vector<int32_t> centred_;
  std::vector<double> scratch_;
  std::vector<LaneSplits> found_;  // what the search found: [block], or eight drawn columns each
  std::vector<uint32_t> found_lanes_;
  std::vector<uint32_t> equal_;
  // Scratch of apply.
  std::vector<NodeRow> right_rows_;
  std::vector<uint32_t> drawn_;   // columns in the order in which the node draws them
  std::vector<uint8_t> present_;  // [slot][lane]: scratch of rank_rows, zero between calls
};

}  // namespace tidemill::models
