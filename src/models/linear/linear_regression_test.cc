#include "models/linear/linear_regression.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/json.h"
#include "base/random.h"
#include "models/linear/least_squares.h"
#include "models/onnx/model_graph.h"
#include "models/onnx/scorer.h"

namespace tidemill::models {
namespace {

struct Matrix {
  size_t row_count = 0, column_count = 0;
  std::vector<double> values;  // column-major
  std::vector<float> values_f32;
  std::vector<double> target;

  TrainingSet set() const {
    return {row_count, column_count, values.data(), values_f32.data(), target.data()};
  }
  std::vector<double> row_major() const {
    std::vector<double> out;
    for (size_t r = 0; r < row_count; ++r) {
      for (size_t c = 0; c < column_count; ++c) out.push_back(values[c * row_count + r]);
    }
    return out;
  }
};

Matrix from_rows(const Json& rows) {
  Matrix out;
  out.row_count = rows.size();
  out.column_count = rows.at(0).size();
  for (size_t c = 0; c < out.column_count; ++c) {
    for (size_t r = 0; r < out.row_count; ++r) out.values.push_back(rows[r][c].get<double>());
  }
  out.values_f32.assign(out.values.begin(), out.values.end());
  out.target.resize(out.row_count);
  return out;
}

Matrix random_matrix(size_t rows, size_t columns, uint64_t seed) {
  Matrix out{rows, columns, {}, {}, {}};
  for (size_t i = 0; i < rows * columns; ++i) out.values.push_back(counter_uniform(seed, 0, i) * 4 - 2);
  for (size_t r = 0; r < rows; ++r) {
    double y = counter_uniform(seed, 1, r);
    for (size_t c = 0; c < columns; ++c) y += out.values[c * rows + r] * static_cast<double>(c % 3);
    out.target.push_back(y);
  }
  out.values_f32.assign(out.values.begin(), out.values.end());
  return out;
}

Preprocessing pass_through(size_t columns) {
  Preprocessing out;
  for (size_t c = 0; c < columns; ++c) {
    out.numeric.push_back({"c" + std::to_string(c), 0, -INFINITY, INFINITY, 0, 1});
  }
  return out;
}

std::unique_ptr<Model> fit(const Matrix& matrix, const Parameters& given = {}, int threads = 1) {
  const ModelKind& kind = linear_regression_kind();
  return kind.fit(matrix.set(), complete_parameters(kind, given, "test"), {42, threads});
}

TEST(LinearRegression, PredictsAsScikitLearn) {
  std::ifstream file("tests/golden/linear.json");
  std::stringstream text;
  text << file.rdbuf();
  const Json cases = parse_json(text.str(), "tests/golden/linear.json");
  ASSERT_EQ(cases.size(), 12u);
  for (const Json& expected : cases) {
    SCOPED_TRACE(expected["name"].get<std::string>());
    Matrix training = from_rows(expected["features"]);
    training.target = expected["target"].get<std::vector<double>>();
    const auto model = fit(training, {{"fit_intercept", expected["fit_intercept"].get<bool>()}});
    const auto predictions = model->predict(from_rows(expected["new_rows"]).set(), 1);
    const auto golden = expected["predictions"].get<std::vector<double>>();
    ASSERT_EQ(predictions.size(), golden.size());
    for (size_t i = 0; i < golden.size(); ++i) {
      EXPECT_NEAR(predictions[i], golden[i], 1e-8 * std::max(1.0, std::abs(golden[i]))) << "row " << i;
    }
  }
}

TEST(LinearRegression, ManyRowsAreReducedInBlocks) {
  // Exact data: whatever the number of blocks and of rounds over them, the coefficients come back.
  for (const size_t rows : {5u, 1024u, 1025u, 4999u, 300000u}) {
    Matrix m = random_matrix(rows, 4, rows);
    for (size_t r = 0; r < rows; ++r) {
      m.target[r] = 3 + 0.5 * m.values[r] - 2 * m.values[rows + r] + m.values[3 * rows + r];
    }
    const LeastSquaresFit out = fit_least_squares(m.set(), {});
    const std::vector<double> expected{0.5, -2, 0, 1};
    for (size_t c = 0; c < 4; ++c) EXPECT_NEAR(out.coefficients[c], expected[c], 1e-12) << rows;
    EXPECT_NEAR(out.intercept, 3, 1e-12);
  }
}

TEST(LinearRegression, ThreadsDoNotChangeABit) {
  const Matrix m = random_matrix(20000, 9, 7);
  const auto one = fit_least_squares(m.set(), {true, 1e-6, 1});
  for (const int threads : {2, 4}) {
    const auto many = fit_least_squares(m.set(), {true, 1e-6, threads});
    EXPECT_EQ(one.coefficients, many.coefficients);
    EXPECT_EQ(one.intercept, many.intercept);
    EXPECT_EQ(one.column_deviations, many.column_deviations);
  }
}

TEST(LinearRegression, PredictIsTheGraphToTheBit) {
  for (const size_t columns : {1u, 2u, 3u, 24u, 40u, 129u, 511u, 512u, 513u, 1100u}) {
    const Matrix m = random_matrix(60, columns, columns);
    const auto model = fit(m);
    const onnx::Scorer scorer(onnx::build_model_onnx(pass_through(columns), *model, {}), "test");
    const std::vector<double> rows = m.row_major();
    const std::vector<double> own = model->predict(m.set(), 1);
    EXPECT_EQ(own, scorer.predict(rows.data(), m.row_count)) << columns << " columns";
    for (size_t r = 0; r < m.row_count; ++r) {
      EXPECT_EQ(own[r], scorer.predict(rows.data() + r * columns, 1)[0]) << columns << " columns, row " << r;
    }
  }
}

TEST(LinearRegression, ImportancesAreSharesOfTheMovement) {
  Matrix m = random_matrix(200, 3, 5);
  for (size_t r = 0; r < 200; ++r) {
    m.values[400 + r] = 1;
    m.target[r] = 2 * m.values[r];
  }
  const std::vector<double> importances = fit(m)->feature_importances();
  EXPECT_NEAR(importances[0], 1, 1e-12);
  EXPECT_NEAR(importances[1], 0, 1e-12);
  EXPECT_EQ(importances[2], 0);
  std::fill(m.target.begin(), m.target.end(), 4.0);
  EXPECT_EQ(fit(m)->feature_importances(), std::vector<double>(3, 0.0));
}

TEST(LinearRegression, RefusesWhatItCannotDo) {
  Matrix m = random_matrix(10, 2, 1);
  const auto code = [&](const Parameters& given) {
    try {
      fit(m, given);
    } catch (const Error& e) {
      return e.code();
    }
    return ErrorCode::kInternal;
  };
  EXPECT_EQ(code({{"positive", true}}), ErrorCode::kNotImplemented);
  EXPECT_EQ(code({{"tol", -1.0}}), ErrorCode::kInvalidArgument);
  m.values[3] = NAN;
  EXPECT_EQ(code({}), ErrorCode::kInvalidArgument);
  m.values[3] = INFINITY;
  EXPECT_EQ(code({}), ErrorCode::kInvalidArgument);
  m.row_count = 0;
  EXPECT_EQ(code({}), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace tidemill::models
