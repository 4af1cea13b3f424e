#pragma once
// Between rows of the workflow's tables and records.

#include <algorithm>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "metadata/database.h"
#include "workflow/states.h"
#include "workflow/store.h"

namespace tidemill::workflow::store {

using metadata::nullable;
using metadata::Row;
using metadata::Value;

// Takes the columns of a row one after the other.
class Columns {
 public:
  explicit Columns(const Row& row) : row_(row) {}

  std::string text() { return row_.text(next_++); }
  int64_t integer() { return row_.integer(next_++); }
  int small() { return static_cast<int>(integer()); }
  bool boolean() { return integer() != 0; }
  std::optional<std::string> optional_text() { return row_.optional_text(next_++); }
  std::optional<int64_t> optional_integer() { return row_.optional_integer(next_++); }

  // Errors: kCorrupted for a text that is no name of `parse`.
  template <typename Parse>
  auto named(const Parse& parse) {
    const std::string name = text();
    const auto value = parse(name);
    if (!value)
      throw Error(ErrorCode::kCorrupted, fmt::format("the database says '{}', which is no state", name));
    return *value;
  }

 private:
  const Row& row_;
  size_t next_ = 0;
};

template <typename State>
Value name_value(State state) {
  return std::string(name_of(state));
}

inline Value as_value(const std::string& text) {
  return text;
}
inline Value as_value(int64_t number) {
  return number;
}
template <typename State>
Value as_value(State state) {
  return name_value(state);
}

inline Value boolean_value(bool value) {
  return int64_t{value ? 1 : 0};
}

// The WHERE of a list, put together.
struct Condition {
  std::string sql;
  std::vector<Value> values;

  void add(const std::string& part, std::vector<Value> bound) {
    sql += (sql.empty() ? "WHERE " : " AND ") + part;
    for (Value& value : bound) values.push_back(std::move(value));
  }
  void add_text(const char* column, const std::string& text) {
    if (!text.empty()) add(std::string(column) + " = ?", {text});
  }
  template <typename Texts>
  void add_any(const char* column, const Texts& texts) {
    if (!texts.empty()) add_in(column, "IN", texts);
  }
  template <typename Texts>
  void add_none(const char* column, const Texts& texts) {
    if (!texts.empty()) add_in(column, "NOT IN", texts);
  }
  void add_pattern(const char* column, const Pattern& pattern) {
    if (!pattern.contains.empty()) {
      add_alternatives(pattern.contains, fmt::format("LOWER({}) LIKE LOWER(?) ESCAPE '\\'", column),
                       [](const std::string& one) { return std::vector<Value>{"%" + one + "%"}; });
    }
    if (!pattern.prefix.empty()) {
      add_alternatives(pattern.prefix, fmt::format("substr({}, 1, CAST(? AS INTEGER)) = ?", column),
                       [](const std::string& one) {
                         return std::vector<Value>{letter_count(one), one};
                       });
    }
  }
  void add_range(const char* column, const std::optional<int64_t>& from, const std::optional<int64_t>& to) {
    if (from) add(std::string(column) + " >= ?", {*from});
    if (to) add(std::string(column) + " <= ?", {*to});
  }
  void add_seconds(const char* from_column, const char* to_column, const std::optional<double>& from,
                   const std::optional<double>& to) {
    const std::string seconds = fmt::format("({} - {}) / 1000.0", to_column, from_column);
    if (from) add(seconds + " >= ?", {*from});
    if (to) add(seconds + " <= ?", {*to});
  }
  // For LIMIT ? OFFSET ?.
  std::vector<Value> values_with(const Page& page) const {
    std::vector<Value> all = values;
    all.insert(all.end(), {page.limit < 0 ? std::numeric_limits<int64_t>::max() : page.limit, page.offset});
    return all;
  }

 private:
  // Of UTF-8.
  static int64_t letter_count(const std::string& text) {
    return std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; });
  }
  template <typename Texts>
  void add_in(const char* column, const char* how, const Texts& texts) {
    std::string marks;
    std::vector<Value> names;
    for (const auto& text : texts) {
      marks += marks.empty() ? "?" : ", ?";
      names.push_back(as_value(text));
    }
    add(fmt::format("{} {} ({})", column, how, marks), std::move(names));
  }
  template <typename Values>
  void add_alternatives(const std::string& search, const std::string& one_sql, const Values& values_of) {
    std::string either;
    std::vector<Value> bound;
    for (const std::string& one : alternatives_of(search)) {
      either += (either.empty() ? "(" : " OR ") + one_sql;
      for (Value& value : values_of(one)) bound.push_back(std::move(value));
    }
    add(either + ")", std::move(bound));
  }
};

using OrderNames = std::span<const std::pair<std::string_view, std::string_view>>;

// ORDER BY of names in `names` (name, column) with commas between, `tie_break` deciding among equals.
// Errors: kInvalidArgument naming the order and those there are.
inline std::string order_of(std::string_view order_by, OrderNames names, std::string_view tie_break) {
  std::string sql;
  bool ties_descend = false;
  while (!order_by.empty()) {
    const std::string_view one = order_by.substr(0, order_by.find(','));
    order_by.remove_prefix(std::min(one.size() + 1, order_by.size()));
    const bool is_descending = one.starts_with('-');
    const std::string_view wanted = one.substr(is_descending ? 1 : 0);
    const auto found =
        std::find_if(names.begin(), names.end(), [&](const auto& known) { return known.first == wanted; });
    if (found == names.end()) {
      std::vector<std::string> known;
      for (const auto& name : names) known.emplace_back(name.first);
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("cannot be ordered by '{}': use {}, with '-' before it for descending", wanted,
                              join(known)));
    }
    if (sql.empty()) ties_descend = is_descending;
    sql += fmt::format("{} {}, ", found->second, is_descending ? "DESC NULLS LAST" : "ASC NULLS FIRST");
  }
  return fmt::format("ORDER BY {}{} {}", sql, tie_break, ties_descend ? "DESC" : "ASC");
}

}  // namespace tidemill::workflow::store
