#include "models/tuning/tuning.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace tidemill::models {
namespace {

const ParameterGrid kGrid = {{"n_estimators", {int64_t{50}, int64_t{100}}},
                             {"max_depth", {int64_t{5}, int64_t{10}, std::monostate()}}};

// Predicts n_estimators / 100 for every row, so that scores are known.
class FixedKind final : public ModelKind {
 public:
  std::string name() const override { return "fixed"; }
  const std::vector<ParameterSpec>& parameters() const override { return specs_; }
  std::unique_ptr<Model> fit(const TrainingSet&, const Parameters&, const FitOptions&) const override {
    return nullptr;
  }
  std::vector<std::vector<double>> cross_val_predict(const TrainingSet& set,
                                                     const std::vector<Parameters>& candidates,
                                                     const std::vector<Fold>&,
                                                     const FitOptions&) const override {
    std::vector<std::vector<double>> predictions;
    for (const Parameters& one : candidates) {
      const double value = static_cast<double>(std::get<int64_t>(one.at("n_estimators"))) / 100;
      predictions.emplace_back(set.row_count, value);
    }
    return predictions;
  }

 private:
  std::vector<ParameterSpec> specs_;
};

TEST(ExpandGrid, IsInScikitLearnsOrder) {
  const std::vector<Parameters> all = expand_grid(kGrid);
  ASSERT_EQ(all.size(), 6u);
  EXPECT_EQ(std::get<int64_t>(all[0].at("max_depth")), 5);
  EXPECT_EQ(std::get<int64_t>(all[0].at("n_estimators")), 50);
  EXPECT_EQ(std::get<int64_t>(all[1].at("n_estimators")), 100);
  EXPECT_TRUE(std::holds_alternative<std::monostate>(all[5].at("max_depth")));
}

TEST(ExpandGrid, RefusesANameWithoutValues) {
  EXPECT_THROW(expand_grid({{"max_depth", {}}}), Error);
}

TEST(SampleGrid, DrawsDifferentCombinationsAndRepeats) {
  const std::vector<Parameters> some = sample_grid(kGrid, 4, 7);
  ASSERT_EQ(some.size(), 4u);
  for (size_t i = 0; i < some.size(); ++i) {
    for (size_t j = i + 1; j < some.size(); ++j) EXPECT_NE(some[i], some[j]);
  }
  EXPECT_EQ(some, sample_grid(kGrid, 4, 7));
  EXPECT_EQ(sample_grid(kGrid, 100, 7).size(), 6u);
}

TEST(KFolds, AreScikitLearns) {
  const std::vector<Fold> folds = k_folds(10, 3);
  EXPECT_EQ(folds[0], (Fold{0, 1, 2, 3}));
  EXPECT_EQ(folds[1], (Fold{4, 5, 6}));
  EXPECT_EQ(folds[2], (Fold{7, 8, 9}));
  EXPECT_THROW(k_folds(2, 3), Error);
  EXPECT_THROW(k_folds(2, 1), Error);
}

TEST(Tune, RanksByMeanRmse) {
  const std::vector<double> target = {1, 1, 1, 1};
  TrainingSet set;
  set.row_count = 4;
  set.target = target.data();
  const TuningResult result = tune(FixedKind(), set, expand_grid(kGrid), k_folds(4, 2), {});
  EXPECT_EQ(result.best_index, 1u);
  EXPECT_EQ(result.best().mean_score, 0);
  EXPECT_EQ(result.candidates[0].mean_score, 0.5);
  EXPECT_EQ(result.candidates[0].rank, 4);
  EXPECT_EQ(result.candidates[3].rank, 1);
}

}  // namespace
}  // namespace tidemill::models
