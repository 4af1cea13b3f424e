#include "metadata/database.h"

#include <csignal>
#include <fstream>
#include <functional>

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "base/error.h"

namespace tidemill::metadata {
namespace {

namespace fs = std::filesystem;

class DatabaseTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    dir_ = fs::path(testing::TempDir()) / (std::string("tidemill_database_") + info->name());
    fs::remove_all(dir_);
    fs::create_directories(dir_);
  }
  void TearDown() override { fs::remove_all(dir_); }

  std::unique_ptr<Database> open(const OpenOptions& options = {}) {
    return open_database("sqlite:test.db", dir_, options);
  }
  static ErrorCode code_of(const std::function<void()>& action) {
    try {
      action();
    } catch (const Error& error) {
      EXPECT_FALSE(error.message().empty());
      return error.code();
    }
    ADD_FAILURE() << "no Error";
    return ErrorCode::kInternal;
  }

  fs::path dir_;
};

TEST_F(DatabaseTest, KeepsValuesOfEveryKind) {
  auto database = open();
  database->execute("CREATE TABLE t (i BIGINT, r DOUBLE PRECISION, s TEXT, n TEXT)");
  const std::string text("a\0b", 3);
  EXPECT_EQ(database->execute("INSERT INTO t VALUES (?, ?, ?, ?)", {int64_t{1} << 60, 0.1, text, Value()}),
            1);
  const auto row = database->query_first("SELECT i, r, s, n FROM t");
  ASSERT_TRUE(row);
  EXPECT_EQ(row->integer(0), int64_t{1} << 60);
  EXPECT_EQ(row->real(1), 0.1);
  EXPECT_EQ(row->text(2), text);
  EXPECT_TRUE(row->is_null(3));
  EXPECT_EQ(row->optional_text(3), std::nullopt);
  EXPECT_EQ(code_of([&] { row->integer(2); }), ErrorCode::kCorrupted);
  EXPECT_EQ(code_of([&] { row->text(3); }), ErrorCode::kCorrupted);
  EXPECT_FALSE(database->query_first("SELECT 1 FROM t WHERE i = ?", {2}));
}

TEST_F(DatabaseTest, OpensWithTheSettingsThatMakeCommitsDurable) {
  auto database = open();
  EXPECT_EQ(database->query("PRAGMA journal_mode").front().text(0), "wal");
  EXPECT_EQ(database->query("PRAGMA synchronous").front().integer(0), 2);
  EXPECT_EQ(database->query("PRAGMA foreign_keys").front().integer(0), 1);
  EXPECT_EQ(database->query("SELECT 'a' LIKE 'A'").front().integer(0), 0);
}

TEST_F(DatabaseTest, UnderstandsUris) {
  EXPECT_EQ(open_database("sqlite:///a.db", dir_)->uri(), "sqlite:" + (dir_ / "a.db").string());
  EXPECT_EQ(open_database("sqlite:" + (dir_ / "b.db").string(), "/nowhere")->uri(),
            "sqlite:" + (dir_ / "b.db").string());
  EXPECT_EQ(open_database("sqlite::memory:", dir_)->uri(), "sqlite::memory:");
  for (const char* uri : {"mysql://x", "test.db", "sqlite:", "sqlite:///", ""}) {
    EXPECT_EQ(code_of([&] { open_database(uri, dir_); }), ErrorCode::kInvalidArgument) << uri;
  }
}

TEST_F(DatabaseTest, TransactionIsAllOrNothing) {
  auto database = open();
  database->execute("CREATE TABLE t (i BIGINT)");
  {
    Transaction transaction(*database);
    database->execute("INSERT INTO t VALUES (1)");
  }
  EXPECT_TRUE(database->query("SELECT i FROM t").empty());
  {
    Transaction outer(*database);
    database->execute("INSERT INTO t VALUES (1)");
    {
      Transaction undone(*database);
      database->execute("INSERT INTO t VALUES (2)");
    }
    {
      Transaction kept(*database);
      database->execute("INSERT INTO t VALUES (3)");
      kept.commit();
    }
    outer.commit();
  }
  const auto rows = open()->query("SELECT i FROM t ORDER BY i");
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[1].integer(0), 3);
}

