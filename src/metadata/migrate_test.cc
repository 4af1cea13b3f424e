#include "metadata/migrate.h"

#include <array>

#include <gtest/gtest.h>

#include "base/error.h"

namespace tidemill::metadata {
namespace {

constexpr std::array<Migration, 2> kTwo = {
    Migration{"0001_a.sql", "CREATE TABLE a (i BIGINT); INSERT INTO a VALUES (1);"},
    Migration{"0002_b.sql", "CREATE TABLE b (i BIGINT); INSERT INTO b SELECT i + 1 FROM a;"},
};

TEST(Migrate, AppliesEachOnceInOrder) {
  auto database = open_database("sqlite::memory:", "");
  migrate(*database, std::span(kTwo).first(1));
  migrate(*database, kTwo);
  migrate(*database, kTwo);
  EXPECT_EQ(database->query("SELECT i FROM b").front().integer(0), 2);
  const auto rows = database->query("SELECT version, name FROM schema_migrations ORDER BY version");
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[1].text(1), "0002_b.sql");
}

TEST(Migrate, RefusesADatabaseOfANewerProgram) {
  auto database = open_database("sqlite::memory:", "");
  migrate(*database, kTwo);
  try {
    migrate(*database, std::span(kTwo).first(1));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kConflict);
  }
}

TEST(Migrate, AFailedOneLeavesNothing) {
  constexpr std::array<Migration, 1> kBroken = {
      Migration{"0001_x.sql", "CREATE TABLE x (i BIGINT); NONSENSE;"}};
  auto database = open_database("sqlite::memory:", "");
  EXPECT_THROW(migrate(*database, kBroken), Error);
  EXPECT_FALSE(database->has_table("x"));
  EXPECT_FALSE(database->has_table("schema_migrations"));
}

TEST(Migrate, ProjectMigrationsAreNumberedWithoutGaps) {
  int number = 0;
  for (const auto& [name, sql] : project_migrations()) {
    EXPECT_EQ(std::stoi(std::string(name.substr(0, 4))), ++number);
    EXPECT_FALSE(sql.empty());
  }
  EXPECT_GE(number, 1);
}

}  // namespace
}  // namespace tidemill::metadata
