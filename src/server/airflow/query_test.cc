#include "server/airflow/query.h"

#include <cmath>

#include <gtest/gtest.h>

#include "base/error.h"

namespace tidemill::server::airflow {
namespace {

const OrderNames kOrders = {{"run_after", "run_after"}, {"dag_run_id", "run_id"}};

TEST(Query, PagesAreBounded) {
  const workflow::Page page = page_of({{"limit", 100'000}, {"offset", 7}});
  EXPECT_EQ(page.limit, 100);
  EXPECT_EQ(page.offset, 7);
  EXPECT_EQ(batch_page_of({{"page_limit", 5}, {"page_offset", 0}}).limit, 5);
  const std::vector<int> items = {1, 2, 3};
  EXPECT_EQ(page_of_items(items, {2, 1}), (std::vector<int>{2, 3}));
  EXPECT_EQ(page_of_items(items, {2, 9}), std::vector<int>());
  EXPECT_EQ(page_of_items(items, {0, 0}), std::vector<int>());
}

TEST(Query, OrdersHaveAirflowsNames) {
  const auto order = [](const Json& names) { return order_of({{"order_by", names}}, kOrders, "id"); };
  EXPECT_EQ(order(Json::array()), "id");
  EXPECT_EQ(order(Json::array({"-dag_run_id", "run_after"})), "-run_id,run_after");
  try {
    order(Json::array({"-colour"}));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.message(),
              "Ordering with 'colour' is disallowed or the attribute does not exist on the model");
  }
}

TEST(Query, RangesIncludeTheirEnds) {
  Json query = {{"t_gte", nullptr}, {"t_gt", 10}, {"t_lte", 20}, {"t_lt", 20}};
  EXPECT_EQ(range_of(query, "t").from_ms, 11);
  EXPECT_EQ(range_of(query, "t").to_ms, 19);
  query = {{"t_gte", 15}, {"t_gt", 10}, {"t_lte", nullptr}, {"t_lt", nullptr}};
  EXPECT_EQ(range_of(query, "t").from_ms, 15);
  EXPECT_EQ(range_of(query, "t").to_ms, std::nullopt);
  query = {{"t_gte", nullptr}, {"t_gt", 1.0}, {"t_lte", 2.5}, {"t_lt", nullptr}};
  const auto [from, to] = seconds_range_of(query, "t");
  EXPECT_EQ(from, std::nextafter(1.0, 2.0));
  EXPECT_EQ(to, 2.5);
}

}  // namespace
}  // namespace tidemill::server::airflow