TEST_F(DatabaseTest, ReadersSeeOneMomentAndDoNotWait) {
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

TEST_F(DatabaseTest, SecondWriterIsToldOfTheFirst) {
  auto first = open();
  auto second = open({.create = false, .busy_timeout_ms = 1});
  first->execute("CREATE TABLE t (i BIGINT)");
  const Transaction writing(*first);
  EXPECT_EQ(code_of([&] { Transaction waiting(*second); }), ErrorCode::kConflict);
}

TEST_F(DatabaseTest, NamesWhatIsWrong) {
  auto database = open();
  database->execute("CREATE TABLE t (i BIGINT PRIMARY KEY, j BIGINT NOT NULL)");
  database->execute("INSERT INTO t VALUES (1, 1)");
  EXPECT_EQ(code_of([&] { database->execute("INSERT INTO t VALUES (1, 1)"); }), ErrorCode::kAlreadyExists);
  EXPECT_EQ(code_of([&] { database->execute("INSERT INTO t VALUES (2, NULL)"); }),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of([&] { database->execute("INSERT INTO u VALUES (1)"); }), ErrorCode::kInternal);
  EXPECT_EQ(code_of([&] { database->execute("SELECT 1; SELECT 2"); }), ErrorCode::kInternal);
  EXPECT_EQ(code_of([&] { database->execute("SELECT ?"); }), ErrorCode::kInternal);
  // A failed statement leaves the connection usable.
  EXPECT_EQ(database->query("SELECT COUNT(*) FROM t").front().integer(0), 1);
}

TEST_F(DatabaseTest, RefusesWhatIsNoDatabase) {
  std::ofstream(dir_ / "test.db") << std::string(5000, 'x');
  EXPECT_EQ(code_of([&] { open(); }), ErrorCode::kCorrupted);
  EXPECT_EQ(code_of([&] { open_database("sqlite:none.db", dir_, {.create = false}); }), ErrorCode::kNotFound);
  EXPECT_EQ(code_of([&] { open_database("sqlite:no/such/folder.db", dir_); }), ErrorCode::kNotFound);
  EXPECT_EQ(code_of([&] { open_database("sqlite:test.db/x.db", dir_); }), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of([&] { open_database("sqlite:.", dir_); }), ErrorCode::kInvalidArgument);
}

TEST_F(DatabaseTest, DamageIsNoticed) {
  {
    auto database = open();
    database->execute("CREATE TABLE t (s TEXT)");
    for (int i = 0; i < 200; ++i) database->execute("INSERT INTO t VALUES (?)", {std::string(100, 'y')});
  }
  const auto size = fs::file_size(dir_ / "test.db");
  {
    std::fstream file(dir_ / "test.db", std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(4096);
    file << std::string(size - 4096, '\xff');
  }
  EXPECT_EQ(code_of([&] { open()->query("SELECT s FROM t"); }), ErrorCode::kCorrupted);
}

TEST_F(DatabaseTest, AFullDiskLeavesTheDataAsItWas) {
  auto database = open();
  database->execute("CREATE TABLE t (s TEXT)");
  // A limit on the size of files stands for the full disk.
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{.rlim_cur = 200'000, .rlim_max = before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  const ErrorCode code = code_of([&] {
    Transaction transaction(*database);
    for (int i = 0; i < 100; ++i) database->execute("INSERT INTO t VALUES (?)", {std::string(10'000, 'y')});
    transaction.commit();
  });
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, old_handler);
  EXPECT_EQ(code, ErrorCode::kResourceExhausted);
  EXPECT_EQ(database->query("SELECT COUNT(*) FROM t").front().integer(0), 0);
  database->execute("INSERT INTO t VALUES ('after')");
}

TEST_F(DatabaseTest, ManyDifferentTextsDoNotPileUp) {
  auto database = open();
  for (int i = 0; i < 1000; ++i) {
    EXPECT_EQ(database->query("SELECT " + std::to_string(i)).front().integer(0), i);
  }
}

}  // namespace
}  // namespace tidemill::metadata
