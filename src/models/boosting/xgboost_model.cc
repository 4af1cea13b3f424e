#include "models/boosting/xgboost_model.h"

#include <charconv>
#include <string>

#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"

namespace tidemill::models {
namespace {

constexpr char kPlace[] = "the model that XGBoost saved";

// Numbers outside the trees are text: "24", and since XGBoost 3.1 a list of one: "[5.1E-1]".
template <typename Number>
Number parse_number(std::string_view text) {
  std::string_view digits = text;
  if (digits.starts_with('[') && digits.ends_with(']')) digits = digits.substr(1, digits.size() - 2);
  Number out{};
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
  if (error != std::errc() || end != digits.data() + digits.size()) {
    throw Error(ErrorCode::kCorrupted, fmt::format("{}: '{}' is not one number", kPlace, text));
  }
  return out;
}

void append_tree(const Json& tree, BoostedTrees& out) {
  if (!tree.at("categories").empty()) {
    throw Error(ErrorCode::kCorrupted, fmt::format("{} splits on categories", kPlace));
  }
  onnx::TreeEnsemble& trees = out.trees;
  const Json& left = tree.at("left_children");
  const Json& right = tree.at("right_children");
  const Json& columns = tree.at("split_indices");
  const Json& conditions = tree.at("split_conditions");  // the threshold, or the leaf's value
  const Json& gains = tree.at("loss_changes");
  for (size_t n = 0; n < left.size(); ++n) {
    const auto left_child = left.at(n).get<int32_t>();
    const bool leaf = left_child < 0;
    const auto condition = conditions.at(n).get<float>();
    const auto column = leaf ? 0 : columns.at(n).get<int32_t>();
    trees.feature.push_back(column);
    trees.threshold.push_back(leaf ? 0 : condition);
    trees.left.push_back(leaf ? 0 : left_child);
    trees.right.push_back(leaf ? 0 : right.at(n).get<int32_t>());
    trees.is_leaf.push_back(leaf ? 1 : 0);
    trees.value.push_back(leaf ? condition : 0);
    if (!leaf) out.gains.at(static_cast<size_t>(column)) += gains.at(n).get<double>();
  }
  trees.tree_offsets.push_back(static_cast<uint32_t>(trees.node_count()));
}

}  // namespace

BoostedTrees read_xgboost_model(std::string_view ubjson) {
  try {
    const Json model = Json::from_ubjson(ubjson.begin(), ubjson.end());
    const Json& learner = model.at("learner");
    const Json& shape = learner.at("learner_model_param");
    BoostedTrees out;
    out.trees.comparison = onnx::TreeEnsemble::Comparison::kLess;
    out.trees.aggregate = onnx::TreeEnsemble::Aggregate::kSum;
    out.trees.base_value = parse_number<float>(shape.at("base_score").get_ref<const std::string&>());
    out.trees.column_count = parse_number<size_t>(shape.at("num_feature").get_ref<const std::string&>());
    out.gains.resize(out.trees.column_count);
    for (const Json& tree : learner.at("gradient_booster").at("model").at("trees")) append_tree(tree, out);
    return out;
  } catch (const Json::exception& e) {
    throw Error(ErrorCode::kCorrupted, fmt::format("{} is not as expected: {}", kPlace, e.what()));
  }
}

}  // namespace tidemill::models
