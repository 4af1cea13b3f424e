#pragma once
// A fitted forest.

#include <memory>
#include <vector>

#include "models/forest/tree.h"
#include "models/model.h"

namespace tidemill::models {

std::unique_ptr<Model> make_forest_model(std::vector<Tree> trees, size_t column_count);

}  // namespace tidemill::models
