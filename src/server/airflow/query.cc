#include "server/airflow/query.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "base/error.h"

namespace tidemill::server::airflow {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

}  // namespace

Fields page_fields(const OrderNames& orders) {
  std::string names;
  for (const auto& [name, column] : orders) names += (names.empty() ? "" : ", ") + name;
  return {integer("limit").optional(kDefaultLimit).at_least(0).about("At most 100 are answered."),
          integer("offset").optional(0).at_least(0),
          text("order_by")
              .list()
              .optional(Json::array())
              .about(fmt::format("Any of {}; with - before it descending.", names))};
}

Fields range_fields(const std::string& name) {
  Fields fields;
  for (const char* end : {"_gte", "_gt", "_lte", "_lt"}) fields.push_back(instant(name + end).optional());
  return fields;
}

Fields seconds_range_fields(const std::string& name) {
  Fields fields;
  for (const char* end : {"_gte", "_gt", "_lte", "_lt"}) fields.push_back(number(name + end).optional());
  return fields;
}

Fields pattern_fields(const std::string& name) {
  return {
      text(name + "_pattern")
          .optional()
          .about(
              "A part of it in any case of letters, % for any letters, _ for one; | between alternatives."),
      text(name + "_prefix_pattern").optional().about("Its first letters; | between alternatives.")};
}

