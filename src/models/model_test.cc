#include "models/model.h"

#include <cmath>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/random.h"
#include "models/parameter_rules.h"

namespace tidemill::models {
namespace {

// Predicts shift + the mean target of its training rows.
class MeanModel : public Model {
 public:
  explicit MeanModel(double value) : value_(value) {}
  std::string append_to(onnx::GraphBuilder&, const std::string&) const override { return ""; }
  std::vector<double> feature_importances() const override { return {}; }
  std::vector<double> predict(const TrainingSet& rows, int) const override {
    return std::vector<double>(rows.row_count, value_);
  }

 private:
  double value_;
};

class MeanKind : public ModelKind {
 public:
  std::string name() const override { return "mean"; }
  const std::vector<ParameterSpec>& parameters() const override { return parameters_; }
  std::unique_ptr<Model> fit(const TrainingSet& set, const Parameters& parameters,
                             const FitOptions&) const override {
    double sum = 0;
    for (size_t r = 0; r < set.row_count; ++r) sum += set.target[r];
    return std::make_unique<MeanModel>(sum / static_cast<double>(set.row_count) +
                                       as_number(parameters.at("shift")));
  }

 private:
  std::vector<ParameterSpec> parameters_{
      {"shift", 0.0, "number >= 0", is_not_negative},
      {"max_depth", std::monostate{}, "integer >= 1 or None", is_integer_from_or_none<1>}};
};

std::string message_of(const Parameters& given) {
  try {
    complete_parameters(MeanKind(), given, "[[models]] mean, tidemill.toml:9");
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kInvalidArgument);
    return e.message();
  }
  return "";
}

TEST(Parameters, AreShownAsMlflowShowsThem) {
  EXPECT_EQ(format_parameter(std::monostate{}), "None");
  EXPECT_EQ(format_parameter(true), "true");
  EXPECT_EQ(format_parameter(int64_t{50}), "50");
  EXPECT_EQ(format_parameter(0.1), "0.1");
  EXPECT_EQ(format_parameter(std::string("sqrt")), "sqrt");
}

TEST(Parameters, GetDefaults) {
  const Parameters out = complete_parameters(MeanKind(), {{"shift", int64_t{2}}}, "test");
  EXPECT_EQ(out.size(), 2u);
  EXPECT_EQ(as_number(out.at("shift")), 2);
  EXPECT_TRUE(is_none(out.at("max_depth")));
}

TEST(Parameters, ErrorsSayWhatWouldBeRight) {
  EXPECT_EQ(message_of({{"max_dept", int64_t{3}}}),
            "[[models]] mean, tidemill.toml:9: mean has no parameter 'max_dept' (given 3); did you mean "
            "'max_depth'? It has: shift, max_depth");
  EXPECT_EQ(
      message_of({{"max_depth", int64_t{0}}}),
      "[[models]] mean, tidemill.toml:9: max_depth = 0 is not allowed; mean wants: integer >= 1 or None");
  EXPECT_NE(message_of({{"max_depth", 2.5}}), "");
  EXPECT_NE(message_of({{"shift", std::nan("")}}), "");
}

TEST(CrossValidation, EachRowIsPredictedByTheOtherFolds) {
  const size_t rows = 9;
  std::vector<double> features(rows * 2), target;
  std::vector<float> floats(rows * 2);
  for (size_t r = 0; r < rows; ++r) target.push_back(static_cast<double>(r));
  const TrainingSet set{rows, 2, features.data(), floats.data(), target.data()};
  const std::vector<Fold> folds{{0, 3, 6}, {1, 4, 7}, {2, 5, 8}};
  const std::vector<Parameters> candidates{complete_parameters(MeanKind(), {}, ""),
                                           complete_parameters(MeanKind(), {{"shift", 10.0}}, "")};
  for (const int threads : {1, 2, 4}) {
    const auto out = MeanKind().cross_val_predict(set, candidates, folds, {42, threads});
    for (size_t r = 0; r < rows; ++r) {
      double sum = 0;
      for (size_t other = 0; other < rows; ++other) {
        if (other % 3 != r % 3) sum += target[other];
      }
      EXPECT_EQ(out[0][r], sum / 6);
      EXPECT_EQ(out[1][r], sum / 6 + 10);
    }
  }
}

TEST(Registry, FindsKindsByName) {
  for (const std::string& name : model_kind_names()) EXPECT_EQ(find_model_kind(name)->name(), name);
  EXPECT_NE(find_model_kind("linear_regression"), nullptr);
  EXPECT_EQ(find_model_kind("linear"), nullptr);
}

}  // namespace
}  // namespace tidemill::models
