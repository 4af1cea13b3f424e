// What only a server can do: end, be away, refuse.

#include "metadata/database_conformance.h"
#include "metadata/postgres/placeholders.h"

namespace tidemill::metadata {
namespace {

TEST(Placeholders, AreNumberedWhereTheyAreNone) {
  using postgres::with_numbered_placeholders;
  EXPECT_EQ(with_numbered_placeholders("SELECT ?, ? + 1").text, "SELECT $1, $2 + 1");
  const char* sql = "SELECT '?', 'it''s ?', \"a?\" /* ? */ -- ?\n, ?";
  EXPECT_EQ(with_numbered_placeholders(sql).text, "SELECT '?', 'it''s ?', \"a?\" /* ? */ -- ?\n, $1");
  EXPECT_EQ(with_numbered_placeholders(sql).parameter_count, 1u);
  EXPECT_EQ(with_numbered_placeholders("'open ?").parameter_count, 0u);
  EXPECT_EQ(with_numbered_placeholders("").text, "");
}

std::string message_of(const std::function<void()>& action, ErrorCode code) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.message();
    return error.message();
  }
  ADD_FAILURE() << "no Error";
  return "";
}

TEST(PostgresUri, IsCheckedWithoutTellingThePassword) {
  for (const char* uri : {"postgresql://me:s%zzecret@host/db", "postgresql://me:se@cret@host/db",
                          "postgresql://me:se/cret@host/db", "postgresql://me:p@se/cret@host/db",
                          "postgresql://me:secret@host/db?colour=red"}) {
    const std::string message = message_of([&] { open_database(uri, ""); }, ErrorCode::kInvalidArgument);
    for (const char* part : {"ecret", "se@", "\"se"}) {
      EXPECT_EQ(message.find(part), std::string::npos) << message;
    }
    EXPECT_NE(message.find("postgresql://USER:PASSWORD@HOST"), std::string::npos) << message;
  }
}

TEST(PostgresUri, NobodyThereIsUnavailable) {
  const std::string message =
      message_of([] { open_database("postgresql://me:secret@127.0.0.1:1/db?connect_timeout=2", ""); },
                 ErrorCode::kUnavailable);
  EXPECT_EQ(message.find("secret"), std::string::npos);
  EXPECT_NE(message.find("postgresql://me:***@127.0.0.1:1/db"), std::string::npos) << message;
  EXPECT_EQ(message.find('\n'), std::string::npos);
}

// Over the server that TIDEMILL_TEST_POSTGRES names; without one there is nothing to run.
class PostgresTest : public testing::TestWithParam<std::string> {
 protected:
  PostgresTest() : database_(open_database(schema_.uri(), "")) {
    database_->execute("CREATE TABLE t (i BIGINT)");
  }

  int64_t count() { return database_->query("SELECT COUNT(*) FROM t").front().integer(0); }

  postgres::TestSchema schema_;
  std::unique_ptr<Database> database_;
};

TEST_P(PostgresTest, EverySpellingOfTheSchemeIsUnderstood) {
  const std::string rest = schema_.uri().substr(schema_.uri().find(':'));
  for (const char* scheme : {"postgresql", "postgres", "postgresql+psycopg2"}) {
    EXPECT_TRUE(open_database(scheme + rest, "")->has_table("t"));
  }
}

TEST_P(PostgresTest, NamesADatabaseThatDoesNotExist) {
  std::string uri = schema_.uri();
  uri += "&dbname=tidemill_no_such_database";
  const std::string message = message_of([&] { open_database(uri, ""); }, ErrorCode::kNotFound);
  EXPECT_NE(message.find("tidemill_no_such_database"), std::string::npos);
  EXPECT_NE(message.find("createdb"), std::string::npos);
}

TEST_P(PostgresTest, AnIdleConnectionThatEndedIsReplaced) {
  const auto before = count();
  schema_.end_connections();
  EXPECT_EQ(count(), before);
  schema_.end_connections();
  {
    Transaction transaction(*database_);
    database_->execute("INSERT INTO t VALUES (?)", {1});
    transaction.commit();
  }
  schema_.end_connections();
  database_->execute("INSERT INTO t VALUES (?)", {2});
  schema_.end_connections();
  database_->execute_script("INSERT INTO t VALUES (3)");
  schema_.end_connections();
  const ReadTransaction moment(*database_);
  EXPECT_EQ(count(), 3);
}

