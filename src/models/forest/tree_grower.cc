#include "models/forest/tree_grower.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>

#include "base/random.h"

namespace tidemill::models {
namespace {

constexpr double kEpsilon = std::numeric_limits<double>::epsilon();

// A NodeRow as one register.
using WholeRow = uint64_t __attribute__((vector_size(16)));
static_assert(sizeof(WholeRow) == sizeof(NodeRow));

uint64_t child_key(uint64_t key, bool is_right) {
  return mix64(key ^ (is_right ? 0x7167 : 0x1ef7));
}

}  // namespace

template <class Code>
TreeGrower<Code>::TreeGrower(const CodedMatrix<Code>& matrix, std::span<const double> targets,
                             const GrowthLimits& limits)
    : matrix_(matrix), targets_(targets), limits_(limits), scan_(limits.min_samples_leaf) {
  all_rows_.codes = matrix.codes.data();
  all_rows_.code_stride = matrix.row_count;
  all_rows_.code_counts = matrix.code_counts;
  all_rows_.column_of_lane.assign(
      matrix.column_of_lane.begin(),
      matrix.column_of_lane.begin() + static_cast<ptrdiff_t>(matrix.column_count()));
  all_rows_.matrix_rows.resize(matrix.row_count);
  std::iota(all_rows_.matrix_rows.begin(), all_rows_.matrix_rows.end(), 0U);
  uint32_t slots = 0;
  for (const uint32_t in_block : matrix.code_counts) slots = std::max(slots, in_block);
  present_.resize(size_t{slots} * kLanes);
  ranked_.code_stride = kRankedRows;
  ranked_.ranks.resize(matrix.block_count() * kRankedRows * kLanes);
  ranked_.codes = ranked_.ranks.data();
  centred_.resize(matrix.row_count);
  scratch_.resize(matrix.row_count);
  right_rows_.resize(matrix.row_count);
  if (draws_columns()) {
    all_rows_.lane_of_column = matrix.lane_of_column;
    drawn_.resize(matrix.column_count());
  }
}

template <class Code>
Tree TreeGrower<Code>::grow(std::span<const uint32_t> weights, uint64_t seed) {
  all_rows_.rows.clear();
  uint64_t total = 0;
  for (uint32_t row = 0; row < weights.size(); ++row) {
    if (weights[row] == 0) continue;
    total += weights[row];
    all_rows_.rows.push_back({targets_[row], row, static_cast<int32_t>(weights[row])});
  }
  tree_weight_ = static_cast<double>(total);
  tree_ = {};
  decrease_.assign(matrix_.column_count(), 0);
  grow_level(all_rows_, {0, static_cast<uint32_t>(all_rows_.rows.size()), 0, kNoParent, seed});
  const double sum = std::accumulate(decrease_.begin(), decrease_.end(), 0.0);
  tree_.importances.assign(decrease_.size(), 0);
  if (sum > 0) {
    for (size_t c = 0; c < decrease_.size(); ++c) tree_.importances[c] = decrease_[c] / sum;
  }
  return std::move(tree_);
}

template <class Code>
bool TreeGrower<Code>::may_split(const Node& node) const {
  return node.depth < limits_.max_depth && node.count >= limits_.min_samples_split &&
         node.count >= 2 * uint64_t{limits_.min_samples_leaf};
}

// And few enough that all rows may be compared with each other.
template <class Code>
bool TreeGrower<Code>::has_few_rows(const Node& node) const {
  return node.count <= FewRowsScan::kMaxRows && limits_.min_samples_leaf == 1 && !draws_columns();
}

template <class Code>
template <class RowCode>
void TreeGrower<Code>::grow_level(Level<RowCode>& level, const Node& root) {
  const bool is_ranked = static_cast<const void*>(&level) == &ranked_;
  const size_t base = pending_.size();
  pending_.push_back(root);
  while (pending_.size() > base) {
    const Node node = pending_.back();
    pending_.pop_back();
    const bool few_rows = has_few_rows(node);
    if (!is_ranked && node.count <= kRankedRows && !few_rows && may_split(node)) {
      grow_ranked(node);
      continue;
    }
    const auto index = static_cast<uint32_t>(tree_.nodes.size());
    if (node.right_child_of != kNoParent) tree_.nodes[node.right_child_of].right = index;
    find_node_moments(level.rows.data() + node.begin, node.count,
                      few_rows ? FewRowsScan::kMaxCentred : SplitScan::kMaxCentred, moments_, centred_.data(),
                      scratch_.data());
    tree_.nodes.push_back({0, 0, 0, static_cast<float>(moments_.mean)});
    if (moments_.unit == 0 || !may_split(node)) continue;
    const std::optional<Candidate> best = find_split(level, node);
    if (!best || best->decrease / tree_weight_ + kEpsilon < limits_.min_impurity_decrease) continue;
    const Split split = apply(level, node, *best);
    tree_.nodes[index].feature = split.column;
    tree_.nodes[index].threshold = split.threshold;
    decrease_[split.column] += best->decrease;
    grow_children(level, node, index, split.left_count);
  }
}

// Single rows are leaves at once, unless a sibling's subtree must come first.
template <class Code>
template <class RowCode>
void TreeGrower<Code>::grow_children(const Level<RowCode>& level, const Node& node, uint32_t index,
                                     uint32_t left_count) {
  const uint32_t right_begin = node.begin + left_count;
  const uint32_t right_count = node.count - left_count;
  const auto push_leaf = [&](uint32_t row) {
    tree_.nodes.push_back({0, 0, 0, static_cast<float>(level.rows[row].target)});
  };
  if (left_count == 1 && right_count == 1) {
    tree_.nodes[index].right = index + 2;
    push_leaf(node.begin);
    push_leaf(right_begin);
    return;
  }
  pending_.push_back({right_begin, right_count, node.depth + 1, index, child_key(node.key, true)});
  if (left_count == 1) {
    push_leaf(node.begin);
  } else {
    pending_.push_back({node.begin, left_count, node.depth + 1, kNoParent, child_key(node.key, false)});
  }
}

template <class Code>
void TreeGrower<Code>::grow_ranked(const Node& node) {
  const NodeRow* rows = all_rows_.rows.data() + node.begin;
  ranked_.rows.resize(node.count);
  ranked_.matrix_rows.resize(node.count);
  for (uint32_t i = 0; i < node.count; ++i) {
    ranked_.matrix_rows[i] = rows[i].row;
    ranked_.rows[i] = {rows[i].target, i, rows[i].weight};
  }
  rank_rows(rows, node.count);
  Node root = node;
  root.begin = 0;
  grow_level<uint8_t>(ranked_, root);
}

// Columns that are constant in these rows stay so below: they are left out.
template <class Code>
void TreeGrower<Code>::rank_rows(const NodeRow* rows, size_t count) {
  ranked_.code_counts.clear();
  ranked_.column_of_lane.clear();
  if (draws_columns()) ranked_.lane_of_column.assign(matrix_.column_count(), kNoLane);
  uint8_t* const present = present_.data();
  for (size_t block = 0; block < all_rows_.code_counts.size(); ++block) {
    const uint32_t code_count = all_rows_.code_counts[block];
    const Code* codes = all_rows_.block(block);
    for (size_t i = 0; i < count; ++i) {
      const Code* row = codes + size_t{rows[i].row} * kLanes;
#pragma GCC unroll 8
      for (size_t lane = 0; lane < kLanes; ++lane) present[size_t{row[lane]} * kLanes + lane] = 1;
    }
    // Eight running counts in the bytes of one integer; none passes kRankedRows.
    uint64_t running = 0;
    for (size_t code = 0; code < code_count; ++code) {
      uint64_t here;
      std::memcpy(&here, present + code * kLanes, sizeof(here));
      running += here;
      std::memcpy(present + code * kLanes, &running, sizeof(running));
    }
    const size_t lanes = std::min(kLanes, all_rows_.column_of_lane.size() - block * kLanes);
    for (size_t lane = 0; lane < lanes; ++lane) {
      const auto distinct = static_cast<uint32_t>((running >> (lane * 8)) & 0xff);
      if (distinct < 2) continue;
      rank_lane(codes, rows, count, lane, all_rows_.column_of_lane[block * kLanes + lane], distinct);
    }
    std::memset(present, 0, code_count * kLanes);
  }
}

template <class Code>
void TreeGrower<Code>::rank_lane(const Code* codes, const NodeRow* rows, size_t count, size_t lane,
                                 uint32_t column, uint32_t distinct) {
  const auto out_lane = static_cast<uint32_t>(ranked_.column_of_lane.size());
  ranked_.column_of_lane.push_back(column);
  if (draws_columns()) ranked_.lane_of_column[column] = out_lane;
  uint8_t* to = ranked_.ranks.data() + out_lane / kLanes * ranked_.code_stride * kLanes;
  if (out_lane % kLanes == 0) {
    ranked_.code_counts.push_back(0);
    std::memset(to, 0, count * kLanes);
  }
  ranked_.code_counts.back() = std::max(ranked_.code_counts.back(), distinct);
  to += out_lane % kLanes;
  const uint8_t* const rank_after = present_.data() + lane;
  for (size_t i = 0; i < count; ++i) {
    const size_t code = codes[size_t{rows[i].row} * kLanes + lane];
    to[i * kLanes] = static_cast<uint8_t>(rank_after[code * kLanes] - 1);
  }
}

template <class Code>
template <class RowCode>
NodeRows TreeGrower<Code>::node_rows(const Level<RowCode>& level, const Node& node) const {
  return {level.rows.data() + node.begin, centred_.data(), node.count, moments_.weight};
}

template <class Code>
template <class RowCode>
std::optional<typename TreeGrower<Code>::Candidate> TreeGrower<Code>::find_split(const Level<RowCode>& level,
                                                                                 const Node& node) {
  if (node.count == 2) return split_of_pair(level, node);
  if (draws_columns()) {
    search_drawn(level, node);
  } else {
    search_all(level, node);
  }
  return best_found(node);
}

template <class Code>
template <class RowCode>
void TreeGrower<Code>::search_all(const Level<RowCode>& level, const Node& node) {
  const NodeRows rows = node_rows(level, node);
  const bool few_rows = has_few_rows(node) && moments_.weight <= FewRowsScan::kMaxWeight;
  found_.resize(level.code_counts.size());
  for (size_t block = 0; block < found_.size(); ++block) {
    const RowCode* codes = level.block(block);
    const uint32_t code_count = level.code_counts[block];
    if (code_count <= FewCodesScan::kMaxCodes && limits_.min_samples_leaf == 1) {
      FewCodesScan::find(codes, code_count, rows, found_[block]);
    } else if (few_rows) {
      FewRowsScan::find(codes, rows, found_[block]);
    } else {
      scan_.find(codes, code_count, rows, found_[block]);
    }
  }
}

// As scikit-learn draws: max_features columns, constant ones counted, and on until one is not constant.
template <class Code>
template <class RowCode>
void TreeGrower<Code>::search_drawn(const Level<RowCode>& level, const Node& node) {
  const NodeRow* rows = level.rows.data() + node.begin;
  const auto is_constant = [&](uint32_t lane) {
    const RowCode* codes = level.lane(lane);
    return std::all_of(rows, rows + node.count, [&](const NodeRow& one) {
      return codes[size_t{one.row} * kLanes] == codes[size_t{rows[0].row} * kLanes];
    });
  };
  std::iota(drawn_.begin(), drawn_.end(), 0U);
  found_lanes_.clear();
  RandomSequence random(node.key);
  const auto column_count = static_cast<uint32_t>(drawn_.size());
  for (uint32_t drawn = 0; drawn < column_count && (drawn < limits_.max_features || found_lanes_.empty());
       ++drawn) {
    std::swap(drawn_[drawn], drawn_[drawn + random.next_below(column_count - drawn)]);
    const uint32_t lane = level.lane_of_column[drawn_[drawn]];
    if (lane != kNoLane && !is_constant(lane)) found_lanes_.push_back(lane);
  }
  found_.resize((found_lanes_.size() + kLanes - 1) / kLanes);
  for (size_t block = 0; block < found_.size(); ++block) {
    std::array<const RowCode*, kLanes> columns;
    uint32_t code_count = 0;
    for (size_t i = 0; i < kLanes; ++i) {  // the last block is filled up with its last column
      const uint32_t lane = found_lanes_[std::min(block * kLanes + i, found_lanes_.size() - 1)];
      columns[i] = level.lane(lane);
      code_count = std::max(code_count, level.code_counts[lane / kLanes]);
    }
    scan_.find(columns, code_count, node_rows(level, node), found_[block]);
  }
}

// Of equal gains (several columns separate the same rows) one is drawn.
template <class Code>
std::optional<typename TreeGrower<Code>::Candidate> TreeGrower<Code>::best_found(const Node& node) {
  std::array<float, kLanes> lane_best;
  lane_best.fill(-1);
  for (const LaneSplits& found : found_) {
    for (size_t i = 0; i < kLanes; ++i) lane_best[i] = std::max(lane_best[i], found.gain[i]);
  }
  const float best = *std::ranges::max_element(lane_best);
  if (best < 0) return std::nullopt;
  // Behind the drawn columns the last block repeats its last one.
  const size_t lane_count = draws_columns() ? found_lanes_.size() : found_.size() * kLanes;
  equal_.resize(lane_count);
  uint32_t* const equal = equal_.data();
  uint32_t equal_count = 0;
  for (uint32_t i = 0; i < lane_count; ++i) {
    equal[equal_count] = i;
    equal_count += found_[i / kLanes].gain[i % kLanes] == best ? 1 : 0;
  }
  const uint32_t chosen =
      equal_count == 1 ? equal[0] : equal[RandomSequence(node.key).next_below(equal_count)];
  const uint32_t lane = draws_columns() ? found_lanes_[chosen] : chosen;
  return Candidate{lane, found_[chosen / kLanes].code[chosen % kLanes],
                   static_cast<double>(best) * moments_.weight * moments_.unit * moments_.unit};
}

// Any column in which the two rows differ separates them equally well: one of those is drawn.
template <class Code>
template <class RowCode>
std::optional<typename TreeGrower<Code>::Candidate> TreeGrower<Code>::split_of_pair(
    const Level<RowCode>& level, const Node& node) const {
  const NodeRow* rows = level.rows.data() + node.begin;
  const auto lane_count = static_cast<uint32_t>(level.column_of_lane.size());
  const auto separates = [&](uint32_t lane) {
    const RowCode* codes = level.lane(lane);
    return codes[size_t{rows[0].row} * kLanes] != codes[size_t{rows[1].row} * kLanes];
  };
  RandomSequence random(node.key);
  uint32_t lane = kNoLane;
  for (uint32_t attempt = 0; attempt < lane_count && lane == kNoLane; ++attempt) {
    const uint32_t drawn = random.next_below(lane_count);
    if (separates(drawn)) lane = drawn;
  }
  for (uint32_t next = 0; next < lane_count && lane == kNoLane; ++next) {
    if (separates(next)) lane = next;
  }
  if (lane == kNoLane) return std::nullopt;
  const RowCode* codes = level.lane(lane);
  const auto code = std::min(codes[size_t{rows[0].row} * kLanes], codes[size_t{rows[1].row} * kLanes]);
  const double sum = centred_[0] * moments_.unit;
  return Candidate{lane, code, sum * sum * (1.0 / rows[0].weight + 1.0 / rows[1].weight)};
}

// Left rows move to the front, right rows behind them, both in the order they had.
template <class Code>
template <class RowCode>
typename TreeGrower<Code>::Split TreeGrower<Code>::apply(Level<RowCode>& level, const Node& node,
                                                         const Candidate& candidate) {
  const RowCode* const codes = level.lane(candidate.lane);
  NodeRow* const rows = level.rows.data() + node.begin;
  NodeRow* const right_rows = right_rows_.data();
  const auto left_codes = static_cast<uint32_t>(candidate.code) + 1;
  size_t left_count = 0;
  for (size_t i = 0; i < node.count; ++i) {
    // No branches: which side a row takes cannot be foreseen.
    const uint32_t code = codes[size_t{rows[i].row} * kLanes];
    WholeRow row;
    std::memcpy(&row, rows + i, sizeof(row));
    std::memcpy(rows + left_count, &row, sizeof(row));
    std::memcpy(right_rows + (i - left_count), &row, sizeof(row));
    left_count += code < left_codes ? 1 : 0;
  }
  std::copy_n(right_rows, node.count - left_count, rows + left_count);
  // The two codes that stand beside the split, each with a row.
  uint64_t last_left = 0;
  for (size_t i = 0; i < left_count; ++i) {
    last_left = std::max(last_left, uint64_t{codes[size_t{rows[i].row} * kLanes]} << 32 | rows[i].row);
  }
  uint64_t first_right = UINT64_MAX;
  for (size_t i = left_count; i < node.count; ++i) {
    first_right = std::min(first_right, uint64_t{codes[size_t{rows[i].row} * kLanes]} << 32 | rows[i].row);
  }
  const uint32_t column = level.column_of_lane[candidate.lane];
  const auto code_of = [&](uint64_t place) {
    return matrix_.code(column, level.matrix_rows[static_cast<uint32_t>(place)]);
  };
  return {column, matrix_.values.threshold_between(column, code_of(last_left), code_of(first_right)),
          static_cast<uint32_t>(left_count)};
}

template class TreeGrower<uint8_t>;
template class TreeGrower<uint16_t>;

}  // namespace tidemill::models
