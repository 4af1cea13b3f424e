#include "models/boosting/boosting.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "models/boosting/boosted_trees.h"
#include "models/onnx/graph_builder.h"
#include "models/onnx/tree_prediction.h"
#include "models/parameter_rules.h"

namespace tidemill::models {
namespace {

// One hyperparameter and how XGBoost is told: by `xgboost_name` with the same value, or as `convert` says, or
// not at all (n_estimators counts the rounds; some only exist so that their one value can be written down).
struct BoostingParameter {
  ParameterSpec spec;
  const char* xgboost_name = nullptr;
  XgboostSettings (*convert)(const ParameterValue& value, size_t column_count) = nullptr;
};

template <size_t kSize>
struct Text {
  char value[kSize];
  constexpr Text(const char (&text)[kSize]) { std::copy_n(text, kSize, value); }  // NOLINT: a literal is one
};
template <Text... kTexts>
bool is_one_of(const ParameterValue& value) {
  const auto* text = std::get_if<std::string>(&value);
  return text != nullptr && ((*text == kTexts.value) || ...);
}

bool is_finite_or_none(const ParameterValue& value) {
  return is_none(value) || (is_number(value) && std::isfinite(static_cast<float>(as_number(value))));
}

bool is_max_features(const ParameterValue& value) {
  if (const auto* share = std::get_if<double>(&value)) return *share > 0 && *share <= 1;
  return is_integer_from_or_none<1>(value) || is_one_of<"sqrt", "log2">(value);
}

// How many columns a node looks at, as the share that XGBoost takes and rounds down.
XgboostSettings convert_max_features(const ParameterValue& value, size_t column_count) {
  const auto columns = static_cast<double>(column_count);
  double count = columns;
  if (const auto* whole = std::get_if<int64_t>(&value)) count = static_cast<double>(*whole);
  if (const auto* share = std::get_if<double>(&value)) count = *share * columns;
  if (is_one_of<"sqrt">(value)) count = std::sqrt(columns);
  if (is_one_of<"log2">(value)) count = std::log2(columns);
  count = std::clamp(std::floor(count), 1.0, columns);
  return {{"colsample_bynode", format_double(std::min((count + 0.5) / columns, 1.0))}};
}

XgboostSettings convert_max_leaf_nodes(const ParameterValue& value, size_t) {
  if (is_none(value)) return {};
  return {{"grow_policy", "lossguide"}, {"max_leaves", format_parameter(value)}};
}

XgboostSettings convert_max_depth_or_none(const ParameterValue& value, size_t) {
  return {{"max_depth", is_none(value) ? "0" : format_parameter(value)}};
}

XgboostSettings convert_base_score(const ParameterValue& value, size_t) {
  if (is_none(value)) return {};
  return {{"base_score", format_parameter(value)}};
}

constexpr char kPositive[] = "number > 0";
constexpr char kNotNegative[] = "number >= 0";
constexpr char kShare[] = "number in (0, 1]";
constexpr char kFromOne[] = "integer >= 1";
constexpr char kFromZero[] = "integer >= 0 (0: no limit)";

std::vector<BoostingParameter> gradient_boosting_parameters() {
  return {
      {{"loss", "squared_error", "squared_error", is_one_of<"squared_error">}},
      {{"n_estimators", int64_t{100}, kFromOne, is_integer_from<1>}},
      {{"learning_rate", 0.1, kPositive, is_positive}, "eta"},
      {{"max_depth", int64_t{3}, "integer >= 1 or None", is_integer_from_or_none<1>},
       nullptr,
       convert_max_depth_or_none},
      {{"max_leaf_nodes", std::monostate{}, "integer >= 2 or None", is_integer_from_or_none<2>},
       nullptr,
       convert_max_leaf_nodes},
      // With squared error a row's hessian is 1, so XGBoost's least sum of hessians counts rows.
      {{"min_samples_leaf", int64_t{1}, kFromOne, is_integer_from<1>}, "min_child_weight"},
      {{"subsample", 1.0, kShare, is_positive_fraction}, "subsample"},
      {{"max_features", std::monostate{}, "integer >= 1, number in (0, 1], sqrt, log2 or None",
        is_max_features},
       nullptr,
       convert_max_features},
  };
}

std::vector<BoostingParameter> xgboost_parameters() {
  return {
      {{"objective", "reg:squarederror", "reg:squarederror", is_one_of<"reg:squarederror">}},
      {{"booster", "gbtree", "gbtree", is_one_of<"gbtree">}},
      {{"tree_method", "hist", "hist", is_one_of<"hist">}},
      {{"n_estimators", int64_t{100}, kFromOne, is_integer_from<1>}},
      {{"learning_rate", 0.3, kPositive, is_positive}, "eta"},
      {{"max_depth", int64_t{6}, kFromZero, is_integer_from<0>}, "max_depth"},
      {{"max_leaves", int64_t{0}, kFromZero, is_integer_from<0>}, "max_leaves"},
      {{"max_bin", int64_t{256}, "integer >= 2", is_integer_from<2>}, "max_bin"},
      {{"grow_policy", "depthwise", "depthwise or lossguide", is_one_of<"depthwise", "lossguide">},
       "grow_policy"},
      {{"gamma", 0.0, kNotNegative, is_not_negative}, "gamma"},
      {{"min_child_weight", 1.0, kNotNegative, is_not_negative}, "min_child_weight"},
      {{"max_delta_step", 0.0, kNotNegative, is_not_negative}, "max_delta_step"},
      {{"subsample", 1.0, kShare, is_positive_fraction}, "subsample"},
      {{"colsample_bytree", 1.0, kShare, is_positive_fraction}, "colsample_bytree"},
      {{"colsample_bylevel", 1.0, kShare, is_positive_fraction}, "colsample_bylevel"},
      {{"colsample_bynode", 1.0, kShare, is_positive_fraction}, "colsample_bynode"},
      {{"reg_alpha", 0.0, kNotNegative, is_not_negative}, "reg_alpha"},
      {{"reg_lambda", 1.0, kNotNegative, is_not_negative}, "reg_lambda"},
      {{"num_parallel_tree", int64_t{1}, kFromOne, is_integer_from<1>}, "num_parallel_tree"},
      {{"base_score", std::monostate{}, "number or None (the mean target)", is_finite_or_none},
       nullptr,
       convert_base_score},
  };
}

class BoostedModel : public Model {
 public:
  explicit BoostedModel(BoostedTrees boosted) : boosted_(std::move(boosted)) {}

