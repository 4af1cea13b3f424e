#include "tracking/sql/conditions.h"

#include <array>
#include <charconv>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "tracking/sql/rows.h"

namespace tidemill::tracking::sql {
namespace {

struct ComparatorRow {
  Comparator comparator;
  std::string_view sql;
  bool numbers;
  bool texts;
  bool keyed_texts;
};

// Source: VALID_*_COMPARATORS of mlflow/utils/search_utils.py.
constexpr std::array kComparators = {
    ComparatorRow{Comparator::kEqual, "=", true, true, true},
    ComparatorRow{Comparator::kNotEqual, "<>", true, true, true},
    ComparatorRow{Comparator::kLess, "<", true, false, false},
    ComparatorRow{Comparator::kLessEqual, "<=", true, false, false},
    ComparatorRow{Comparator::kGreater, ">", true, false, false},
    ComparatorRow{Comparator::kGreaterEqual, ">=", true, false, false},
    ComparatorRow{Comparator::kLike, "LIKE", false, true, true},
    ComparatorRow{Comparator::kILike, "ILIKE", false, true, true},
    ComparatorRow{Comparator::kIn, "IN", false, true, false},
    ComparatorRow{Comparator::kNotIn, "NOT IN", false, true, false},
    ComparatorRow{Comparator::kIsNull, "IS NULL", false, false, true},
    ComparatorRow{Comparator::kIsNotNull, "IS NOT NULL", false, false, true},
};

const ComparatorRow& checked_row(ValueKind kind, const Condition& condition) {
  for (const ComparatorRow& row : kComparators) {
    if (row.comparator != condition.comparator) continue;
    const bool valid = kind == ValueKind::kNumber ? row.numbers
                       : kind == ValueKind::kText ? row.texts
                                                  : row.keyed_texts;
    if (valid) return row;
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("'{}' cannot be compared with {}", condition.key, row.sql));
  }
  throw Error(ErrorCode::kInternal, "unknown comparator");
}

[[noreturn]] void refuse_value(const Condition& condition, std::string_view wanted) {
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("'{}' is compared with {} only", condition.key, wanted));
}

}  // namespace

void Statement::add(std::string_view sql, std::vector<metadata::Value> values) {
  text += ' ';
  text += sql;
  for (metadata::Value& value : values) parameters.push_back(std::move(value));
}

void add_comparison(Statement& statement, std::string_view expression, ValueKind kind,
                    const Condition& condition) {
  const ComparatorRow& row = checked_row(kind, condition);
  if (row.comparator == Comparator::kIsNull || row.comparator == Comparator::kIsNotNull) {
    throw Error(ErrorCode::kInternal, "IS NULL is about the key, not its value");
  }
  if (kind == ValueKind::kNumber) {
    const auto* number = std::get_if<double>(&condition.value);
    if (number == nullptr) refuse_value(condition, "a number");
    statement.add(fmt::format("{} {} ?", expression, row.sql), {*number});
    return;
  }
  if (row.comparator == Comparator::kIn || row.comparator == Comparator::kNotIn) {
    const auto* list = std::get_if<std::vector<std::string>>(&condition.value);
    if (list == nullptr) refuse_value(condition, "a list of texts");
    const bool negated = row.comparator == Comparator::kNotIn;
    statement.add(fmt::format("{}{}", negated ? "NOT " : "", in_list(expression, list->size())),
                  {list->begin(), list->end()});
    return;
  }
  const auto* text = std::get_if<std::string>(&condition.value);
  if (text == nullptr) refuse_value(condition, "text");
  if (row.comparator == Comparator::kILike) {
    statement.add(fmt::format("lower({}) LIKE lower(?)", expression), {*text});
  } else {
    statement.add(fmt::format("{} {} ?", expression, row.sql), {*text});
  }
}

const Attribute& find_attribute(std::span<const Attribute> attributes, std::string_view name) {
  std::vector<std::string> known;
  for (const Attribute& attribute : attributes) {
    if (attribute.name == name) return attribute;
    known.emplace_back(attribute.name);
  }
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("Invalid attribute key '{}' specified. Valid keys are {}", name, join(known)));
}

void add_order(Statement& statement, const Attribute& attribute, bool ascending) {
  statement.add(fmt::format("{}{} {},", attribute.column,
                            attribute.kind == ValueKind::kNumber ? "" : " COLLATE \"C\"",
                            ascending ? "ASC NULLS FIRST" : "DESC NULLS LAST"));
}

namespace {

int64_t offset_of(const std::string& page_token) {
  int64_t offset = 0;
  const char* end = page_token.data() + page_token.size();
  if (page_token.empty()) return 0;
  const auto parsed = std::from_chars(page_token.data(), end, offset);
  if (parsed.ec != std::errc() || parsed.ptr != end || offset < 0) {
    throw Error(ErrorCode::kInvalidArgument, fmt::format("Invalid page token '{}'", page_token));
  }
  return offset;
}

}  // namespace

void add_page(Statement& statement, const PageRequest& page) {
  constexpr int64_t kMaxResults = 50'000;  // SEARCH_MAX_RESULTS_THRESHOLD
  if (page.max_results < 1 || page.max_results > kMaxResults) {
    throw Error(
        ErrorCode::kInvalidArgument,
        fmt::format("Invalid value {} for parameter 'max_results' supplied: it must be between 1 and {}",
                    page.max_results, kMaxResults));
  }
  statement.add("LIMIT ? OFFSET ?", {page.max_results + 1, offset_of(page.page_token)});
}

std::string next_page_token(const PageRequest& request) {
  return std::to_string(offset_of(request.page_token) + request.max_results);
}

}  // namespace tidemill::tracking::sql
