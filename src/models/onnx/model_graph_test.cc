#include "models/onnx/model_graph.h"

#include <bit>
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/random.h"
#include "models/onnx/graph_builder.h"
#include "models/onnx/scorer.h"
#include "models/prediction.h"

namespace tidemill::onnx {
namespace {

using models::Preprocessing;

Preprocessing mixed() {
  Preprocessing out;
  out.numeric = {
      {"spend", 12.5, -3.25, 91.7, 31.1, 17.3},
      {"logins", 3, -INFINITY, INFINITY, 0, 1},
      {"minutes", 0.1, -INFINITY, 6.3, 1.0 / 3, 0.7},
  };
  out.categorical = {{"segment", {"basic", "plus", "pro"}, 1}, {"contract", {"month", "year"}, 0}};
  return out;
}

std::vector<double> random_rows(const Preprocessing& p, size_t count) {
  const std::vector<double> special{0.0, -0.0, INFINITY, -INFINITY, 1e308, 5e-324, -3.25, 91.7, 6.3};
  std::vector<double> out;
  for (size_t r = 0; r < count; ++r) {
    for (size_t c = 0; c < p.input_count(); ++c) {
      const uint64_t bits = counter_bits(1, c, r);
      if (bits % 7 == 0) {
        out.push_back(std::numeric_limits<double>::quiet_NaN());
      } else if (c >= p.numeric.size()) {
        out.push_back(static_cast<double>(bits % 4) - 1);  // -1 .. 2
      } else if (bits % 11 == 0) {
        out.push_back(special[bits / 11 % special.size()]);
      } else {
        out.push_back(unit_double(bits) * 200 - 60);
      }
    }
  }
  return out;
}

void expect_same_bits(const std::vector<double>& left, const std::vector<double>& right) {
  ASSERT_EQ(left.size(), right.size());
  for (size_t i = 0; i < left.size(); ++i) {
    ASSERT_EQ(std::bit_cast<uint64_t>(left[i]), std::bit_cast<uint64_t>(right[i]))
        << "value " << i << ": " << left[i] << " and " << right[i];
  }
}

void expect_graph_equals_own(const Preprocessing& p) {
  const Scorer scorer(build_preprocessing_onnx(p), "test");
  ASSERT_EQ(scorer.input_count(), p.input_count());
  ASSERT_EQ(scorer.output_count(), p.output_count());
  const size_t rows = 5000;
  const std::vector<double> values = random_rows(p, rows);
  const std::vector<double> own = apply_preprocessing(p, values.data(), rows);
  expect_same_bits(own, scorer.predict(values.data(), rows, 2));
  for (size_t r = 0; r < 200; ++r) {
    expect_same_bits(apply_preprocessing(p, values.data() + r * p.input_count(), 1),
                     scorer.predict(values.data() + r * p.input_count(), 1));
  }
}

TEST(ModelGraph, PreparesTheSameBitsAsOurOwnLoop) {
  expect_graph_equals_own(mixed());
  Preprocessing p = mixed();
  p.categorical.clear();
  expect_graph_equals_own(p);
  p.numeric.erase(p.numeric.begin() + 2);
  p.numeric.erase(p.numeric.begin());  // nothing to do but impute
  expect_graph_equals_own(p);
  p = mixed();
  p.numeric.clear();
  expect_graph_equals_own(p);
  p = mixed();
  for (auto& c : p.categorical) c.categories.clear();
  expect_graph_equals_own(p);
}

TEST(ModelGraph, ImputesCapsScalesAndSpreadsCategories) {
  Preprocessing p;
  p.numeric = {{"x", 5, 0, 10, 4, 2}};
  p.categorical = {{"c", {"a", "b"}, 1}};
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<double> rows{nan, nan, 12, 0, -3, -1, 6, 1, 6, 2};
  const std::vector<double> expected{0.5, 0, 1, 3, 1, 0, -2, 0, 0, 1, 0, 1, 1, 0, 0};
  EXPECT_EQ(Scorer(build_preprocessing_onnx(p), "test").predict(rows.data(), 5), expected);
  EXPECT_EQ(p.output_names(), (std::vector<std::string>{"x", "c_a", "c_b"}));
}

// Training evaluates without the runtime; predict and serving do so with it.
TEST(ModelGraph, EveryKindPredictsTheSameBitsWithoutIt) {
  const Preprocessing p = mixed();
  const size_t count = 5000;
  std::vector<double> rows = random_rows(p, count);
  for (double& value : rows) value = std::isinf(value) || std::abs(value) > 1e6 ? 7.5 : value;
  const std::vector<double> prepared = apply_preprocessing(p, rows.data(), count);
  const size_t width = p.output_count();
  std::vector<double> columns(prepared.size()), target(count);
  for (size_t r = 0; r < count; ++r) {
    for (size_t c = 0; c < width; ++c) columns[c * count + r] = prepared[r * width + c];
    target[r] = std::sin(prepared[r * width]) + prepared[r * width + 4] + counter_uniform(2, 0, r);
  }
  const std::vector<float> floats(columns.begin(), columns.end());
  const models::TrainingSet set{count, width, columns.data(), floats.data(), target.data()};
  for (const std::string& name : models::model_kind_names()) {
    SCOPED_TRACE(name);
    const models::ModelKind& kind = *models::find_model_kind(name);
    models::Parameters given;
    if (name != "linear_regression") given["n_estimators"] = int64_t{20};
    const auto model = kind.fit(set, models::complete_parameters(kind, given, "test"), {42, 1});
    const std::string bytes = build_model_onnx(p, *model, {{"kind", name}});
    EXPECT_TRUE(bytes == build_model_onnx(p, *model, {{"kind", name}}));
    const Scorer scorer(bytes, "test");
    const std::vector<double> own = predict_inputs(p, *model, rows.data(), count, 1);
    expect_same_bits(own, predict_inputs(p, *model, rows.data(), count, 4));
    expect_same_bits(own, scorer.predict(rows.data(), count, 1));
    expect_same_bits(own, scorer.predict(rows.data(), count, 4));
    for (size_t r = 0; r < count; r += 50) {
      expect_same_bits({own[r]}, scorer.predict(rows.data() + r * p.input_count(), 1));
    }
  }
}

TEST(ModelGraph, NoColumnsIsRefused) {
  EXPECT_THROW(build_preprocessing_onnx({}), Error);
}

// Examples of protobuf.dev/programming-guides/encoding.
TEST(WireMessage, IsProtocolBuffers) {
  WireMessage m;
  m.add_integer(1, 150);
  m.add_bytes(2, "testing");
  m.add_message(3, [](WireMessage& inside) { inside.add_integer(1, 150); });
  const std::vector<int64_t> packed{3, 270, 86942};
  m.add_integers(6, packed.size(), [&](size_t i) { return packed[i]; });
  EXPECT_EQ(m.bytes(),
            "\x08\x96\x01"
            "\x12\x07testing"
            "\x1a\x03\x08\x96\x01"
            "\x32\x06\x03\x8e\x02\x9e\xa7\x05");
  WireMessage other;
  other.add_integer(2, -2);
  const float half = 0.5F;
  other.add_floats(7, &half, 1);
  EXPECT_EQ(other.bytes(), std::string("\x10\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01"
                                       "\x3a\x04\x00\x00\x00\x3f",
                                       17));
}

TEST(GraphBuilder, NamesAreUnique) {
  GraphBuilder graph("test");
  const std::string input = graph.add_input("x", 2);
  EXPECT_EQ(input, "x");
  EXPECT_EQ(graph.add_node("Neg", {input}, "y"), "y");
  EXPECT_EQ(graph.add_node("Neg", {"y"}, "y"), "y_2");
  EXPECT_THROW(graph.set_output("z", "nowhere", 2), Error);
}

TEST(Scorer, RefusesWhatIsNotAModel) {
  try {
    const Scorer scorer("not a model", "models:/churn/3");
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kCorrupted);
    EXPECT_NE(e.message().find("models:/churn/3"), std::string::npos) << e.message();
  }
}

TEST(Scorer, NoRows) {
  const Scorer scorer(build_preprocessing_onnx(mixed()), "test");
  EXPECT_TRUE(scorer.predict(nullptr, 0).empty());
}

}  // namespace
}  // namespace tidemill::onnx
