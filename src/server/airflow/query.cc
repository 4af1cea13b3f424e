#include "server/airflow/query.h"

#include <algorithm>
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
