#pragma once
// Conditions and orders as SQL text with bound values.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "metadata/database.h"
#include "tracking/query.h"

namespace tidemill::tracking::sql {

// Grows a statement; what it adds starts with a space.
struct Statement {
  std::string text;
  std::vector<metadata::Value> parameters;

  void add(std::string_view sql, std::vector<metadata::Value> values = {});
};

// What MLflow lets a kind of field be compared with.
enum class ValueKind { kNumber, kText, kKeyedText };

// "<expression> <comparator> <value>". Errors: kInvalidArgument for a comparator that this kind does not
// have, or a value of another kind.
void add_comparison(Statement& statement, std::string_view expression, ValueKind kind,
                    const Condition& condition);

struct Attribute {
  std::string_view name;
  std::string_view column;
  ValueKind kind;
};

// Errors: kInvalidArgument naming the known ones.
const Attribute& find_attribute(std::span<const Attribute> attributes, std::string_view name);

// "<column> DESC," the same in every database: texts by bytes, NULL below everything.
void add_order(Statement& statement, const Attribute& attribute, bool ascending);

// " LIMIT ? OFFSET ?" with one row more than asked, so that the end is seen.
// Errors: kInvalidArgument for a page token that is none, or max_results that is not positive.
void add_page(Statement& statement, const PageRequest& page);

// Drops the row too many and tells where the next page starts.
template <typename Item>
Page<Item> page_of(std::vector<Item> items, const PageRequest& request);

std::string next_page_token(const PageRequest& request);

template <typename Item>
Page<Item> page_of(std::vector<Item> items, const PageRequest& request) {
  Page<Item> page{std::move(items), ""};
  if (page.items.size() > static_cast<size_t>(request.max_results)) {
    page.items.pop_back();
    page.next_page_token = next_page_token(request);
  }
  return page;
}

}  // namespace tidemill::tracking::sql
