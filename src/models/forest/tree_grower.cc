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

// Below this variance a node counts as pure. Source: scikit-learn _tree.pyx, EPSILON.
constexpr double kEpsilon = std::numeric_limits<double>::epsilon();

uint64_t child_key(uint64_t key, bool is_right) {
  return mix64(key ^ (is_right ? 0x7167 : 0x1ef7));
}

// Nearest integer of |value| < 2^31, ties to even: adding 1.5 * 2^52 leaves it in the low bits of the double.
int32_t round_to_int(double value) {
  return static_cast<int32_t>(std::bit_cast<uint64_t>(value + 0x1.8p52));
}

}  // namespace

template <class Code>
TreeGrower<Code>::TreeGrower(const CodedMatrix<Code>& matrix, std::span<const double> targets,
                             const GrowthLimits& limits)
    : matrix_(matrix), targets_(targets), limits_(limits), scan_(limits.min_samples_leaf) {
  all_rows_.codes = matrix.codes.data();
  all_rows_.code_stride = matrix.row_count;
  all_rows_.slot_counts = matrix.slot_counts;
  all_rows_.column_of_lane.assign(
      matrix.column_of_lane.begin(),
      matrix.column_of_lane.begin() + static_cast<ptrdiff_t>(matrix.column_count()));
  all_rows_.targets.assign(targets.begin(), targets.end());
  all_rows_.matrix_rows.resize(matrix.row_count);
  std::iota(all_rows_.matrix_rows.begin(), all_rows_.matrix_rows.end(), 0U);
  uint32_t slots = 0;
  for (const uint32_t in_block : matrix.slot_counts) slots = std::max(slots, in_block);
  present_.resize(size_t{slots} * kLanes);
  for (size_t i = 0; i < levels_.size(); ++i) {
    levels_[i].code_stride = kLevelRows[i];
    levels_[i].local_codes.resize(matrix.block_count() * kLevelRows[i] * kLanes);
    levels_[i].codes = levels_[i].local_codes.data();
  }
  centred_.resize(matrix.row_count);
  centred_int_.resize(matrix.row_count);
  weights_.resize(matrix.row_count);
  right_rows_.resize(matrix.row_count);
  if (draws_columns()) {
    all_rows_.lane_of_column = matrix.lane_of_column;
    drawn_.resize(matrix.column_count());
  }
}

