#include "metadata/attempts.h"
#include "metadata/database_conformance.h"
#include "metadata/migrate.h"
#include "metadata/variables.h"

namespace tidemill::metadata {
namespace {

class RecordsTest : public EachDatabase {
 protected:
  RecordsTest() { migrate(*database_, project_migrations()); }
};

TEST_P(RecordsTest, VariablesAreSetReplacedListedAndDeleted) {
  EXPECT_EQ(get_variable(*database_, "last_trained_data"), std::nullopt);
  set_variable(*database_, "last_trained_data", "2026-11-01", "the day trained on");
  set_variable(*database_, "last_trained_data", "2026-11-02");
  set_variable(*database_, "a", "");
  EXPECT_EQ(get_variable(*database_, "last_trained_data"), "2026-11-02");
  EXPECT_EQ(find_variable(*database_, "last_trained_data")->description, "the day trained on");
  EXPECT_EQ(find_variable(*database_, "b"), std::nullopt);
  const auto all = list_variables(*database_);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].key, "a");
  EXPECT_EQ(all[0].description, std::nullopt);
  EXPECT_EQ(all[1].description, "the day trained on");
  EXPECT_TRUE(delete_variable(*database_, "a"));
  EXPECT_FALSE(delete_variable(*database_, "a"));
  EXPECT_THROW(set_variable(*database_, "", "x"), Error);
  EXPECT_THROW(set_variable(*database_, std::string(251, 'k'), "x"), Error);
}

TEST_P(RecordsTest, OneAttemptIsOpenAtATime) {
  EXPECT_FALSE(find_open_attempt(*database_));
  open_attempt(*database_, {"one", "2026-11-01", "hash1", "[]", 1000, {}});
  EXPECT_THROW(open_attempt(*database_, {"two", "2026-11-01", "hash1", "[]", 1001, {}}), Error);
  const auto open = find_open_attempt(*database_);
  ASSERT_TRUE(open);
  EXPECT_EQ(open->id, "one");
  EXPECT_EQ(open->planned, "[]");
  EXPECT_FALSE(open->closed_at_ms);
  EXPECT_FALSE(latest_closed_attempt(*database_));

  close_attempt(*database_, "one", 2000);
  EXPECT_FALSE(find_open_attempt(*database_));
  EXPECT_THROW(close_attempt(*database_, "one", 2001), Error);

  open_attempt(*database_, {"two", "2026-11-02", "hash2", "[]", 1500, {}});
  close_attempt(*database_, "two", 2000);  // a clock that stands still
  const auto latest = latest_closed_attempt(*database_);
  ASSERT_TRUE(latest);
  EXPECT_EQ(latest->id, "two");
  EXPECT_EQ(latest->data_manifest_hash, "hash2");
  EXPECT_EQ(latest->closed_at_ms, 2001);
}

TEST_P(RecordsTest, AnAbandonedAttemptNeitherStandsInTheWayNorCounts) {
  open_attempt(*database_, {"one", "2026-11-01", "hash1", "[]", 1000, {}});
  abandon_attempt(*database_, "one", 2000);
  EXPECT_FALSE(find_open_attempt(*database_));
  EXPECT_FALSE(latest_closed_attempt(*database_));
  EXPECT_THROW(close_attempt(*database_, "one", 2001), Error);
  open_attempt(*database_, {"two", "2026-11-02", "hash2", "[]", 3000, {}});
}

TEST_P(RecordsTest, ClosingAndPublishingAreOneTransaction) {
  open_attempt(*database_, {"one", "2026-11-01", "hash1", "[]", 1000, {}});
  {
    Transaction transaction(*database_);
    set_variable(*database_, "last_trained_data", "2026-11-01");
    close_attempt(*database_, "one", 2000);
  }
  EXPECT_TRUE(find_open_attempt(*database_));
  EXPECT_EQ(get_variable(*database_, "last_trained_data"), std::nullopt);
}

TEST_P(RecordsTest, ChangesAreCountedWhenTheyAreThere) {
  auto other = open();
  const int64_t before = change_number(*other);
  {
    Transaction transaction(*database_);
    set_variable(*database_, "a", "1");
    set_variable(*database_, "b", "1");
    EXPECT_EQ(change_number(*other), before);
    EXPECT_EQ(transaction.commit(), before + 1);  // one for both
  }
  EXPECT_EQ(change_number(*other), before + 1);
  EXPECT_TRUE(delete_variable(*database_, "a"));  // in a transaction of its own
  EXPECT_EQ(change_number(*other), before + 2);
  EXPECT_EQ(change_number(*database_), before + 2);
}

TEST_P(RecordsTest, WhatChangesNothingIsNotCounted) {
  const int64_t before = change_number(*database_);
  EXPECT_FALSE(delete_variable(*database_, "a"));
  {
    Transaction undone(*database_);
    set_variable(*database_, "a", "1");
  }
  {
    Transaction transaction(*database_);
    database_->execute("UPDATE variable SET value = ?", {"2"});  // without counting
    EXPECT_EQ(transaction.commit(), std::nullopt);
  }
  open()->execute("CREATE TABLE of_others (i BIGINT)");
  EXPECT_EQ(change_number(*database_), before);
}

TEST_P(RecordsTest, WhatWasCountedOutsideIsCountedWithWhatWasUndoneInside) {
  const int64_t before = change_number(*database_);
  Transaction outer(*database_);
  set_variable(*database_, "a", "1");
  {
    Transaction inner(*database_);
    set_variable(*database_, "b", "1");
    EXPECT_EQ(inner.commit(), std::nullopt);
  }
  { const Transaction undone(*database_); }
  EXPECT_EQ(outer.commit(), before + 1);
}

INSTANTIATE_TEST_SUITE_P(Backends, RecordsTest, testing::ValuesIn(tested_databases()), database_name);

}  // namespace
}  // namespace tidemill::metadata
