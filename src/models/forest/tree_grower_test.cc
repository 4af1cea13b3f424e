#include "models/forest/tree_grower.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

#include "base/random.h"

namespace tidemill::models {
namespace {

struct Columns {
  size_t row_count;
  size_t column_count;
  std::vector<float> features;  // column-major
  std::vector<double> targets;

  // Column c has values_of(c) different values.
  template <class ValuesOf>
  Columns(size_t rows, size_t columns, const ValuesOf& values_of) : row_count(rows), column_count(columns) {
    for (size_t c = 0; c < columns; ++c) {
      for (size_t r = 0; r < rows; ++r) {
        features.push_back(static_cast<float>(std::floor(counter_uniform(1, c, r) * values_of(c)) / 7));
      }
    }
    for (size_t r = 0; r < rows; ++r) {
      const double noise = counter_uniform(2, 0, r);
      targets.push_back(std::sin(features[r]) + (columns > 1 ? features[rows + r] : 0) * 0.5 + noise);
    }
  }
  std::vector<uint32_t> rows() const {
    std::vector<uint32_t> out(row_count);
    std::iota(out.begin(), out.end(), 0U);
    return out;
  }
  CodedMatrix<uint16_t> ranked() const {
    return rank_columns(features.data(), row_count, column_count, rows(), 1);
  }
  CodedMatrix<uint8_t> binned() const {
    return bin_columns(features.data(), row_count, column_count, rows(), 1);
  }
};

double many(size_t) {
  return 1e6;
}
double few(size_t column) {
  return column % 3 == 0 ? 2 : 40;
}

std::vector<uint32_t> bootstrap(size_t row_count, uint64_t seed) {
  std::vector<uint32_t> weights(row_count);
  RandomSequence random(seed);
  for (size_t i = 0; i < row_count; ++i) ++weights[random.next_below(static_cast<uint32_t>(row_count))];
  return weights;
}

template <class Code>
Tree grow(const CodedMatrix<Code>& matrix, const Columns& data, const GrowthLimits& limits = {},
          const std::vector<uint32_t>& weights = {}) {
  TreeGrower<Code> grower(matrix, data.targets, limits);
  return grower.grow(weights.empty() ? std::vector<uint32_t>(data.row_count, 1) : weights, 7);
}

uint32_t leaf_of(const Tree& tree, const Columns& data, size_t row, uint32_t max_depth = UINT32_MAX) {
  uint32_t place = 0;
  for (uint32_t depth = 0; depth < max_depth && !tree.nodes[place].is_leaf(); ++depth) {
    const TreeNode& node = tree.nodes[place];
    place = data.features[node.feature * data.row_count + row] <= node.threshold ? place + 1 : node.right;
  }
  return place;
}

void expect_same_nodes(const Tree& left, const Tree& right) {
  ASSERT_EQ(left.nodes.size(), right.nodes.size());
  for (size_t i = 0; i < left.nodes.size(); ++i) {
    ASSERT_EQ(left.nodes[i].feature, right.nodes[i].feature) << "node " << i;
    ASSERT_EQ(left.nodes[i].threshold, right.nodes[i].threshold) << "node " << i;
    ASSERT_EQ(left.nodes[i].right, right.nodes[i].right) << "node " << i;
    ASSERT_EQ(left.nodes[i].value, right.nodes[i].value) << "node " << i;
  }
  EXPECT_EQ(left.importances, right.importances);
}

TEST(TreeGrower, SeparatesEveryRow) {
  const Columns data(700, 10, many);
  const Tree tree = grow(data.ranked(), data);
  EXPECT_EQ(tree.nodes.size(), 2 * data.row_count - 1);
  for (size_t r = 0; r < data.row_count; ++r) {
    EXPECT_EQ(tree.nodes[leaf_of(tree, data, r)].value, static_cast<float>(data.targets[r]));
  }
}

// Best split by trying all: gain of every threshold of every column.
TEST(TreeGrower, TakesTheBestSplitOfTheRoot) {
  for (const size_t rows : {3, 5, 17, 65, 256, 900}) {
    const Columns data(rows, 6, many);
    const std::vector<uint32_t> weights = bootstrap(rows, rows);
    const Tree tree = grow(data.ranked(), data, {.max_depth = 1}, weights);
    double best = -1;
    const auto gain_of = [&](size_t column, float threshold) {
      double sums[2] = {}, counts[2] = {};
      for (size_t r = 0; r < rows; ++r) {
        const bool right = data.features[column * rows + r] > threshold;
        sums[right] += weights[r] * data.targets[r];
        counts[right] += weights[r];
      }
      if (counts[0] == 0 || counts[1] == 0) return -1.0;
      const double difference = sums[0] / counts[0] - sums[1] / counts[1];
      return difference * difference * counts[0] * counts[1];
    };
    for (size_t c = 0; c < data.column_count; ++c) {
      for (size_t r = 0; r < rows; ++r) best = std::max(best, gain_of(c, data.features[c * rows + r]));
    }
    const TreeNode& root = tree.nodes[0];
    EXPECT_NEAR(gain_of(root.feature, root.threshold), best, 1e-6 * best) << rows << " rows";
  }
}

TEST(TreeGrower, CutAtADepthEqualsTheTreeGrownToIt) {
  const Columns data(3000, 11, [](size_t column) { return column < 4 ? 12.0 : 1e6; });
  const std::vector<uint32_t> weights = bootstrap(data.row_count, 5);
  for (const uint32_t drawn : {UINT32_MAX, 3U}) {
    const auto check = [&](const auto& matrix) {
      const Tree whole = grow(matrix, data, {.max_features = drawn}, weights);
      for (const uint32_t depth : {1U, 4U, 9U, 13U}) {
        const Tree cut = grow(matrix, data, {.max_depth = depth, .max_features = drawn}, weights);
        for (size_t r = 0; r < data.row_count; ++r) {
          ASSERT_EQ(whole.nodes[leaf_of(whole, data, r, depth)].value,
                    cut.nodes[leaf_of(cut, data, r)].value);
        }
      }
    };
    check(data.ranked());
    check(data.binned());
  }
}

TEST(TreeGrower, RanksAndBinsAgreeWhereBinsAreExact) {
  const Columns data(2500, 9, few);
  const std::vector<uint32_t> weights = bootstrap(data.row_count, 3);
  for (const uint32_t min_leaf : {1U, 4U}) {
    const GrowthLimits limits{.min_samples_leaf = min_leaf};
    expect_same_nodes(grow(data.ranked(), data, limits, weights), grow(data.binned(), data, limits, weights));
  }
}

TEST(TreeGrower, HoldsItsLimits) {
  const Columns data(1200, 8, many);
  const std::vector<uint32_t> weights = bootstrap(data.row_count, 9);
  const auto rows_of_node = [&](const Tree& tree) {
    std::vector<uint32_t> counts(tree.nodes.size());
    for (size_t r = 0; r < data.row_count; ++r) {
      if (weights[r] == 0) continue;
      uint32_t place = 0;
      while (true) {
        ++counts[place];
        const TreeNode& node = tree.nodes[place];
        if (node.is_leaf()) break;
        place = data.features[node.feature * data.row_count + r] <= node.threshold ? place + 1 : node.right;
      }
    }
    return counts;
  };
  const Tree leaves = grow(data.binned(), data, {.min_samples_leaf = 5}, weights);
  const Tree splits = grow(data.binned(), data, {.min_samples_split = 20}, weights);
  const std::vector<uint32_t> in_leaves = rows_of_node(leaves);
  const std::vector<uint32_t> in_splits = rows_of_node(splits);
  for (size_t i = 0; i < leaves.nodes.size(); ++i) EXPECT_GE(in_leaves[i], 5U);
  for (size_t i = 0; i < splits.nodes.size(); ++i)
    EXPECT_TRUE(splits.nodes[i].is_leaf() || in_splits[i] >= 20);
  const Tree whole = grow(data.binned(), data, {}, weights);
  const Tree coarse = grow(data.binned(), data, {.min_impurity_decrease = 1e6}, weights);
  EXPECT_LT(coarse.nodes.size(), whole.nodes.size() / 4);
  EXPECT_GT(coarse.nodes.size(), 3U);
}

TEST(TreeGrower, ARowDrawnTwiceCountsAsTwoRowsOfTheSameValues) {
  const Columns data(200, 5, many);
  const std::vector<uint32_t> weights = bootstrap(data.row_count, 1);
  Columns repeated(0, 5, many);
  for (size_t c = 0; c < data.column_count; ++c) {
    for (size_t r = 0; r < data.row_count; ++r) {
      for (uint32_t k = 0; k < weights[r]; ++k) {
        repeated.features.push_back(data.features[c * data.row_count + r]);
        if (c == 0) repeated.targets.push_back(data.targets[r]);
      }
    }
  }
  repeated.row_count = repeated.targets.size();
  const Tree weighted = grow(data.ranked(), data, {.max_depth = 4}, weights);
  const Tree plain = grow(repeated.ranked(), repeated, {.max_depth = 4});
  ASSERT_EQ(weighted.nodes.size(), plain.nodes.size());
  for (size_t i = 0; i < plain.nodes.size(); ++i) {
    EXPECT_EQ(weighted.nodes[i].feature, plain.nodes[i].feature);
    EXPECT_EQ(weighted.nodes[i].threshold, plain.nodes[i].threshold);
    EXPECT_FLOAT_EQ(weighted.nodes[i].value, plain.nodes[i].value);
  }
}

TEST(TreeGrower, DrawsAmongColumnsThatSeparateTheSameRows) {
  Columns data(40, 6, many);
  for (size_t c = 1; c < data.column_count; ++c) {  // all columns the same
    std::copy_n(data.features.begin(), data.row_count,
                data.features.begin() + static_cast<ptrdiff_t>(c * 40));
  }
  const CodedMatrix<uint16_t> matrix = data.ranked();
  TreeGrower<uint16_t> grower(matrix, data.targets, {.max_depth = 1});
  std::vector<int> chosen(data.column_count);
  for (uint64_t seed = 0; seed < 600; ++seed) {
    ++chosen[grower.grow(std::vector<uint32_t>(40, 1), seed).nodes[0].feature];
  }
  for (const int count : chosen) EXPECT_NEAR(count, 100, 40);
}

TEST(TreeGrower, HandlesWhatCannotBeSplit) {
  Columns data(50, 3, [](size_t) { return 1.0; });  // constant columns
  EXPECT_EQ(grow(data.ranked(), data).nodes.size(), 1U);
  Columns one(1, 3, many);
  EXPECT_EQ(grow(one.ranked(), one).nodes.size(), 1U);
  Columns flat(50, 3, many);
  std::fill(flat.targets.begin(), flat.targets.end(), 0.7);
  const Tree tree = grow(flat.binned(), flat);
  EXPECT_EQ(tree.nodes.size(), 1U);
  EXPECT_EQ(tree.nodes[0].value, 0.7F);
  EXPECT_EQ(tree.importances, std::vector<double>(3, 0.0));
}

TEST(TreeGrower, SplitsOnABinaryColumnAlone) {
  Columns data(300, 3, [](size_t column) { return column == 1 ? 2.0 : 1.0; });
  const Tree tree = grow(data.ranked(), data);
  ASSERT_EQ(tree.nodes.size(), 3U);
  EXPECT_EQ(tree.nodes[0].feature, 1U);
  EXPECT_EQ(tree.importances, (std::vector<double>{0, 1, 0}));
}

TEST(BinColumns, KeepTheOrderAndTheTails) {
  std::vector<float> values;
  for (size_t i = 0; i < 20000; ++i) {
    const double radius = std::sqrt(-2 * std::log(1 - counter_uniform(3, 0, i)));
    values.push_back(static_cast<float>(radius * std::cos(6.283185307 * counter_uniform(3, 1, i))));
  }
  values.push_back(-0.0F);
  values.push_back(0.0F);
  std::vector<uint32_t> rows(values.size());
  std::iota(rows.begin(), rows.end(), 0U);
  const CodedMatrix<uint8_t> matrix = bin_columns(values.data(), values.size(), 1, rows, 1);
  EXPECT_EQ(matrix.code(0, values.size() - 2), matrix.code(0, values.size() - 1));
  std::array<size_t, 256> sizes{};
  for (size_t i = 0; i < values.size(); ++i) ++sizes[matrix.code(0, i)];
  for (size_t i = 1; i < values.size(); ++i) {
    EXPECT_TRUE(values[i] >= values[i - 1] || matrix.code(0, i) <= matrix.code(0, i - 1));
    if (matrix.code(0, i) < matrix.code(0, i - 1)) {
      const float threshold = matrix.values.threshold_between(0, matrix.code(0, i), matrix.code(0, i - 1));
      EXPECT_LE(values[i], threshold);
      EXPECT_GT(values[i - 1], threshold);
    }
  }
  EXPECT_LT(*std::max_element(sizes.begin(), sizes.end()), 220U);
  EXPECT_LT(sizes[0], 10U);  // the last bin of the tail is narrow, not full
}

TEST(ThresholdBetween, LiesBetweenNeighbouringFloats) {
  ColumnValues values;
  const float low = 1.0F;
  const float high = std::nextafter(low, 2.0F);
  values.append_column({low, high, 3e38F}, {low, high, 3e38F});
  EXPECT_EQ(values.threshold_between(0, 0, 1), low);
  EXPECT_LT(values.threshold_between(0, 1, 2), 3e38F);
  EXPECT_GE(values.threshold_between(0, 1, 2), 1.4e38F);
}

}  // namespace
}  // namespace tidemill::models
