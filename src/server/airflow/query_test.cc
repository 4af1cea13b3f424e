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

TEST(Query, CursorsLeadThroughAList) {
  const Json none = {{"limit", 2}, {"offset", 1}, {"cursor", nullptr}};
  EXPECT_EQ(cursor_page_of(none).offset, 1);
  EXPECT_EQ(cursor_collection("runs", {1}, 5, none).at("total_entries"), 5);
  Json query = {{"limit", 2}, {"offset", 1}, {"cursor", ""}};
  std::vector<int64_t> offsets;
  for (Json next = ""; !next.is_null();) {
    query["cursor"] = next;
    offsets.push_back(cursor_page_of(query).offset);
    next = cursor_collection("runs", Json::array(), 5, query).at("next_cursor");
  }
  EXPECT_EQ(offsets, (std::vector<int64_t>{0, 2, 4}));
  EXPECT_EQ(cursor_collection("runs", Json::array(), 5, query).at("previous_cursor"), "2");
  EXPECT_TRUE(cursor_collection("runs", Json::array(), 5, query).at("total_entries").is_null());
  query["cursor"] = "gAAAA";
  EXPECT_THROW(cursor_page_of(query), Error);
}

TEST(Query, WhatIsTheSameOfAllFindsAllOrNothing) {
  const Constants constants = {{text("queue").list().optional(Json::array()), "default"},
                               {text("executor").list().optional(Json::array()), nullptr},
                               {boolean("is_favorite").optional(), false},
                               {text("queue_name"), "default", /*is_pattern=*/true}};
  Json query;
  for (const Field& field : constant_fields(constants)) query[field.name] = field.fallback;
  EXPECT_FALSE(finds_none(query, constants));
  const auto with = [&](const char* name, const Json& value) {
    Json one = query;
    one[name] = value;
    return finds_none(one, constants);
  };
  EXPECT_FALSE(with("queue", {"other", "default"}));
  EXPECT_TRUE(with("queue", Json::array({"other"})));
  EXPECT_TRUE(with("executor", Json::array({"x"})));
  EXPECT_FALSE(with("is_favorite", false));
  EXPECT_TRUE(with("is_favorite", true));
  EXPECT_FALSE(with("queue_name_pattern", "FAU"));
  EXPECT_TRUE(with("queue_name_prefix_pattern", "x"));
}

TEST(Query, ListsAreSortedByTheFirstName) {
  std::vector<Json> items = {{{"a", 1}, {"b", 1}}, {{"a", 2}, {"b", 0}}, {{"a", 1}, {"b", 2}}};
  sort_by_first(items, "-a,b");
  EXPECT_EQ(items[0].at("a"), 2);
  EXPECT_EQ(items[1].at("b"), 1);
  sort_by_first(items, "b");
  EXPECT_EQ(items[0].at("b"), 0);
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