Fields joined(std::initializer_list<Fields> parts) {
  Fields all;
  for (const Fields& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

workflow::Page page_of(const Json& query) {
  return {std::min(query.at("limit").get<int64_t>(), kMaxLimit), query.at("offset").get<int64_t>()};
}

workflow::Page batch_page_of(const Json& body) {
  return {std::min(body.at("page_limit").get<int64_t>(), kMaxLimit), body.at("page_offset").get<int64_t>()};
}

Field cursor_field() {
  return text("cursor").optional().about(
      "Empty for the first page, then next_cursor; offset is not looked at.");
}

workflow::Page cursor_page_of(const Json& query) {
  workflow::Page page = page_of(query);
  const auto cursor = optional_text(query, "cursor");
  if (!cursor) return page;
  page.offset = 0;
  const char* end = cursor->data() + cursor->size();
  const auto [stop, failure] = std::from_chars(cursor->data(), end, page.offset);
  if (cursor->empty() || (failure == std::errc() && stop == end && page.offset >= 0)) return page;
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("'{}' is no cursor: use next_cursor of the page before", *cursor));
}

Json cursor_collection(const char* name, Json items, int64_t total, const Json& query) {
  Json list = {{name, std::move(items)}};
  const bool has_cursor = optional_text(query, "cursor").has_value();
  list["total_entries"] = has_cursor ? Json() : Json(total);
  for (const char* none : {"total_entries_limit", "next_cursor", "previous_cursor"}) list[none] = nullptr;
  if (!has_cursor) return list;
  const workflow::Page page = cursor_page_of(query);
  if (page.limit > 0 && page.offset < total - page.limit) {
    list["next_cursor"] = std::to_string(page.offset + page.limit);
  }
  if (page.offset > 0) {
    list["previous_cursor"] = std::to_string(std::max<int64_t>(0, page.offset - page.limit));
  }
  return list;
}

Fields constant_fields(const Constants& constants) {
  Fields fields;
  for (const Constant& one : constants) {
    const Fields some = one.is_pattern ? pattern_fields(one.field.name) : Fields{one.field};
    fields.insert(fields.end(), some.begin(), some.end());
  }
  return fields;
}

bool finds_none(const Json& query, const Constants& constants) {
  return std::any_of(constants.begin(), constants.end(), [&](const Constant& one) {
    if (one.is_pattern) {
      const workflow::Pattern pattern = pattern_of(query, one.field.name);
      if (pattern.contains.empty() && pattern.prefix.empty()) return false;
      return one.value.is_null() || !matches(pattern, one.value.get<std::string>());
    }
    const Json& sent = query.at(one.field.name);
    if (!one.field.is_list) return !sent.is_null() && sent != one.value;
    return !sent.empty() && std::find(sent.begin(), sent.end(), one.value) == sent.end();
  });
}

Field only_map_index() {
  return integer("map_index").optional(-1).only(-1);
}

void sort_by_first(std::vector<Json>& documents, const std::string& order) {
  sort_by_first(documents, order, [](const Json& a, const Json& b, const std::string& name) {
    return a.at(name) < b.at(name);
  });
}

std::string order_of(const Json& query, const OrderNames& orders, const std::string& otherwise) {
  std::string order;
  for (const std::string& wanted : texts_of(query, "order_by")) {
    const bool is_descending = wanted.starts_with('-');
    const std::string name = is_descending ? wanted.substr(1) : wanted;
    const auto found =
        std::find_if(orders.begin(), orders.end(), [&](const auto& known) { return known.first == name; });
    if (found == orders.end()) {
      throw Error(
          ErrorCode::kInvalidArgument,
          fmt::format("Ordering with '{}' is disallowed or the attribute does not exist on the model", name));
    }
    order += (order.empty() ? "" : ",") + std::string(is_descending ? "-" : "") + found->second;
  }
  return order.empty() ? otherwise : order;
}

Range range_of(const Json& query, const std::string& name) {
  Range range{optional_integer(query, (name + "_gte").c_str()),
              optional_integer(query, (name + "_lte").c_str())};
  if (const auto above = optional_integer(query, (name + "_gt").c_str())) {
    range.from_ms = std::max(range.from_ms.value_or(*above + 1), *above + 1);
  }
  if (const auto below = optional_integer(query, (name + "_lt").c_str())) {
    range.to_ms = std::min(range.to_ms.value_or(*below - 1), *below - 1);
  }
  return range;
}

bool is_within(const std::optional<int64_t>& ms, const Range& range) {
  if (range.from_ms && (!ms || *ms < *range.from_ms)) return false;
  return !range.to_ms || (ms && *ms <= *range.to_ms);
}

std::pair<std::optional<double>, std::optional<double>> seconds_range_of(const Json& query,
                                                                         const std::string& name) {
  const auto value = [&](const char* end) -> std::optional<double> {
    const Json& sent = query.at(name + end);
    if (sent.is_null()) return std::nullopt;
    return sent.get<double>();
  };
  std::optional<double> from = value("_gte"), to = value("_lte");
  if (const auto above = value("_gt")) {
    from = std::max(from.value_or(-kInfinity), std::nextafter(*above, kInfinity));
  }
  if (const auto below = value("_lt")) {
    to = std::min(to.value_or(kInfinity), std::nextafter(*below, -kInfinity));
  }
  return {from, to};
}

workflow::Pattern pattern_of(const Json& query, const std::string& name) {
  return {optional_text(query, (name + "_pattern").c_str()).value_or(""),
          optional_text(query, (name + "_prefix_pattern").c_str()).value_or("")};
}

std::optional<std::string> optional_text(const Json& values, const char* name) {
  const auto found = values.find(name);
  if (found == values.end() || found->is_null()) return std::nullopt;
  return found->get<std::string>();
}

std::optional<int64_t> optional_integer(const Json& values, const char* name) {
  const auto found = values.find(name);
  if (found == values.end() || found->is_null()) return std::nullopt;
  return found->get<int64_t>();
}

std::optional<bool> optional_boolean(const Json& values, const char* name) {
  const auto found = values.find(name);
  if (found == values.end() || found->is_null()) return std::nullopt;
  return found->get<bool>();
}

std::vector<std::string> texts_of(const Json& values, const char* name) {
  const auto found = values.find(name);
  if (found == values.end() || found->is_null()) return {};
  return found->get<std::vector<std::string>>();
}

}  // namespace tidemill::server::airflow
