#pragma once
// What Airflow's lists have in common in their queries: pages, orders, ranges of times, patterns of names.

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "server/airflow/operation.h"
#include "workflow/store.h"

namespace tidemill::server::airflow {

inline constexpr int64_t kDefaultLimit = 50, kMaxLimit = 100;  // Airflow's fallback and maximum_page_limit

// Names that a list may be ordered by, each with what it is called below.
using OrderNames = std::vector<std::pair<std::string, std::string>>;

using Fields = std::vector<Field>;
// limit, offset and order_by.
Fields page_fields(const OrderNames& orders);
// NAME_gte, NAME_gt, NAME_lte, NAME_lt.
Fields range_fields(const std::string& name);
Fields seconds_range_fields(const std::string& name);
// NAME_pattern and NAME_prefix_pattern.
Fields pattern_fields(const std::string& name);
Fields joined(std::initializer_list<Fields> parts);

// `limit` is at most kMaxLimit, whatever was asked for.
workflow::Page page_of(const Json& query);
// page_limit and page_offset of a batch's body.
workflow::Page batch_page_of(const Json& body);
// "-run_after,run_id" as the store takes it; `otherwise` when none was given. Errors: kInvalidArgument
// "Ordering with 'x' is disallowed or the attribute does not exist on the model".
std::string order_of(const Json& query, const OrderNames& orders, const std::string& otherwise);

// The query of a list that Airflow pages by cursors too: "" asks for the first page, then next_cursor. Ours
// holds an offset.
Field cursor_field();
// Errors: kInvalidArgument for a cursor that no answer gave.
workflow::Page cursor_page_of(const Json& query);
// {"<name>": items, "next_cursor": ...} when a cursor was sent, else with the total and null cursors.
Json cursor_collection(const char* name, Json items, int64_t total, const Json& query);

// What all of a list have in common. A filter by it finds all of them, by another value none.
struct Constant {           // NOLINT(bugprone-exception-escape): moving a Json does not throw
  Field field;              // of the query, optional; a list finds what any of it does
  Json value;               // null: none has one
  bool is_pattern = false;  // the field's name is that of pattern_fields
};
using Constants = std::vector<Constant>;
Fields constant_fields(const Constants& constants);
bool finds_none(const Json& query, const Constants& constants);
// Tasks are not mapped: -1, or left out.
Field only_map_index();

// Of instants, both ends included.
struct Range {
  std::optional<int64_t> from_ms, to_ms;
};
Range range_of(const Json& query, const std::string& name);
// What has no time is within a range without ends only.
bool is_within(const std::optional<int64_t>& ms, const Range& range);
std::pair<std::optional<double>, std::optional<double>> seconds_range_of(const Json& query,
                                                                         const std::string& name);
workflow::Pattern pattern_of(const Json& query, const std::string& name);

std::optional<std::string> optional_text(const Json& values, const char* name);
std::optional<int64_t> optional_integer(const Json& values, const char* name);
std::optional<bool> optional_boolean(const Json& values, const char* name);
// Empty when there is none.
std::vector<std::string> texts_of(const Json& values, const char* name);

// By the first name of an order alone; what is the same stays as it was.
template <typename Item, typename IsBefore>  // bool(const Item&, const Item&, const std::string& name)
void sort_by_first(std::vector<Item>& items, const std::string& order, const IsBefore& is_before) {
  const bool is_descending = order.starts_with('-');
  const size_t begin = is_descending ? 1 : 0;
  const std::string name = order.substr(begin, order.find(',') - begin);
  std::stable_sort(items.begin(), items.end(), [&](const Item& a, const Item& b) {
    return is_descending ? is_before(b, a, name) : is_before(a, b, name);
  });
}
// By a field of documents.
void sort_by_first(std::vector<Json>& documents, const std::string& order);

// The page of what is in memory.
template <typename Item>
std::vector<Item> page_of_items(const std::vector<Item>& items, const workflow::Page& page) {
  const auto size = static_cast<int64_t>(items.size());
  const int64_t from = std::min(page.offset, size);
  const int64_t to = std::min(from + page.limit, size);
  return {items.begin() + from, items.begin() + to};
}

// The filters by time and duration that lists of runs and of task instances have in common.
template <typename Filter>
void take_ranges(Filter& filter, const Json& values) {
  const Range run_after = range_of(values, "run_after"), logical_date = range_of(values, "logical_date");
  const Range start_date = range_of(values, "start_date"), end_date = range_of(values, "end_date");
  filter.run_after_from_ms = run_after.from_ms;
  filter.run_after_to_ms = run_after.to_ms;
  filter.logical_date_from_ms = logical_date.from_ms;
  filter.logical_date_to_ms = logical_date.to_ms;
  filter.start_date_from_ms = start_date.from_ms;
  filter.start_date_to_ms = start_date.to_ms;
  filter.end_date_from_ms = end_date.from_ms;
  filter.end_date_to_ms = end_date.to_ms;
  std::tie(filter.duration_from_s, filter.duration_to_s) = seconds_range_of(values, "duration");
}

}  // namespace tidemill::server::airflow
