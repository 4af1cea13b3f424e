#include <gtest/gtest.h>

#include "base/error.h"
#include "engine/engine.h"

namespace tidemill::engine {
namespace {

class RowExpressionTest : public testing::Test {
 protected:
  std::string type_of(const std::string& expression) {
    SCOPED_TRACE(expression);
    return engine_->check_row_expression("feature", expression, columns_).column.type;
  }
  std::string refusal(const std::string& expression) {
    try {
      return "accepted as " + type_of(expression);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
      return error.message();
    }
  }

  std::unique_ptr<Engine> engine_ = open_engine({});
  std::vector<Column> columns_ = {{"spend", "DOUBLE"},       {"count", "BIGINT"},
                                  {"segment", "VARCHAR"},    {"seen", "TIMESTAMP"},
                                  {"price", "DECIMAL(9,2)"}, {"odd \"name\"", "DOUBLE"}};
};

TEST_F(RowExpressionTest, GivesTheType) {
  EXPECT_EQ(type_of("spend / greatest(count, 1)"), "DOUBLE");
  EXPECT_EQ(type_of("hour(seen)"), "BIGINT");
  EXPECT_EQ(type_of("spend > 3 AND Segment = 'a'"), "BOOLEAN");
  EXPECT_EQ(type_of("CASE WHEN segment IN ('a', 'b') THEN 1 ELSE 0 END"), "INTEGER");
  EXPECT_EQ(type_of("upper(segment)"), "VARCHAR");
  EXPECT_EQ(type_of("\"odd \"\"name\"\"\" + 1"), "DOUBLE");
  EXPECT_EQ(type_of("list_sum(list_transform([spend, count], x -> x * 2))"), "DOUBLE");
  EXPECT_EQ(type_of("age(seen, TIMESTAMP '2020-01-01')"), "INTERVAL");
  EXPECT_EQ(type_of("spend -- a comment"), "DOUBLE");
}

TEST_F(RowExpressionTest, RefusesWhatIsNotAFunctionOfTheRow) {
  for (const char* expression : {"(SELECT 1)",
                                 "exists(SELECT 1)",
                                 "spend IN (SELECT 1)",
                                 "sum(spend)",
                                 "geomean(spend)",
                                 "count(*)",
                                 "row_number() OVER ()",
                                 "*",
                                 "rows.*",
                                 "COLUMNS('a.*')",
                                 "unnest([1])",
                                 "random()",
                                 "uuid()",
                                 "now()",
                                 "today()",
                                 "current_date",
                                 "current_timestamp",
                                 "current_user",
                                 "nextval('s')",
                                 "getvariable('x')",
                                 "age(seen)",
                                 "ago(INTERVAL 1 DAY)",
                                 "current_setting('threads')",
                                 "read_text('/etc/passwd')",
                                 "$1",
                                 "?",
                                 "#1",
                                 "spend, count",
                                 "1) FROM rows, (SELECT 2",
                                 "1); DROP TABLE rows; SELECT (2",
                                 "1) AS a FROM rows UNION SELECT (2",
                                 "",
                                 "spend +",
                                 "spend) FROM rows WHERE (spend > 1",
                                 "nosuch(spend)",
                                 "spend + segment_",
                                 "list_transform([1], x -> y)"}) {
    EXPECT_EQ(refusal(expression).find("'feature': "), 0u) << expression << ": " << refusal(expression);
  }
}

TEST_F(RowExpressionTest, SaysWhy) {
  EXPECT_NE(refusal("spent * 2").find("unknown column 'spent'; did you mean 'spend'?"), std::string::npos);
  EXPECT_NE(refusal("sum(spend)").find("aggregates"), std::string::npos) << refusal("sum(spend)");
  EXPECT_NE(refusal("(SELECT 1)").find("subquery"), std::string::npos);
  EXPECT_NE(refusal("random()").find("random() is not allowed"), std::string::npos);
  EXPECT_NE(refusal("spend +").find("syntax error"), std::string::npos);
}

TEST_F(RowExpressionTest, NamesTheColumnsItReads) {
  const RowExpression checked = engine_->check_row_expression(
      "f", "CASE WHEN SEEN IS NULL THEN count ELSE list_sum(list_transform([spend], x -> x)) END", columns_);
  EXPECT_EQ(checked.used_columns, (std::vector<std::string>{"spend", "count", "seen"}));
}

// The list of impure functions in row_expression.cc is complete for the engine we are built with.
TEST_F(RowExpressionTest, KnowsEveryVolatileFunction) {
  const auto session = engine_->new_session();
  const auto stream = session->query(
      "SELECT DISTINCT function_name, len(parameters) FROM duckdb_functions() WHERE function_type = 'scalar' "
      "AND "
      "stability <> 'CONSISTENT' OR function_type = 'macro' AND regexp_matches(lower(macro_definition), "
      "'current_|select|sleep')");
  int checked = 0;
  while (const Batch* batch = stream->next()) {
    for (size_t i = 0; i < batch->row_count(); ++i, ++checked) {
      std::vector<double> counts(batch->row_count());
      batch->copy_doubles(1, counts.data());
      std::string call(batch->string_at(0, i));
      call += "(";
      for (int arg = 0; arg < counts[i]; ++arg) call += arg == 0 ? "spend" : ", spend";
      call += ")";
      EXPECT_NE(refusal(call).find("is not allowed"), std::string::npos) << call << ": " << refusal(call);
    }
  }
  EXPECT_GT(checked, 20);
}

}  // namespace
}  // namespace tidemill::engine