TEST_P(PostgresTest, ATransactionThatWasCutOffIsGoneAndSaysSo) {
  {
    Transaction transaction(*database_);
    database_->execute("INSERT INTO t VALUES (1)");
    schema_.end_connections();
    const std::string message =
        message_of([&] { database_->execute("INSERT INTO t VALUES (2)"); }, ErrorCode::kUnavailable);
    EXPECT_NE(message.find("nothing of the transaction was kept"), std::string::npos) << message;
    // Not even what would work again may slip in alone.
    EXPECT_EQ(code_of([&] { database_->execute("INSERT INTO t VALUES (3)"); }), ErrorCode::kUnavailable);
    EXPECT_EQ(code_of([&] { transaction.commit(); }), ErrorCode::kUnavailable);
  }
  EXPECT_EQ(count(), 0);
  {
    Transaction transaction(*database_);
    database_->execute("INSERT INTO t VALUES (4)");
    schema_.end_connections();
    EXPECT_EQ(code_of([&] { transaction.commit(); }), ErrorCode::kUnavailable);
  }
  EXPECT_EQ(count(), 0);
}

TEST_P(PostgresTest, ACommitAfterAFailedStatementIsNoSuccess) {
  Transaction transaction(*database_);
  EXPECT_EQ(code_of([&] { database_->execute("INSERT INTO t VALUES ('x')"); }), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of([&] { transaction.commit(); }), ErrorCode::kInternal);
}

TEST_P(PostgresTest, TheLockOfTheWriterOutlivesTheConnection) {
  auto other = open_database(schema_.uri(), "", {.busy_timeout_ms = 100});
  EXPECT_TRUE(database_->try_lock_for_writing());
  EXPECT_FALSE(other->try_lock_for_writing());
  EXPECT_NE(other->present_writer().value().find("tidemill process"), std::string::npos);
  schema_.end_connections();
  EXPECT_EQ(count(), 0);
  EXPECT_FALSE(other->try_lock_for_writing());
  schema_.end_connections();
  EXPECT_TRUE(other->try_lock_for_writing());
  database_ = nullptr;
  other->release_writing_lock();
  database_ = open_database(schema_.uri(), "", {.busy_timeout_ms = 100});
  EXPECT_TRUE(database_->try_lock_for_writing());
  schema_.end_connections();
  EXPECT_TRUE(other->try_lock_for_writing());
  EXPECT_EQ(code_of([&] { count(); }), ErrorCode::kConflict);
  database_ = nullptr;
  other->release_writing_lock();
  // Those who share keep out only those who do not.
  database_ = open_database(schema_.uri(), "", {.busy_timeout_ms = 100});
  EXPECT_TRUE(database_->try_lock_for_writing(LockMode::kShared));
  EXPECT_TRUE(other->try_lock_for_writing(LockMode::kShared));
  other->release_writing_lock();
  EXPECT_FALSE(other->try_lock_for_writing());
  database_->release_writing_lock();
  EXPECT_TRUE(other->try_lock_for_writing());
  // Another schema is another project.
  const postgres::TestSchema elsewhere;
  EXPECT_FALSE(open_database(elsewhere.uri(), "")->present_writer());
  EXPECT_TRUE(open_database(elsewhere.uri(), "")->try_lock_for_writing());
}

TEST_P(PostgresTest, ATableThatChangesUnderAPreparedStatement) {
  EXPECT_FALSE(database_->query_first("SELECT * FROM t"));
  open_database(schema_.uri(), "")->execute("ALTER TABLE t ADD COLUMN j TEXT");
  EXPECT_FALSE(database_->query_first("SELECT * FROM t"));
}

TEST_P(PostgresTest, ALongStatementIsEnded) {
  EXPECT_EQ(code_of([&] {
              database_->execute("SET statement_timeout = 20");
              database_->query("SELECT pg_sleep(60)");
            }),
            ErrorCode::kDeadlineExceeded);
  EXPECT_EQ(count(), 0);
}

TEST_P(PostgresTest, TextWithANulIsRefused) {
  EXPECT_EQ(code_of([&] { database_->query("SELECT ?", {std::string("a\0b", 3)}); }),
            ErrorCode::kInvalidArgument);
}

std::vector<std::string> servers() {
  if (postgres::test_server().empty()) return {};
  return {"server"};
}
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(PostgresTest);
INSTANTIATE_TEST_SUITE_P(Backends, PostgresTest, testing::ValuesIn(servers()));

}  // namespace
}  // namespace tidemill::metadata
