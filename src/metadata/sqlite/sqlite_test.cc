// What only files can do wrong.

#include <csignal>
#include <fstream>
#include <functional>

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "metadata/database_conformance.h"

namespace tidemill::metadata {
namespace {

namespace fs = std::filesystem;

class SqliteTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    dir_ = fs::path(testing::TempDir()) / (std::string("tidemill_sqlite_") + info->name());
    fs::remove_all(dir_);
    fs::create_directories(dir_);
  }
  void TearDown() override { fs::remove_all(dir_); }

  std::unique_ptr<Database> open(const OpenOptions& options = {}) {
    return open_database("sqlite:test.db", dir_, options);
  }

  fs::path dir_;
};

TEST_F(SqliteTest, OpensWithTheSettingsThatMakeCommitsDurable) {
  auto database = open();
  EXPECT_EQ(database->query("PRAGMA journal_mode").front().text(0), "wal");
  EXPECT_EQ(database->query("PRAGMA synchronous").front().integer(0), 2);
  EXPECT_EQ(database->query("PRAGMA foreign_keys").front().integer(0), 1);
  EXPECT_EQ(database->query("SELECT 'a' LIKE 'A'").front().integer(0), 0);
}

TEST_F(SqliteTest, UnderstandsUris) {
  EXPECT_EQ(open_database("sqlite:///a.db", dir_)->uri(), "sqlite:" + (dir_ / "a.db").string());
  EXPECT_EQ(open_database("sqlite:" + (dir_ / "b.db").string(), "/nowhere")->uri(),
            "sqlite:" + (dir_ / "b.db").string());
  EXPECT_EQ(open_database("sqlite::memory:", dir_)->uri(), "sqlite::memory:");
  for (const char* uri : {"mysql://x", "test.db", "sqlite:", "sqlite:///", ""}) {
    EXPECT_EQ(code_of([&] { open_database(uri, dir_); }), ErrorCode::kInvalidArgument) << uri;
  }
}

TEST_F(SqliteTest, RefusesWhatIsNoDatabase) {
  std::ofstream(dir_ / "test.db") << std::string(5000, 'x');
  EXPECT_EQ(code_of([&] { open(); }), ErrorCode::kCorrupted);
  EXPECT_EQ(code_of([&] { open_database("sqlite:none.db", dir_, {.create = false}); }), ErrorCode::kNotFound);
  EXPECT_EQ(code_of([&] { open_database("sqlite:no/such/folder.db", dir_); }), ErrorCode::kNotFound);
  EXPECT_EQ(code_of([&] { open_database("sqlite:test.db/x.db", dir_); }), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of([&] { open_database("sqlite:.", dir_); }), ErrorCode::kInvalidArgument);
}

TEST_F(SqliteTest, DamageIsNoticed) {
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

TEST_F(SqliteTest, AFullDiskLeavesTheDataAsItWas) {
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

TEST_F(SqliteTest, KeepsTextsOfAnyBytes) {
  auto database = open();
  database->execute("CREATE TABLE t (s TEXT)");
  const std::string text("a\0b", 3);
  database->execute("INSERT INTO t VALUES (?)", {text});
  EXPECT_EQ(database->query("SELECT s FROM t").front().text(0), text);
}

}  // namespace
}  // namespace tidemill::metadata
