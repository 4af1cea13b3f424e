// Our side of the learner benchmarks: loads a matrix, fits, and prints the seconds of the fit and the test
// RMSE as JSON. Loading is not counted, as it is not for the peers.
//
//   bench_learners forest_tuning|forest|boosting MATRIX
//
// MATRIX (bench/matrix.py writes it): int64 train rows, test rows, columns; then float64 train features
// (column-major), train target, test features, test target.

#include <chrono>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/parallel.h"
#include "models/model.h"

namespace tidemill {
namespace {

constexpr uint64_t kSeed = 42;

struct Matrix {
  size_t row_count = 0;
  size_t column_count = 0;
  std::vector<double> features;
  std::vector<float> features_f32;
  std::vector<double> target;

  models::TrainingSet view() const {
    return {row_count, column_count, features.data(), features_f32.data(), target.data()};
  }
};

Matrix read_matrix(std::ifstream& file, size_t row_count, size_t column_count) {
  Matrix matrix{row_count,
                column_count,
                std::vector<double>(row_count * column_count),
                {},
                std::vector<double>(row_count)};
  file.read(reinterpret_cast<char*>(matrix.features.data()),
            static_cast<std::streamsize>(matrix.features.size() * sizeof(double)));
  file.read(reinterpret_cast<char*>(matrix.target.data()),
            static_cast<std::streamsize>(matrix.target.size() * sizeof(double)));
  if (!file) throw Error(ErrorCode::kCorrupted, "the matrix file is too short");
  matrix.features_f32.assign(matrix.features.begin(), matrix.features.end());
  return matrix;
}

double rmse(const std::vector<double>& predicted, const std::vector<double>& actual) {
  double sum = 0;
  for (size_t i = 0; i < actual.size(); ++i) sum += (predicted[i] - actual[i]) * (predicted[i] - actual[i]);
  return std::sqrt(sum / static_cast<double>(actual.size()));
}

// As scikit-learn's KFold(n) without shuffling: consecutive rows, the first folds one row longer.
std::vector<models::Fold> consecutive_folds(size_t row_count, size_t fold_count) {
  std::vector<models::Fold> folds(fold_count);
  uint32_t row = 0;
  for (size_t fold = 0; fold < fold_count; ++fold) {
    const size_t size = row_count / fold_count + (fold < row_count % fold_count ? 1 : 0);
    for (size_t i = 0; i < size; ++i) folds[fold].push_back(row++);
  }
  return folds;
}

struct Fitted {
  std::unique_ptr<models::Model> model;
  models::Parameters parameters;
};

Fitted fit(const std::string& kind_name, const models::Parameters& given, const models::TrainingSet& set,
           const models::FitOptions& options) {
  const models::ModelKind* kind = models::find_model_kind(kind_name);
  if (kind == nullptr) throw Error(ErrorCode::kNotImplemented, "no model kind " + kind_name);
  models::Parameters parameters = models::complete_parameters(*kind, given, "bench");
  return {kind->fit(set, parameters, options), parameters};
}

// The churn example's grid: every candidate cross-validated on three folds, the best one fitted on all rows.
Fitted tune_forest(const models::TrainingSet& set, const models::FitOptions& options) {
  const models::ModelKind& kind = *models::find_model_kind("random_forest");
  std::vector<models::Parameters> candidates;
  for (const models::ParameterValue& depth :
       {models::ParameterValue{int64_t{5}}, models::ParameterValue{int64_t{10}}, models::ParameterValue{}}) {
    for (const int64_t trees : {50, 100}) {
      candidates.push_back(
          models::complete_parameters(kind, {{"n_estimators", trees}, {"max_depth", depth}}, "bench"));
    }
  }
  const std::vector<models::Fold> folds = consecutive_folds(set.row_count, 3);
  const auto predictions = kind.cross_val_predict(set, candidates, folds, options);
  size_t best = 0;
  double best_score = 0;
  for (size_t candidate = 0; candidate < candidates.size(); ++candidate) {
    double score = 0;  // mean over the folds, as GridSearchCV ranks
    for (const models::Fold& fold : folds) {
      std::vector<double> predicted, actual;
      for (const uint32_t row : fold) {
        predicted.push_back(predictions[candidate][row]);
        actual.push_back(set.target[row]);
      }
      score += rmse(predicted, actual) / static_cast<double>(folds.size());
    }
    if (candidate == 0 || score < best_score) {
      best = candidate;
      best_score = score;
    }
  }
  return {kind.fit(set, candidates[best], options), candidates[best]};
}

Fitted fit_case(const std::string& name, const models::TrainingSet& set, const models::FitOptions& options) {
  if (name == "forest_tuning") return tune_forest(set, options);
  if (name == "forest") {
    return fit("random_forest", {{"n_estimators", int64_t{100}}, {"max_depth", int64_t{10}}}, set, options);
  }
  if (name == "boosting") {
    return fit("gradient_boosting",
               {{"n_estimators", int64_t{100}}, {"max_depth", int64_t{3}}, {"learning_rate", 0.1}}, set,
               options);
  }
  throw Error(ErrorCode::kInvalidArgument, "no case '" + name + "'; known: forest_tuning, forest, boosting");
}

void run(const std::string& name, const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  int64_t shape[3] = {};
  file.read(reinterpret_cast<char*>(shape), sizeof shape);
  const auto column_count = static_cast<size_t>(shape[2]);
  const Matrix train = read_matrix(file, static_cast<size_t>(shape[0]), column_count);
  const Matrix test = read_matrix(file, static_cast<size_t>(shape[1]), column_count);

  const models::FitOptions options{kSeed, available_cores()};
  const auto start = std::chrono::steady_clock::now();
  const Fitted fitted = fit_case(name, train.view(), options);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;

  const std::vector<double> predicted = fitted.model->predict(test.view(), options.thread_count);
  std::printf(R"({"seconds": %.6f, "test_rmse": %.8f, "parameters": {)", seconds.count(),
              rmse(predicted, test.target));
  const char* separator = "";
  for (const auto& [key, value] : fitted.parameters) {
    std::printf(R"(%s"%s": "%s")", separator, key.c_str(), models::format_parameter(value).c_str());
    separator = ", ";
  }
  std::printf("}}\n");
}

}  // namespace
}  // namespace tidemill

int main(int argument_count, char** arguments) {
  if (argument_count != 3) {
    std::cerr << "usage: bench_learners forest_tuning|forest|boosting MATRIX\n";
    return 2;
  }
  try {
    tidemill::run(arguments[1], arguments[2]);
  } catch (const std::exception& error) {
    std::cerr << "bench_learners: " << error.what() << '\n';
    return 1;
  }
  return 0;
}
