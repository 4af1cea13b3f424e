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

// Of instants, both ends included.
struct Range {
  std::optional<int64_t> from_ms, to_ms;
};
Range range_of(const Json& query, const std::string& name);
std::pair<std::optional<double>, std::optional<double>> seconds_range_of(const Json& query,
                                                                         const std::string& name);
workflow::Pattern pattern_of(const Json& query, const std::string& name);

std::optional<std::string> optional_text(const Json& values, const char* name);
std::optional<int64_t> optional_integer(const Json& values, const char* name);
std::optional<bool> optional_boolean(const Json& values, const char* name);
// Empty when there is none.
std::vector<std::string> texts_of(const Json& values, const char* name);

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
