// What prepare refuses, and in which words.
#include <gtest/gtest.h>

#include "pipeline/prepare/prepare_fixture.h"

namespace tidemill::pipeline {
namespace {

TEST_F(PrepareTest, RefusesBadFeatures) {
  write_day(1, customers_sql(1, 300));
  const auto with = [&](FeatureDefinition feature) {
    options_.features = {std::move(feature)};
    return error_of([&] { run(1); });
  };
  EXPECT_NE(with({"x", "spent * 2", "", "", "t.toml:9"})
                .find("t.toml:9: feature 'x': unknown column 'spent'; did you "
                      "mean 'spend'?"),
            std::string::npos);
  EXPECT_NE(with({"x", "churn * 2", "", "", "t.toml:9"}).find("uses the target 'churn'"), std::string::npos);
  EXPECT_NE(with({"Age", "spend", "", "", "t.toml:9"}).find("name of a raw column"), std::string::npos);
  EXPECT_NE(with({"x", "", "segment", "segment", "t.toml:9"}).find("a mean needs numbers"),
            std::string::npos);
  EXPECT_NE(with({"x", "", "spend", "segmet", "t.toml:9"}).find("did you mean 'segment'?"),
            std::string::npos);
  const std::string zero = with({"x", "age / (visits * 0)", "", "", "t.toml:9"});
  EXPECT_NE(zero.find("feature 'x' is inf at 2026-11-01, id 'C00"), std::string::npos) << zero;
  const std::string domain = with({"x", "ln(age * 0)", "", "", "t.toml:9"});
  EXPECT_NE(domain.find("t.toml:9: feature 'x' cannot be computed: "), std::string::npos) << domain;
  EXPECT_TRUE(store_->list("prepared_data/").empty());
}

TEST_F(PrepareTest, RefusesBadRows) {
  options_.features.clear();
  const auto with = [&](const std::string& select) {
    write_day(1, select + " FROM (" + customers_sql(1, 300) + ")");
    return error_of([&] { run(1); });
  };
  const auto says = [](const std::string& message, const std::string& part) {
    EXPECT_NE(message.find(part), std::string::npos) << message << " should say " << part;
  };
  says(with("SELECT * REPLACE (CASE WHEN id LIKE '%7' THEN 'same' ELSE id END AS id)"), "'same'");
  says(with("SELECT * REPLACE (nullif(id, 'C001000004') AS id)"), "row 5 has no id");
  says(with("SELECT * REPLACE (CAST('NaN' AS DOUBLE) AS churn)"),
       "target churn of row 1 is not a finite number");
  says(with("SELECT * REPLACE (CAST(NULL AS DOUBLE) AS churn)"), "null in all 300 rows");
  says(with("SELECT * REPLACE (1.0 AS churn)"), "1 in every row");
  says(with("SELECT * EXCLUDE (churn)"), "no target column 'churn'");
  says(with("SELECT * REPLACE ('yes' AS churn)"), "target 'churn' is VARCHAR");
  says(with("SELECT * RENAME (id AS ID2)"), "no key column 'id'");
  says(with("SELECT * REPLACE (CASE WHEN id = 'C001000011' THEN CAST('inf' AS DOUBLE) ELSE spend END AS "
            "spend)"),
       "raw column 'spend' is inf at 2026-11-01, id 'C001000011'");
  says(with("SELECT * REPLACE (CASE WHEN id = 'C001000012' THEN CAST('NaN' AS DOUBLE) ELSE spend END AS "
            "spend)"),
       "raw column 'spend' is nan at 2026-11-01, id 'C001000012'");
  says(with("SELECT * REPLACE (CASE WHEN id = 'C001000013' THEN repeat('x', 10000) ELSE segment END AS "
            "segment)"),
       "a text of 10000 bytes at 2026-11-01, id 'C001000013'");
  says(with("SELECT * REPLACE (CAST(NULL AS VARCHAR) AS segment)"), "no value on the train side");
  says(with("SELECT * REPLACE (CAST(NULL AS DOUBLE) AS spend)"), "'spend' has no value on the train side");
  says(with("SELECT * REPLACE (CASE WHEN is_new THEN 'pro' ELSE 'Pro' END AS segment)"),
       "'segment_Pro' and 'segment_pro'");
  write_day(1, "SELECT * REPLACE (id AS segment) FROM (" + customers_sql(1, 3000) + ")");
  says(error_of([&] { run(1); }), "categories, at most 1000 become columns");
  write_day(1, customers_sql(1, 1));
  says(error_of([&] { run(1); }), "too few to split");
  write_day(1, customers_sql(1, 0));
  says(error_of([&] { run(1); }), "no rows");
  EXPECT_TRUE(store_->list("prepared_data/").empty());
  error_of(
      [&] {
        NoProgress progress;
        prepare(options_, day(1).plus_days(-1), *engine_, *store_, progress);
      },
      ErrorCode::kNotFound);
  write_day(1, customers_sql(1, 300));
  write_day(2, "SELECT * EXCLUDE (age) FROM (" + customers_sql(2, 300) + ")");
  error_of([&] { run(2); }, ErrorCode::kSchemaChanged);
}

}  // namespace
}  // namespace tidemill::pipeline
