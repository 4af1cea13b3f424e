#include "server/pages/row_budget.h"

#include <gtest/gtest.h>

namespace tidemill::server::pages {
namespace {

TEST(RowBudget, EndsWhereThereIsNoRoom) {
  RowBudget budget({{"<b>"}, {"n", "num"}}, 1000);  // 90 bytes for each row, and what is in it
  std::vector<TableRow> rows;
  EXPECT_TRUE(budget.add(rows, {"", {std::string(800, 'x'), "1"}}));
  EXPECT_FALSE(budget.add(rows, {"", {std::string(100, '<'), "1"}}));
  EXPECT_FALSE(budget.add(rows, {"", {"x", "1"}}));  // it would look as if nothing lay between
  EXPECT_EQ(rows.size(), 1U);
}

TEST(RowBudget, SaysWhatIsNotShown) {
  EXPECT_EQ(shown_of(3, 3), "");
  EXPECT_EQ(shown_of(40, 1200), "40 of 1,200");
  EXPECT_EQ(shown_of(1, 2, "manifest.json"), "1 of 2; all of them in manifest.json");
}

}  // namespace
}  // namespace tidemill::server::pages
