#include "metadata/database_conformance.h"

namespace tidemill::metadata {
namespace {

class DatabaseTest : public EachDatabase {};

TEST_P(DatabaseTest, KeepsValuesOfEveryKind) {
  database_->execute("CREATE TABLE t (i BIGINT, r DOUBLE PRECISION, s TEXT, n TEXT)");
  const std::string text = "größe ☃ '\" \\ ?";
  EXPECT_EQ(database_->execute("INSERT INTO t VALUES (?, ?, ?, ?)", {int64_t{1} << 60, 0.1, text, Value()}),
            1);
  const auto row = database_->query_first("SELECT i, r, s, n FROM t");
  ASSERT_TRUE(row);
  EXPECT_EQ(row->integer(0), int64_t{1} << 60);
  EXPECT_EQ(row->real(1), 0.1);
  EXPECT_EQ(row->text(2), text);
  EXPECT_TRUE(row->is_null(3));
  EXPECT_EQ(row->optional_text(3), std::nullopt);
  EXPECT_EQ(code_of([&] { row->integer(2); }), ErrorCode::kCorrupted);
  EXPECT_EQ(code_of([&] { row->text(3); }), ErrorCode::kCorrupted);
  EXPECT_FALSE(database_->query_first("SELECT 1 FROM t WHERE i = ?", {2}));
}

TEST_P(DatabaseTest, TransactionIsAllOrNothing) {
  database_->execute("CREATE TABLE t (i BIGINT)");
  {
    Transaction transaction(*database_);
    database_->execute("INSERT INTO t VALUES (1)");
  }
  EXPECT_TRUE(database_->query("SELECT i FROM t").empty());
  {
    Transaction outer(*database_);
    database_->execute("INSERT INTO t VALUES (1)");
    {
      Transaction undone(*database_);
      database_->execute("INSERT INTO t VALUES (2)");
    }
    {
      Transaction kept(*database_);
      database_->execute("INSERT INTO t VALUES (3)");
      kept.commit();
    }
    outer.commit();
  }
  const auto rows = open()->query("SELECT i FROM t ORDER BY i");
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[1].integer(0), 3);
}

TEST_P(DatabaseTest, ReadersSeeOneMomentAndDoNotWait) {
  auto writer = open();
  auto reader = open();
  writer->execute("CREATE TABLE t (i BIGINT)");
  Transaction writing(*writer);
  writer->execute("INSERT INTO t VALUES (1)");
  const ReadTransaction moment(*reader);
  EXPECT_TRUE(reader->query("SELECT i FROM t").empty());
  writing.commit();
  EXPECT_TRUE(reader->query("SELECT i FROM t").empty());
  EXPECT_EQ(code_of([&] { Transaction inside(*reader); }), ErrorCode::kInternal);
}

TEST_P(DatabaseTest, SecondWriterIsToldOfTheFirst) {
  auto first = open();
  auto second = open({.create = false, .busy_timeout_ms = 1});
  first->execute("CREATE TABLE t (i BIGINT)");
  const Transaction writing(*first);
  EXPECT_EQ(code_of([&] { Transaction waiting(*second); }), ErrorCode::kConflict);
}

TEST_P(DatabaseTest, NamesWhatIsWrong) {
  database_->execute("CREATE TABLE t (i BIGINT PRIMARY KEY, j BIGINT NOT NULL)");
  database_->execute("INSERT INTO t VALUES (1, 1)");
  EXPECT_EQ(code_of([&] { database_->execute("INSERT INTO t VALUES (1, 1)"); }), ErrorCode::kAlreadyExists);
  EXPECT_EQ(code_of([&] { database_->execute("INSERT INTO t VALUES (2, NULL)"); }),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of([&] { database_->execute("INSERT INTO u VALUES (1)"); }), ErrorCode::kInternal);
  EXPECT_EQ(code_of([&] { database_->execute("SELECT 1; SELECT 2"); }), ErrorCode::kInternal);
  EXPECT_EQ(code_of([&] { database_->execute("SELECT ?"); }), ErrorCode::kInternal);
  // A failed statement leaves the connection usable.
  EXPECT_EQ(database_->query("SELECT COUNT(*) FROM t").front().integer(0), 1);
}

TEST_P(DatabaseTest, ManyDifferentTextsDoNotPileUp) {
  for (int i = 0; i < 1000; ++i) {
    EXPECT_EQ(database_->query("SELECT " + std::to_string(i)).front().integer(0), i);
  }
}

TEST_P(DatabaseTest, NumbersComeBackAsTheyWere) {
  database_->execute("CREATE TABLE t (i BIGINT, r DOUBLE PRECISION, b BOOLEAN, v VARCHAR(5))");
  for (const double real : {5e-324, 1.7976931348623157e308, -0.1, 1e15, 0.1 + 0.2}) {
    database_->execute("DELETE FROM t");
    database_->execute("INSERT INTO t VALUES (?, ?, ? <> 0, ?)",
                       {std::numeric_limits<int64_t>::min(), real, 1, std::string("5")});
    const Row row = *database_->query_first("SELECT i, r, b, v FROM t");
    EXPECT_EQ(row.integer(0), std::numeric_limits<int64_t>::min());
    EXPECT_EQ(row.real(1), real);
    EXPECT_EQ(row.integer(2), 1);
    EXPECT_EQ(row.text(3), "5");
    // Integers and reals are compared as numbers.
    EXPECT_TRUE(database_->query_first("SELECT 1 FROM t WHERE i < ? AND r = ? AND b", {-0.5, real}));
  }
  const double infinity = std::numeric_limits<double>::infinity();
  database_->execute("UPDATE t SET r = ?", {-infinity});
  EXPECT_EQ(database_->query("SELECT r FROM t").front().real(0), -infinity);
  EXPECT_EQ(database_->query("SELECT COALESCE(?, r), ? FROM t", {Value(), 7}).front().integer(1), 7);
}

TEST_P(DatabaseTest, TextsAreOrderedByBytesAndLikeHasCase) {
  database_->execute("CREATE TABLE t (s TEXT)");
  for (const char* text : {"b", "a", "B", "é", "_"}) {
    database_->execute("INSERT INTO t VALUES (?)", {std::string(text)});
  }
  std::string order;
  for (const Row& row : database_->query("SELECT s FROM t ORDER BY s COLLATE \"C\"")) order += row.text(0);
  EXPECT_EQ(order, "B_abé");
  EXPECT_FALSE(database_->query_first("SELECT 1 WHERE 'a' LIKE 'A'"));
}

TEST_P(DatabaseTest, TablesAndColumnsAreFound) {
  database_->execute_script("CREATE TABLE t (i BIGINT); CREATE TABLE u (j BIGINT)");
  EXPECT_TRUE(database_->has_table("u"));
  EXPECT_FALSE(database_->has_table("v"));
  EXPECT_TRUE(database_->has_column("t", "i"));
  EXPECT_FALSE(database_->has_column("t", "j"));
  EXPECT_FALSE(database_->has_column("v", "i"));
}

TEST_P(DatabaseTest, AFailureInsideASavepointLeavesTheRest) {
  database_->execute("CREATE TABLE t (i BIGINT PRIMARY KEY)");
  Transaction outer(*database_);
  database_->execute("INSERT INTO t VALUES (1)");
  EXPECT_EQ(code_of([&] {
              Transaction inner(*database_);
              database_->execute("INSERT INTO t VALUES (1)");
            }),
            ErrorCode::kAlreadyExists);
  database_->execute("INSERT INTO t VALUES (2)");
  outer.commit();
  EXPECT_EQ(open()->query("SELECT COUNT(*) FROM t").front().integer(0), 2);
}

INSTANTIATE_TEST_SUITE_P(Backends, DatabaseTest, testing::ValuesIn(tested_databases()), database_name);

}  // namespace
}  // namespace tidemill::metadata
