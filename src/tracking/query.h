#pragma once
// What to search for: conditions that all hold, an order, a page. A filter text in MLflow's grammar becomes a
// list of conditions. Source: mlflow/utils/search_utils.py.

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "tracking/entities.h"

namespace tidemill::tracking {

enum class ViewType { kActiveOnly, kDeletedOnly, kAll };

enum class Comparator {
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kLike,
  kILike,
  kIn,
  kNotIn,
  kIsNull,
  kIsNotNull,
};

enum class Field { kAttribute, kMetric, kParam, kTag, kDataset };

// "tags.key = 'value'". A number for metrics and times, a list for IN and NOT IN, nothing for IS [NOT] NULL,
// text for the rest. As in MLflow, != does not match what lacks the key.
struct Condition {
  Field field = Field::kAttribute;
  std::string key{};
  Comparator comparator = Comparator::kEqual;
  std::variant<std::monostate, double, std::string, std::vector<std::string>> value{};
};

Condition tag_equals(std::string key, std::string value);
Condition attribute_equals(std::string key, std::string value);

struct OrderBy {
  Field field = Field::kAttribute;
  std::string key{};
  bool ascending = true;
};

// `page_token` is what the page before gave; "" for the first.
struct PageRequest {
  int64_t max_results = 1000;
  std::string page_token{};
};

template <typename Item>
struct Page {
  std::vector<Item> items;
  std::string next_page_token;  // "" at the end
};

// Attributes: run_id, run_name, status, user_id, artifact_uri, start_time, end_time. Datasets: name, digest,
// context. Ends with start_time descending, then run_id. Missing values come last, NaN before them.
struct RunQuery {
  std::vector<std::string> experiment_ids{};
  std::vector<Condition> conditions{};
  std::vector<OrderBy> order_by{};
  ViewType view = ViewType::kActiveOnly;
  PageRequest page{};
};

// Attributes: name, run_id, source_path, version_number (a number); and tags. Ordered by
// last_updated_timestamp descending, name, version_number descending unless `order_by` (those three and
// creation_timestamp) says else.
struct ModelVersionQuery {
  std::vector<Condition> conditions{};
  std::vector<OrderBy> order_by{};
  PageRequest page{};
};

// Attribute: name; and tags. Ordered by name, or by last_updated_timestamp.
struct RegisteredModelQuery {
  std::vector<Condition> conditions{};
  std::vector<OrderBy> order_by{};
  PageRequest page{};
};

}  // namespace tidemill::tracking