  std::string append_to(onnx::GraphBuilder& graph, const std::string& input) const override {
    return onnx::append_tree_ensemble(graph, boosted_.trees, input);
  }

  // The share of the total gain.
  std::vector<double> feature_importances() const override {
    std::vector<double> out = boosted_.gains;
    double total = 0;
    for (const double gain : out) total += gain;
    if (total > 0) {
      for (double& share : out) share /= total;
    }
    return out;
  }

  std::vector<double> predict(const TrainingSet& rows, int thread_count) const override {
    return onnx::predict_trees(boosted_.trees, rows.features_f32, rows.row_count, thread_count);
  }

 private:
  BoostedTrees boosted_;
};

class BoostingKind : public ModelKind {
 public:
  BoostingKind(std::string name, std::vector<BoostingParameter> table, XgboostSettings fixed)
      : name_(std::move(name)), table_(std::move(table)), fixed_(std::move(fixed)) {
    for (const BoostingParameter& parameter : table_) parameters_.push_back(parameter.spec);
  }

  std::string name() const override { return name_; }
  const std::vector<ParameterSpec>& parameters() const override { return parameters_; }

  std::unique_ptr<Model> fit(const TrainingSet& set, const Parameters& parameters,
                             const FitOptions& options) const override {
    XgboostSettings settings = fixed_;
    for (const BoostingParameter& parameter : table_) {
      const ParameterValue& value = parameters.at(parameter.spec.name);
      if (parameter.xgboost_name != nullptr) {
        settings.emplace_back(parameter.xgboost_name, format_parameter(value));
      } else if (parameter.convert != nullptr) {
        const XgboostSettings converted = parameter.convert(value, set.column_count);
        settings.insert(settings.end(), converted.begin(), converted.end());
      }
    }
    const auto rounds = std::get<int64_t>(parameters.at("n_estimators"));
    return std::make_unique<BoostedModel>(train_boosted_trees(set, std::move(settings), rounds, options));
  }

 private:
  const std::string name_;
  const std::vector<BoostingParameter> table_;
  const XgboostSettings fixed_;
  std::vector<ParameterSpec> parameters_;
};

}  // namespace

const ModelKind& gradient_boosting_kind() {
  static const BoostingKind kind("gradient_boosting", gradient_boosting_parameters(), {{"reg_lambda", "0"}});
  return kind;
}

const ModelKind& xgboost_kind() {
  static const BoostingKind kind("xgboost", xgboost_parameters(), {});
  return kind;
}

}  // namespace tidemill::models
