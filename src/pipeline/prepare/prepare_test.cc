#include "pipeline/prepare/prepare.h"

#include <bit>
#include <cmath>

#include <gtest/gtest.h>

#include "base/json.h"
#include "pipeline/prepare/prepare_fixture.h"

namespace tidemill::pipeline {
namespace {

TEST_F(PrepareTest, MakesBothSides) {
  write_day(1, customers_sql(1, 1000));
  const PrepareResult result = run(1);
  EXPECT_EQ(result.train_row_count + result.test_row_count + result.null_target_row_count, 1000u);
  EXPECT_GT(result.null_target_row_count, 0u);
  EXPECT_EQ(
      result.test_row_count,
      static_cast<size_t>(std::floor(0.2 * static_cast<double>(1000 - result.null_target_row_count) + 0.5)));
  std::vector<std::string> names;
  for (const auto& column : result.manifest.columns) names.push_back(column.name);
  EXPECT_EQ(join(names),
            "id, age, spend, visits, is_new, constant, hour, per_visit, rich, versus, versus_again, "
            "segment_basic, segment_plus, segment_pro, loud_BASIC, loud_PLUS, loud_PRO, churn");
  EXPECT_EQ(read_manifest(*store_, prepared_prefix(day(1)))->hash(), result.manifest.hash());
  const auto again = run(1);
  EXPECT_TRUE(again.already_there);
  EXPECT_EQ(again.train_row_count, result.train_row_count);
  EXPECT_EQ(again.manifest.hash(), result.manifest.hash());
  EXPECT_EQ(format_json(to_json(again.preparation)), stored(1, kPreparationFile));
}

// The prepared values are apply_preprocessing of compute_features of the raw rows, bit for bit: what training
// saw is what serving computes.
TEST_F(PrepareTest, ServesWhatItTrains) {
  write_day(1, customers_sql(1, 3000));
  write_day(2, customers_sql(2, 2500));
  const PrepareResult result = run(2);
  const auto session = engine_->new_session();
  const size_t width = result.preparation.preprocessing.output_count();
  for (const bool test_side : {false, true}) {
    const FeatureRows rows =
        compute_features(result.preparation, side_rows_sql(result.manifest, test_side, *store_), *session);
    EXPECT_EQ(rows.row_count, test_side ? result.test_row_count : result.train_row_count);
    const std::vector<double> expected =
        models::apply_preprocessing(result.preparation.preprocessing, rows.values.data(), rows.row_count);
    const std::string file =
        store_->engine_uri(prepared_prefix(day(2)) + "/" + (test_side ? kTestFile : kTrainFile));
    const auto stream = session->query("SELECT * FROM " + quote_literal(file));
    size_t row = 0;
    std::vector<double> column;
    while (const engine::Batch* batch = stream->next()) {
      column.resize(batch->row_count());
      for (size_t c = 0; c < width; ++c) {
        batch->copy_doubles(c + 1, column.data());
        for (size_t i = 0; i < column.size(); ++i) {
          const double wanted = expected[(row + i) * width + c];
          ASSERT_EQ(std::bit_cast<uint64_t>(column[i]), std::bit_cast<uint64_t>(wanted))
              << row + i << " " << c;
        }
      }
      for (size_t i = 0; i < column.size(); ++i) ASSERT_EQ(batch->string_at(0, i), rows.keys[row + i]);
      row += batch->row_count();
    }
    EXPECT_EQ(row, rows.row_count);
  }
}

TEST_F(PrepareTest, GivesTheSameBytesAtAnyThreadCountAndBudget) {
  write_day(1, customers_sql(1, 30000));
  write_day(2, customers_sql(2, 140000));
  run(1);
  run(2);
  const auto expected = everything();
  for (const int threads : {1, 4, 2}) {
    use_threads(threads);
    options_.memory_budget_bytes = threads == 4 ? 1 << 20 : 256 << 20;  // a column a scan, or all
    for (const auto& object : store_->list("splits/")) store_->remove(object.key);
    for (const auto& object : store_->list("prepared_data/")) store_->remove(object.key);
    run(1);
    run(2);
    EXPECT_EQ(everything(), expected) << threads;
  }
}

// Nothing that is learned sees a test row: with every test value but key and target changed, preparation.json
// is the same.
TEST_F(PrepareTest, LearnsFromTrainRowsOnly) {
  write_day(1, customers_sql(1, 2000));
  run(1);
  const std::string expected = stored(1, kPreparationFile);
  const std::string split = store_->engine_uri(split_prefix(day(1)) + "/" + kSplitFile);
  const std::string changed = fmt::format(
      "SELECT id, CASE WHEN t THEN seen + INTERVAL 5 HOUR ELSE seen END AS seen, CASE WHEN t THEN 99 ELSE "
      "age END AS age, "
      "CASE WHEN t THEN 1e6 ELSE spend END AS spend, CASE WHEN t THEN CAST(0.5 AS DECIMAL(9,2)) ELSE visits "
      "END AS visits, "
      "CASE WHEN t THEN 'other' ELSE segment END AS segment, is_new <> t AS is_new, "
      "CASE WHEN t THEN CAST(7.5 AS DOUBLE) ELSE constant END AS constant, churn "
      "FROM (SELECT r.*, coalesce(s.split = 1, false) AS t FROM ({}) r POSITIONAL JOIN (SELECT split FROM "
      "{}) s)",
      customers_sql(1, 2000), quote_literal(split));
  engine_->new_session()->execute("CREATE TEMP TABLE unused AS " +
                                  changed);  // valid SQL before it replaces the day
  write_day(1, changed);
  EXPECT_FALSE(run(1).already_there);
  EXPECT_EQ(stored(1, kPreparationFile), expected);
}

TEST_F(PrepareTest, KeepsARowOnItsSideAsDataGrows) {
  write_day(1, customers_sql(1, 500));
  run(1);
  // Half of the second day's customers are back from the first, with other values.
  const std::string back = customers_sql(2, 250) +
                           " UNION ALL SELECT * REPLACE (churn * 0.5 AS churn) FROM (" +
                           customers_sql(1, 500) + ") WHERE churn IS NOT NULL LIMIT 500";
  write_day(2, back);
  run(2);
  const auto split = [&](int number) {
    const auto file = [&](const std::string& key) { return quote_literal(store_->engine_uri(key)); };
    std::map<std::string, std::string> sides;
    for (const auto& row : rows_of(fmt::format("SELECT id, CAST(split AS VARCHAR) FROM {} POSITIONAL JOIN "
                                               "(SELECT split FROM {}) WHERE split < 2",
                                               file(raw_prefix(day(number)) + "/" + kRawFile),
                                               file(split_prefix(day(number)) + "/" + kSplitFile)))) {
      sides[row[0]] = row[1];
    }
    return sides;
  };
  const auto first = split(1), second = split(2);
  size_t returned = 0;
  for (const auto& [key, side] : second) {
    const auto before = first.find(key);
    if (before == first.end()) continue;
    ++returned;
    EXPECT_EQ(side, before->second) << key;
  }
  EXPECT_GT(returned, 200u);

  // A corrected first day decides again, for the second one too; then nothing is left to do.
  const std::string first_hash = read_manifest(*store_, split_prefix(day(1)))->hash();
  const std::string second_hash = read_manifest(*store_, split_prefix(day(2)))->hash();
  write_day(1, "SELECT * REPLACE (1 - churn AS churn) FROM (" + customers_sql(1, 500) + ")");
  EXPECT_FALSE(run(2).already_there);
  EXPECT_NE(read_manifest(*store_, split_prefix(day(1)))->hash(), first_hash);
  EXPECT_NE(read_manifest(*store_, split_prefix(day(2)))->hash(), second_hash);
  EXPECT_TRUE(run(2).already_there);
}

TEST_F(PrepareTest, LooksBackAsFarAsTheWindow) {
  for (int number : {1, 2, 3}) write_day(number, customers_sql(number, 300));
  options_.window_days = 2;
  const PrepareResult result = run(3);
  EXPECT_EQ(result.manifest.inputs.size(), 4u);
  EXPECT_EQ(result.manifest.inputs[0].first, raw_prefix(day(2)));
  EXPECT_EQ(result.train_row_count + result.test_row_count + result.null_target_row_count, 600u);
}

TEST_F(PrepareTest, PreparesAgainWhenSettingsChange) {
  write_day(1, customers_sql(1, 300));
  run(1);
  options_.cap_outliers = false;
  EXPECT_FALSE(run(1).already_there);
  EXPECT_TRUE(run(1).already_there);
  options_.force = true;
  const auto before = everything();
  EXPECT_FALSE(run(1).already_there);
  EXPECT_EQ(everything(), before);
}

TEST_F(PrepareTest, CountsRareCategoriesAsUnknown) {
  options_.features.clear();
  write_day(1, "SELECT * REPLACE (CASE WHEN id LIKE '%99' THEN 'seldom' ELSE segment END AS segment) FROM (" +
                   customers_sql(1, 2000) + ")");
  EXPECT_EQ(run(1).preparation.preprocessing.categorical[0].categories.size(), 4u);
  options_.rare_category_share = 0.05;
  EXPECT_EQ(run(1).preparation.preprocessing.categorical[0].categories,
            (std::vector<std::string>{"basic", "plus", "pro"}));
  options_.drop_columns = {"segment", "constant"};
  EXPECT_TRUE(run(1).preparation.preprocessing.categorical.empty());
}

TEST_F(PrepareTest, TakesRawRowsInOtherTypes) {
  write_day(1, customers_sql(1, 2000));
  const Preparation preparation = run(1).preparation;
  const auto session = engine_->new_session();
  // As they come from JSON or a data frame: wider numbers, times as text, NaN for missing, any order, extra
  // columns.
  const std::string given =
      "SELECT 'more' AS extra, '2026-11-05 13:00:00' AS seen, 30.0 AS age, CAST(12 AS BIGINT) AS spend, 2 AS "
      "visits, "
      "'nobody' AS segment, 1 AS is_new, CAST('NaN' AS DOUBLE) AS constant";
  const FeatureRows rows = compute_features(preparation, given, *session);
  ASSERT_EQ(rows.row_count, 1u);
  EXPECT_TRUE(rows.keys.empty());
  const auto names = preparation.preprocessing.input_names();
  std::map<std::string, double> values;
  for (size_t c = 0; c < names.size(); ++c) values[names[c]] = rows.values[c];
  EXPECT_EQ(values["hour"], 13);
  EXPECT_EQ(values["per_visit"], 6);
  EXPECT_EQ(values["rich"], 0);
  EXPECT_EQ(values["segment"], -1);
  EXPECT_TRUE(std::isnan(values["versus"]));
  EXPECT_TRUE(std::isnan(values["constant"]));

  std::string message =
      error_of([&] { compute_features(preparation, "SELECT 1 AS age, 2 AS spend", *session); });
  EXPECT_NE(message.find("no column seen, visits, segment, is_new, constant; needed are: seen TIMESTAMP"),
            std::string::npos)
      << message;
  message = error_of([&] {
    compute_features(preparation, "SELECT * REPLACE ('a lot' AS spend) FROM (" + given + ")", *session);
  });
  EXPECT_NE(message.find("column 'spend' is DOUBLE in the model, but the rows hold 'a lot'"),
            std::string::npos)
      << message;
  session->execute("CREATE TEMP TABLE rows AS " + given);
  EXPECT_EQ(compute_features(preparation, "rows", *session).row_count, 1u);
}

TEST_F(PrepareTest, ReadsBackItsRecord) {
  write_day(1, customers_sql(1, 500));
  const Preparation preparation = run(1).preparation;
  const std::string text = stored(1, kPreparationFile);
  const Preparation again = preparation_from_json(parse_json(text, "p"), "p");
  EXPECT_EQ(format_json(to_json(again)), text);
  EXPECT_EQ(again.preprocessing.numeric[0].scale, preparation.preprocessing.numeric[0].scale);
  error_of([&] { preparation_from_json(parse_json("{\"format\": 99}", "p"), "p"); }, ErrorCode::kCorrupted);
  error_of([&] { preparation_from_json(parse_json("{}", "p"), "p"); }, ErrorCode::kCorrupted);
}

}  // namespace
}  // namespace tidemill::pipeline
