#pragma once
// Between rows of the workflow's tables and records.

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
    if (texts.empty()) return;
    std::string marks;
    std::vector<Value> names;
    for (const auto& text : texts) {
      marks += marks.empty() ? "?" : ", ?";
      names.push_back(as_value(text));
    }
    add(fmt::format("{} IN ({})", column, marks), std::move(names));
  }
  void add_range(const char* column, const std::optional<int64_t>& from, const std::optional<int64_t>& to) {
    if (from) add(std::string(column) + " >= ?", {*from});
    if (to) add(std::string(column) + " <= ?", {*to});
  }
  // For LIMIT ? OFFSET ?.
  std::vector<Value> values_with(const Page& page) const {
    std::vector<Value> all = values;
    all.insert(all.end(), {page.limit < 0 ? std::numeric_limits<int64_t>::max() : page.limit, page.offset});
    return all;
  }
};

using OrderNames = std::span<const std::pair<std::string_view, std::string_view>>;

// ORDER BY of a name in `names` (name, column), `tie_break` deciding among equals.
// Errors: kInvalidArgument naming the order and those there are.
inline std::string order_of(std::string_view order_by, OrderNames names, std::string_view tie_break) {
  const bool is_descending = order_by.starts_with('-');
  const std::string_view wanted = is_descending ? order_by.substr(1) : order_by;
  std::vector<std::string> known;
  for (const auto& [name, column] : names) {
    known.emplace_back(name);
    if (name != wanted) continue;
    return fmt::format("ORDER BY {} {}, {} {}", column, is_descending ? "DESC NULLS LAST" : "ASC NULLS FIRST",
                       tie_break, is_descending ? "DESC" : "ASC");
  }
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("cannot be ordered by '{}': use {}, with '-' before it for descending", wanted,
                          join(known)));
}

}  // namespace tidemill::workflow::store
