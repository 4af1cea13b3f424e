#pragma once
// The trees of a forest, from rows of a training set.

#include <cstdint>
#include <span>
#include <variant>
#include <vector>

#include "models/forest/coded_matrix.h"
#include "models/forest/forest_parameters.h"
#include "models/forest/tree.h"
#include "models/model.h"

namespace tidemill::models {

// What all trees grown on some rows of a training set share: the rows' coded features and their targets.
// Safe to use from several threads at once.
class ForestGround {
 public:
  // `rows` ascending, not empty.
  ForestGround(const TrainingSet& set, std::span<const uint32_t> rows, int thread_count);

  size_t row_count() const { return targets_.size(); }

  // Trees first_tree .. first_tree + count - 1 of the forest with this seed. A tree's bootstrap sample and
  // whatever is drawn at its nodes come from derive_seed(seed, tree), so a tree does not depend on how many
  // others there are or on which thread grows it.
  std::vector<Tree> grow(const ForestParameters& parameters, uint64_t seed, uint32_t first_tree,
                         uint32_t count, int thread_count) const;

 private:
  std::variant<CodedMatrix<uint16_t>, CodedMatrix<uint8_t>> matrix_;
  std::vector<double> targets_;
};

}  // namespace tidemill::models
