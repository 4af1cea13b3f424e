#include "models/boosting/boosting.h"

#include <algorithm>
#include <cmath>
#include <thread>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/random.h"
#include "models/boosting/boosted_trees.h"
#include "models/boosting/xgboost_library.h"
#include "models/onnx/model_graph.h"
#include "models/onnx/scorer.h"

namespace tidemill::models {
namespace {

struct Data {
  size_t row_count, column_count;
  std::vector<double> features;
  std::vector<float> features_f32;
  std::vector<double> target;

  Data(size_t rows, size_t columns, uint64_t seed) : row_count(rows), column_count(columns) {
    for (size_t i = 0; i < rows * columns; ++i) features.push_back(counter_uniform(seed, 0, i));
    // Values that repeat, as one-hot columns and counts do.
    for (size_t r = 0; r < rows; ++r) features[r] = std::round(features[r]);
    for (size_t r = 0; r < rows; ++r) {
      const double noise = counter_uniform(seed, 1, r) - 0.5;
      target.push_back(0.4 * features[r] + std::sin(6 * features[rows + r]) * features[2 * rows + r] +
                       0.3 * noise);
    }
    features_f32.assign(features.begin(), features.end());
  }
  TrainingSet set() const {
    return {row_count, column_count, features.data(), features_f32.data(), target.data()};
  }
  std::vector<double> row_major() const {
    std::vector<double> out;
    for (size_t r = 0; r < row_count; ++r) {
      for (size_t c = 0; c < column_count; ++c) out.push_back(features[c * row_count + r]);
    }
    return out;
  }
};

Preprocessing pass_through(size_t columns) {
  Preprocessing out;
  for (size_t c = 0; c < columns; ++c) {
    out.numeric.push_back({"c" + std::to_string(c), 0, -INFINITY, INFINITY, 0, 1});
  }
  return out;
}

std::unique_ptr<Model> fit(const ModelKind& kind, const Data& data, const Parameters& given = {},
                           int threads = 1) {
  return kind.fit(data.set(), complete_parameters(kind, given, "test"), {42, threads});
}

std::string graph_of(const Model& model, size_t columns) {
  return onnx::build_model_onnx(pass_through(columns), model, {});
}

double rmse(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return std::sqrt(sum / static_cast<double>(a.size()));
}

TEST(Boosting, LearnsAndTellsWhichColumnsMatter) {
  const Data training(4000, 6, 1), test(2000, 6, 2);
  for (const ModelKind* kind : {&gradient_boosting_kind(), &xgboost_kind()}) {
    const auto model = fit(*kind, training);
    // The noise is uniform with deviation 0.3 / sqrt(12) = 0.087.
    EXPECT_LT(rmse(model->predict(test.set(), 1), test.target), 0.11) << kind->name();
    const std::vector<double> importances = model->feature_importances();
    EXPECT_NEAR(importances[0] + importances[1] + importances[2], 1, 0.1);
    double total = 0;
    for (const double share : importances) total += share;
    EXPECT_NEAR(total, 1, 1e-12);
  }
}

TEST(Boosting, TheSameBytesAtAnyThreadCount) {
  // Enough values for four threads to be used.
  const Data data(45000, 24, 3);
  const std::vector<Parameters> cases{
      {{"n_estimators", int64_t{4}}},
      {{"n_estimators", int64_t{10}},
       {"subsample", 0.5},
       {"colsample_bynode", 0.5},
       {"max_depth", int64_t{9}}},
      {{"n_estimators", int64_t{2}}, {"grow_policy", "lossguide"}, {"max_leaves", int64_t{40}}},
  };
  for (const Parameters& parameters : cases) {
    const std::string one = graph_of(*fit(xgboost_kind(), data, parameters, 1), 24);
    for (const int threads : {2, 4}) {
      EXPECT_TRUE(one == graph_of(*fit(xgboost_kind(), data, parameters, threads), 24)) << threads;
    }
  }
}

TEST(Boosting, FitsSideBySideDoNotMeet) {
  const Data data(500, 5, 4);
  const Parameters parameters{{"subsample", 0.7}, {"max_features", "sqrt"}, {"n_estimators", int64_t{20}}};
  const std::string expected = graph_of(*fit(gradient_boosting_kind(), data, parameters), 5);
  std::vector<std::string> found(4);
  std::vector<std::thread> threads;
  for (std::string& out : found) {
    threads.emplace_back([&] { out = graph_of(*fit(gradient_boosting_kind(), data, parameters), 5); });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& out : found) EXPECT_TRUE(out == expected);
}

TEST(Boosting, PredictIsTheGraphToTheBit) {
  const Data training(3000, 6, 5), test(1500, 6, 6);
  const std::vector<double> rows = test.row_major();
  for (const int64_t depth : {1, 6, 12}) {
    for (const int64_t trees : {1, 7, 200}) {
      const auto model =
          fit(xgboost_kind(), training, {{"max_depth", depth}, {"n_estimators", trees}, {"base_score", 0.1}});
      const onnx::Scorer scorer(graph_of(*model, 6), "test");
      const std::vector<double> own = model->predict(test.set(), 2);
      EXPECT_EQ(own, scorer.predict(rows.data(), test.row_count));
      for (size_t r = 0; r < test.row_count; r += 13) {
        EXPECT_EQ(own[r], scorer.predict(rows.data() + r * 6, 1)[0]);
      }
    }
  }
}

TEST(Boosting, ThresholdsAreExact) {
  // The rows that stand on a threshold must go right: in training data every threshold is between two values,
  // or on the upper one.
  const Data data(2000, 3, 7);
  const BoostedTrees out = train_boosted_trees(data.set(), {{"max_depth", "4"}, {"eta", "1"}}, 1, {});
  EXPECT_EQ(out.trees.comparison, onnx::TreeEnsemble::Comparison::kLess);
  EXPECT_EQ(out.trees.tree_count(), 1u);
  size_t on_threshold = 0;
  for (size_t n = 0; n < out.trees.node_count(); ++n) {
    if (out.trees.is_leaf[n] != 0) continue;
    const float* column =
        data.features_f32.data() + static_cast<size_t>(out.trees.feature[n]) * data.row_count;
    on_threshold += static_cast<size_t>(std::count(column, column + data.row_count, out.trees.threshold[n]));
    EXPECT_LT(out.trees.left[n], static_cast<int32_t>(out.trees.node_count()));
    EXPECT_GT(out.trees.left[n], 0);
  }
  EXPECT_GT(on_threshold, 0u);
}

TEST(Boosting, ScikitLearnsNamesMeanTheSame) {
  // One tree, learning rate 1: its leaves are means of the target, at least so many rows in each.
  const Data data(64, 3, 8);
  const auto model = fit(gradient_boosting_kind(), data,
                         {{"n_estimators", int64_t{1}},
                          {"learning_rate", int64_t{1}},
                          {"max_depth", std::monostate{}},
                          {"min_samples_leaf", int64_t{16}}});
  const std::vector<double> predictions = model->predict(data.set(), 1);
  for (const double value : predictions) {
    double sum = 0, count = 0;
    for (size_t r = 0; r < 64; ++r) {
      if (predictions[r] != value) continue;
      sum += data.target[r];
      ++count;
    }
    EXPECT_GE(count, 16);
    EXPECT_NEAR(value, sum / count, 1e-6);
  }
  const auto leaves = [&](const Parameters& given) {
    std::vector<double> values = fit(gradient_boosting_kind(), data, given)->predict(data.set(), 1);
    std::sort(values.begin(), values.end());
    return std::unique(values.begin(), values.end()) - values.begin();
  };
  EXPECT_EQ(leaves({{"n_estimators", int64_t{1}}, {"max_leaf_nodes", int64_t{5}}}), 5);
  EXPECT_EQ(leaves({{"n_estimators", int64_t{1}}, {"max_depth", int64_t{2}}}), 4);
}

TEST(Boosting, ConstantTargetAndOneRow) {
  Data data(50, 3, 9);
  std::fill(data.target.begin(), data.target.end(), 0.7);
  const auto model = fit(gradient_boosting_kind(), data);
  for (const double value : model->predict(data.set(), 1)) EXPECT_NEAR(value, 0.7, 1e-6);
  EXPECT_EQ(model->feature_importances(), std::vector<double>(3, 0.0));
  const Data one(1, 3, 1);
  EXPECT_NEAR(fit(xgboost_kind(), one)->predict(one.set(), 1)[0], one.target[0], 1e-6);
}

TEST(Boosting, SaysWhatIsWrong) {
  Data data(20, 3, 1);
  const auto message = [&](const ModelKind& kind, const Parameters& given) -> std::string {
    try {
      fit(kind, data, given);
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), ErrorCode::kInvalidArgument);
      return e.message();
    }
    return "";
  };
  EXPECT_EQ(message(xgboost_kind(), {{"tree_method", "exact"}}),
            "test: tree_method = exact is not allowed; xgboost wants: hist");
  EXPECT_NE(message(gradient_boosting_kind(), {{"subsample", 0.0}}), "");
  EXPECT_NE(message(gradient_boosting_kind(), {{"max_features", 1.5}}), "");
  EXPECT_NE(message(gradient_boosting_kind(), {{"n_estimators", 10.0}}), "");
  data.features_f32[5] = INFINITY;
  EXPECT_EQ(message(xgboost_kind(), {}),
            "XGBoost cannot take the training rows: Input data contains `inf` or a value too large, while "
            "`missing` is not set to `inf`");
  data.features_f32[5] = 0;
  data.target[3] = NAN;
  EXPECT_EQ(message(xgboost_kind(), {}),
            "XGBoost cannot take the training rows: Label contains NaN, infinity or a value too large.");
  data.row_count = 0;
  EXPECT_NE(message(xgboost_kind(), {}), "");
}

TEST(Boosting, AModelThatIsNoneIsRefused) {
  for (const std::string bytes : {"", "{}", "nonsense"}) EXPECT_THROW(read_xgboost_model(bytes), Error);
}

}  // namespace
}  // namespace tidemill::models