template <class Code>
Tree TreeGrower<Code>::grow(std::span<const uint32_t> weights, uint64_t seed) {
  all_rows_.weights.assign(weights.begin(), weights.end());
  all_rows_.rows.clear();
  uint64_t total = 0;
  for (uint32_t row = 0; row < weights.size(); ++row) {
    total += weights[row];
    if (weights[row] != 0) all_rows_.rows.push_back(row);
  }
  tree_weight_ = static_cast<double>(total);
  tree_ = {};
  decrease_.assign(matrix_.column_count(), 0);
  grow_level(all_rows_, 0, {0, static_cast<uint32_t>(all_rows_.rows.size()), 0, kNoParent, seed});
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

template <class Code>
template <class RowCode>
void TreeGrower<Code>::grow_level(Level<RowCode>& level, size_t next_level, const Node& root) {
  const size_t base = pending_.size();
  pending_.push_back(root);
  while (pending_.size() > base) {
    const Node node = pending_.back();
    pending_.pop_back();
    if (next_level < kLevelRows.size() && node.count <= kLevelRows[next_level] && node.count > 2 &&
        may_split(node)) {
      descend(level, next_level, node);
      continue;
    }
    const auto index = static_cast<uint32_t>(tree_.nodes.size());
    if (node.right_child_of != kNoParent) tree_.nodes[node.right_child_of].right = index;
    tree_.nodes.emplace_back();
    const bool is_pure = centre(level, node, tree_.nodes.back().value);
    if (is_pure || !may_split(node)) continue;
    std::optional<Split> split;
    if (node.count == 2) {
      split = split_pair(level, node);
    } else {
      const Candidate best = draws_columns() ? find_split_of_drawn(level, node) : find_split(level, node);
      if (best.gain >= 0) split = apply(level, node, best);
    }
    if (!split || split->decrease / tree_weight_ + kEpsilon < limits_.min_impurity_decrease) continue;
    tree_.nodes[index].feature = split->column;
    tree_.nodes[index].threshold = split->threshold;
    decrease_[split->column] += split->decrease;
    pending_.push_back({node.begin + split->left_count, node.count - split->left_count, node.depth + 1, index,
                        child_key(node.key, true)});
    pending_.push_back(
        {node.begin, split->left_count, node.depth + 1, kNoParent, child_key(node.key, false)});
  }
}

template <class Code>
template <class RowCode>
void TreeGrower<Code>::descend(const Level<RowCode>& level, size_t next_level, const Node& node) {
  while (next_level + 1 < kLevelRows.size() && node.count <= kLevelRows[next_level + 1]) ++next_level;
  LocalLevel& out = levels_[next_level];
  const uint32_t* rows = level.rows.data() + node.begin;
  out.rows.resize(node.count);
  std::iota(out.rows.begin(), out.rows.end(), 0U);
  out.matrix_rows.resize(node.count);
  out.targets.resize(node.count);
  out.weights.resize(node.count);
  for (size_t i = 0; i < node.count; ++i) {
    out.matrix_rows[i] = level.matrix_rows[rows[i]];
    out.targets[i] = level.targets[rows[i]];
    out.weights[i] = level.weights[rows[i]];
  }
  rank_rows(level, rows, node.count, out);
  grow_level<uint8_t>(out, next_level + 1, {0, node.count, node.depth, node.right_child_of, node.key});
}

// Columns that are constant in these rows stay so below: they are left out.
template <class Code>
template <class RowCode>
void TreeGrower<Code>::rank_rows(const Level<RowCode>& level, const uint32_t* rows, size_t count,
                                 LocalLevel& out) {
  out.slot_counts.clear();
  out.column_of_lane.clear();
  if (draws_columns()) out.lane_of_column.assign(matrix_.column_count(), kNoLane);
  for (size_t block = 0; block < level.slot_counts.size(); ++block) {
    const uint32_t slots = level.slot_counts[block];
    const RowCode* codes = level.block(block);
    for (size_t i = 0; i < count; ++i) {
      const RowCode* row = codes + size_t{rows[i]} * kLanes;
      for (size_t lane = 0; lane < kLanes; ++lane) present_[size_t{row[lane]} * kLanes + lane] = 1;
    }
    // Eight running counts in the bytes of one integer; none passes 255.
    uint64_t running = 0;
    for (size_t slot = 0; slot < slots; ++slot) {
      uint64_t here;
      std::memcpy(&here, present_.data() + slot * kLanes, sizeof(here));
      running += here;
      std::memcpy(present_.data() + slot * kLanes, &running, sizeof(running));
    }
    const size_t lanes = std::min(kLanes, level.column_of_lane.size() - block * kLanes);
    for (size_t lane = 0; lane < lanes; ++lane) {
      const auto distinct = static_cast<uint32_t>((running >> (lane * 8)) & 0xff);
      if (distinct < 2) continue;
      take_lane(codes, rows, count, lane, level.column_of_lane[block * kLanes + lane], distinct, out);
    }
    std::memset(present_.data(), 0, slots * kLanes);
  }
}

template <class Code>
template <class RowCode>
void TreeGrower<Code>::take_lane(const RowCode* codes, const uint32_t* rows, size_t count, size_t lane,
                                 uint32_t column, uint32_t distinct, LocalLevel& out) {
  const auto out_lane = static_cast<uint32_t>(out.column_of_lane.size());
  out.column_of_lane.push_back(column);
  if (draws_columns()) out.lane_of_column[column] = out_lane;
  uint8_t* to = out.local_codes.data() + out_lane / kLanes * out.code_stride * kLanes;
  if (out_lane % kLanes == 0) {
    out.slot_counts.push_back(0);
    std::memset(to, 0, count * kLanes);
  }
  out.slot_counts.back() = std::max(out.slot_counts.back(), distinct);
  for (size_t i = 0; i < count; ++i) {
    const size_t code = codes[size_t{rows[i]} * kLanes + lane];
    to[i * kLanes + out_lane % kLanes] = static_cast<uint8_t>(present_[code * kLanes + lane] - 1);
  }
}

// Computes the node's mean and, for a node that is not pure, what the search needs of its rows.
template <class Code>
template <class RowCode>
bool TreeGrower<Code>::centre(const Level<RowCode>& level, const Node& node, float& value) {
  const uint32_t* rows = level.rows.data() + node.begin;
  double sum = 0;
  uint32_t weight = 0;
  for (size_t i = 0; i < node.count; ++i) {
    weights_[i] = level.weights[rows[i]];
    sum += weights_[i] * level.targets[rows[i]];
    weight += static_cast<uint32_t>(weights_[i]);
  }
  const double mean = sum / weight;
  value = static_cast<float>(mean);
  node_weight_ = weight;
  double error = 0;
  double magnitude = 0;
  for (size_t i = 0; i < node.count; ++i) {
    const double difference = level.targets[rows[i]] - mean;
    centred_[i] = weights_[i] * difference;
    error += centred_[i] * difference;
    magnitude += std::abs(centred_[i]);
  }
  if (error <= kEpsilon * weight) return true;
  const double scale = 0x1p30 / magnitude;
  int32_t rest = 0;
  for (size_t i = 0; i < node.count; ++i) {
    centred_int_[i] = round_to_int(centred_[i] * scale);
    rest += centred_int_[i];
  }
  // Rounding left |rest| <= count / 2; the sum must be 0 for both sides of a split to be equal.
  const int32_t step = rest > 0 ? 1 : -1;
  for (size_t i = 0; rest != 0; ++i, rest -= step) centred_int_[i] -= step;
  return false;
}

// Equal gains (several columns separate the same rows) go to the column with the highest random number.
template <class Code>
template <class RowCode>
void TreeGrower<Code>::compare(const Level<RowCode>& level, const Node& node, float gain, int32_t slot,
                               uint32_t lane, Candidate& best) const {
  if (gain < best.gain || gain < 0) return;
  uint64_t priority = 0;
  if (gain == best.gain) {
    if (best.priority == 0) best.priority = mix64(node.key ^ level.column_of_lane[best.lane]);
    priority = mix64(node.key ^ level.column_of_lane[lane]);
    if (priority < best.priority) return;
  }
  best = {gain, lane, slot, priority};
}

template <class Code>
template <class RowCode>
typename TreeGrower<Code>::Candidate TreeGrower<Code>::find_split(const Level<RowCode>& level,
                                                                  const Node& node) {
  const NodeRows node_rows{level.rows.data() + node.begin, centred_int_.data(), weights_.data(), node.count,
                           node_weight_};
  Candidate best;
  LaneSplits found;
  for (size_t block = 0; block < level.slot_counts.size(); ++block) {
    scan_.find(level.block(block), level.slot_counts[block], node_rows, found);
    for (size_t i = 0; i < kLanes; ++i) {
      compare(level, node, found.gain[i], found.slot[i], static_cast<uint32_t>(block * kLanes + i), best);
    }
  }
  return best;
}

// As scikit-learn draws: max_features columns, constant ones counted, and on until one is not constant.
template <class Code>
template <class RowCode>
typename TreeGrower<Code>::Candidate TreeGrower<Code>::find_split_of_drawn(const Level<RowCode>& level,
                                                                           const Node& node) {
  const uint32_t* rows = level.rows.data() + node.begin;
  const NodeRows node_rows{rows, centred_int_.data(), weights_.data(), node.count, node_weight_};
  const auto is_constant = [&](uint32_t lane) {
    const RowCode* codes = level.lane(lane);
    return std::all_of(rows, rows + node.count, [&](uint32_t row) {
      return codes[size_t{row} * kLanes] == codes[size_t{rows[0]} * kLanes];
    });
  };
  std::iota(drawn_.begin(), drawn_.end(), 0U);
  RandomSequence random(node.key);
  Candidate best;
  bool found_varying = false;
  for (uint32_t visited = 0; visited < drawn_.size() && (visited < limits_.max_features || !found_varying);) {
    std::array<uint32_t, kLanes> lanes{};
    std::array<const RowCode*, kLanes> columns{};
    uint32_t slots = 0;
    size_t count = 0;
    // Up to eight at once; beyond max_features one by one.
    do {
      const uint32_t left = static_cast<uint32_t>(drawn_.size()) - visited;
      std::swap(drawn_[visited], drawn_[visited + random.next_below(left)]);
      const uint32_t lane = level.lane_of_column[drawn_[visited]];
      ++visited;
      if (lane == kNoLane || is_constant(lane)) continue;
      found_varying = true;
      lanes[count] = lane;
      columns[count++] = level.lane(lane);
      slots = std::max(slots, level.slot_counts[lane / kLanes]);
    } while (visited < limits_.max_features && count < kLanes);
    if (count == 0) continue;
    std::fill(columns.begin() + static_cast<ptrdiff_t>(count), columns.end(), columns[0]);
    LaneSplits found;
    scan_.find(columns, slots, node_rows, found);
    for (size_t i = 0; i < count; ++i) compare(level, node, found.gain[i], found.slot[i], lanes[i], best);
  }
  return best;
}

template <class Code>
template <class RowCode>
typename TreeGrower<Code>::Split TreeGrower<Code>::apply(Level<RowCode>& level, const Node& node,
                                                         const Candidate& candidate) {
  const RowCode* codes = level.lane(candidate.lane);
  uint32_t* rows = level.rows.data() + node.begin;
  uint64_t last_left = 0;             // code and row of the highest code that goes left
  uint64_t first_right = UINT64_MAX;  // and of the lowest that goes right
  double left_sum = 0;
  uint32_t left_weight = 0;
  uint32_t left_count = 0;
  for (uint32_t i = 0; i < node.count; ++i) {
    const uint32_t row = rows[i];
    const auto code = static_cast<int32_t>(codes[size_t{row} * kLanes]);
    const uint64_t place = static_cast<uint64_t>(code) << 32 | row;
    const bool is_left = code <= candidate.slot;
    last_left = is_left ? std::max(last_left, place) : last_left;
    first_right = is_left ? first_right : std::min(first_right, place);
    left_sum += is_left ? centred_[i] : 0;
    left_weight += is_left ? static_cast<uint32_t>(weights_[i]) : 0;
    rows[left_count] = row;
    right_rows_[i - left_count] = row;
    left_count += is_left;
  }
  std::memcpy(rows + left_count, right_rows_.data(), (node.count - left_count) * sizeof(uint32_t));
  const uint32_t column = level.column_of_lane[candidate.lane];
  const auto code_of = [&](uint64_t place) {
    return matrix_.code(column, level.matrix_rows[static_cast<uint32_t>(place)]);
  };
  // Both sides' centred sums are equal but for the sign.
  return {column, matrix_.values.threshold_between(column, code_of(last_left), code_of(first_right)),
          left_count, left_sum * left_sum * (1.0 / left_weight + 1.0 / (node_weight_ - left_weight))};
}

// Any column in which the two rows differ separates them equally well: one of those is drawn.
template <class Code>
template <class RowCode>
std::optional<typename TreeGrower<Code>::Split> TreeGrower<Code>::split_pair(Level<RowCode>& level,
                                                                             const Node& node) {
  uint32_t* rows = level.rows.data() + node.begin;
  const auto lane_count = static_cast<uint32_t>(level.column_of_lane.size());
  const auto separates = [&](uint32_t lane) {
    const RowCode* codes = level.lane(lane);
    return codes[size_t{rows[0]} * kLanes] != codes[size_t{rows[1]} * kLanes];
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
  const bool in_order = codes[size_t{rows[0]} * kLanes] < codes[size_t{rows[1]} * kLanes];
  const Candidate candidate{0, lane, codes[size_t{rows[in_order ? 0 : 1]} * kLanes], 0};
  return apply(level, node, candidate);
}

template class TreeGrower<uint8_t>;
template class TreeGrower<uint16_t>;

}  // namespace tidemill::models
