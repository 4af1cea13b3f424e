#include "tracking/rest/filters.h"

#include <array>
#include <cmath>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace tidemill::tracking::rest {
namespace {

struct ComparatorRow {
  Comparator comparator;
  std::string_view word;
};

constexpr std::array kComparators = {
    ComparatorRow{Comparator::kEqual, "="},        ComparatorRow{Comparator::kNotEqual, "!="},
    ComparatorRow{Comparator::kLess, "<"},         ComparatorRow{Comparator::kLessEqual, "<="},
    ComparatorRow{Comparator::kGreater, ">"},      ComparatorRow{Comparator::kGreaterEqual, ">="},
    ComparatorRow{Comparator::kLike, "LIKE"},      ComparatorRow{Comparator::kILike, "ILIKE"},
    ComparatorRow{Comparator::kIn, "IN"},          ComparatorRow{Comparator::kNotIn, "NOT IN"},
    ComparatorRow{Comparator::kIsNull, "IS NULL"}, ComparatorRow{Comparator::kIsNotNull, "IS NOT NULL"},
};

std::string_view word_of(Comparator comparator) {
  for (const ComparatorRow& row : kComparators) {
    if (row.comparator == comparator) return row.word;
  }
  throw Error(ErrorCode::kInternal, "unknown comparator");
}

std::string_view prefix_of(Field field) {
  switch (field) {
    case Field::kAttribute:
      return "attributes";
    case Field::kMetric:
      return "metrics";
    case Field::kParam:
      return "params";
    case Field::kTag:
      return "tags";
    case Field::kDataset:
      return "datasets";
  }
  throw Error(ErrorCode::kInternal, "unknown field");
}

// Attributes are words of the grammar, the other keys anything but a back-quote.
std::string identifier(Field field, const std::string& key, bool attributes_stand_alone) {
  if (key.find('`') != std::string::npos) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("'{}': MLflow's filters cannot name a key with a back-quote", key));
  }
  if (field == Field::kAttribute) return attributes_stand_alone ? key : "attributes." + key;
  return fmt::format("{}.`{}`", prefix_of(field), key);
}

std::string number_text(double value, const std::string& key) {
  if (!std::isfinite(value)) {
    throw Error(ErrorCode::kInvalidArgument, fmt::format("'{}' cannot be compared with {}", key, value));
  }
  constexpr double kLargestInteger = 9007199254740992.0;
  if (std::trunc(value) == value && std::fabs(value) <= kLargestInteger) return fmt::format("{:.0f}", value);
  std::string text = format_double(value);
  std::erase(text, '+');  // of an exponent, which the grammar does not know
  return text;
}

// A list is read as Python reads one.
std::string list_text(const std::vector<std::string>& values) {
  std::string text;
  for (const std::string& value : values) {
    text += text.empty() ? "('" : ", '";
    for (const char c : value) {
      if (c == '\'' || c == '\\') text += '\\';
      if (c == '\n') {
        text += "\\n";
      } else if (c == '\r') {
        text += "\\r";
      } else {
        text += c;
      }
    }
    text += '\'';
  }
  return text + ")";
}

// "" for what always holds.
std::string comparison(const Condition& condition, bool attributes_stand_alone) {
  const std::string left = identifier(condition.field, condition.key, attributes_stand_alone);
  const std::string_view word = word_of(condition.comparator);
  if (condition.comparator == Comparator::kIsNull || condition.comparator == Comparator::kIsNotNull) {
    return fmt::format("{} {}", left, word);
  }
  const bool takes_list =
      condition.comparator == Comparator::kIn || condition.comparator == Comparator::kNotIn;
  if (const auto* list = std::get_if<std::vector<std::string>>(&condition.value); list && takes_list) {
    return list->empty() ? "" : fmt::format("{} {} {}", left, word, list_text(*list));
  }
  if (const auto* number = std::get_if<double>(&condition.value); number && !takes_list) {
    return fmt::format("{} {} {}", left, word, number_text(*number, condition.key));
  }
  if (const auto* text = std::get_if<std::string>(&condition.value); text && !takes_list) {
    return fmt::format("{} {} {}", left, word, filter_text(*text));
  }
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("'{}' cannot be compared by {} with such a value", condition.key, word));
}

std::string filter_of(const std::vector<Condition>& conditions, bool attributes_stand_alone) {
  std::vector<std::string> parts;
  for (const Condition& condition : conditions) {
    std::string part = comparison(condition, attributes_stand_alone);
    if (!part.empty()) parts.push_back(std::move(part));
  }
  return join(parts, " AND ");
}

std::vector<std::string> order_of(const std::vector<OrderBy>& order_by, bool attributes_stand_alone) {
  std::vector<std::string> clauses;
  for (const OrderBy& order : order_by) {
    clauses.push_back(fmt::format("{} {}", identifier(order.field, order.key, attributes_stand_alone),
                                  order.ascending ? "ASC" : "DESC"));
  }
  return clauses;
}

}  // namespace

std::string filter_text(const std::string& value) {
  const bool has_single = value.find('\'') != std::string::npos;
  if ((has_single && value.find('"') != std::string::npos) || value.ends_with('\\')) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("MLflow's filters cannot hold the text {}: it has both kinds of quotes, or ends "
                            "in a backslash",
                            value));
  }
  return has_single ? "\"" + value + "\"" : "'" + value + "'";
}

std::string run_filter(const std::vector<Condition>& conditions) {
  return filter_of(conditions, false);
}
std::string registry_filter(const std::vector<Condition>& conditions) {
  return filter_of(conditions, true);
}
std::vector<std::string> run_order(const std::vector<OrderBy>& order_by) {
  return order_of(order_by, false);
}
std::vector<std::string> registry_order(const std::vector<OrderBy>& order_by) {
  return order_of(order_by, true);
}

std::string view_type_to_json(ViewType view) {
  switch (view) {
    case ViewType::kActiveOnly:
      return "ACTIVE_ONLY";
    case ViewType::kDeletedOnly:
      return "DELETED_ONLY";
    default:
      return "ALL";
  }
}

bool matches_nothing(const std::vector<Condition>& conditions) {
  for (const Condition& condition : conditions) {
    const auto* list = std::get_if<std::vector<std::string>>(&condition.value);
    if (condition.comparator == Comparator::kIn && list != nullptr && list->empty()) return true;
  }
  return false;
}

}  // namespace tidemill::tracking::rest
