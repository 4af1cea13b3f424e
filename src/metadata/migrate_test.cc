#include "metadata/migrate.h"

#include <array>

#include "metadata/database_conformance.h"

namespace tidemill::metadata {
namespace {

class MigrateTest : public EachDatabase {};

constexpr std::array<Migration, 2> kTwo = {
    Migration{"0001_a.sql", "CREATE TABLE a (i BIGINT); INSERT INTO a VALUES (1);"},
    Migration{"0002_b.sql", "CREATE TABLE b (i BIGINT); INSERT INTO b SELECT i + 1 FROM a;"},
};

TEST_P(MigrateTest, AppliesEachOnceInOrder) {
  migrate(*database_, std::span(kTwo).first(1));
  migrate(*database_, kTwo);
  migrate(*database_, kTwo);
  EXPECT_EQ(database_->query("SELECT i FROM b").front().integer(0), 2);
  const auto rows = database_->query("SELECT version, name FROM schema_migrations ORDER BY version");
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[1].text(1), "0002_b.sql");
}

TEST_P(MigrateTest, RefusesADatabaseOfANewerProgram) {
  migrate(*database_, kTwo);
  try {
    migrate(*database_, std::span(kTwo).first(1));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kConflict);
  }
}

TEST_P(MigrateTest, AFailedOneLeavesNothing) {
  constexpr std::array<Migration, 1> kBroken = {
      Migration{"0001_x.sql", "CREATE TABLE x (i BIGINT); NONSENSE;"}};
  EXPECT_THROW(migrate(*database_, kBroken), Error);
  EXPECT_FALSE(database_->has_table("x"));
  EXPECT_FALSE(database_->has_table("schema_migrations"));
}

TEST(Migrate, ProjectMigrationsAreNumberedWithoutGaps) {
  int number = 0;
  for (const auto& [name, sql] : project_migrations()) {
    EXPECT_EQ(std::stoi(std::string(name.substr(0, 4))), ++number);
    EXPECT_FALSE(sql.empty());
  }
  EXPECT_GE(number, 1);
}

TEST_P(MigrateTest, TheProjectsOwnApply) {
  migrate(*database_, project_migrations());
  EXPECT_TRUE(database_->has_table("task_instance"));
}

INSTANTIATE_TEST_SUITE_P(Backends, MigrateTest, testing::ValuesIn(tested_databases()), database_name);

}  // namespace
}  // namespace tidemill::metadata
