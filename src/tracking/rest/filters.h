#pragma once
// Queries in MLflow's filter grammar. Source: mlflow/utils/search_utils.py (3.17).
//
// MLflow's grammar has no escapes: a text with both kinds of quotes, or one that ends in a backslash, cannot
// be written. Errors: kInvalidArgument for such a text, and for a value of the wrong kind.

#include <string>
#include <vector>

#include "tracking/query.h"

namespace tidemill::tracking::rest {

// "tags.`a` = 'x' AND metrics.`rmse` < 0.2"; "" for no conditions.
std::string run_filter(const std::vector<Condition>& conditions);
std::string registry_filter(const std::vector<Condition>& conditions);  // attributes stand alone: name = 'x'

// "metrics.`rmse` DESC"
std::vector<std::string> run_order(const std::vector<OrderBy>& order_by);
std::vector<std::string> registry_order(const std::vector<OrderBy>& order_by);

// "ACTIVE_ONLY", "DELETED_ONLY", "ALL".
std::string view_type_to_json(ViewType view);

// Whether nothing can match: IN with an empty list, which MLflow refuses.
bool matches_nothing(const std::vector<Condition>& conditions);

// 'x' or "x".
std::string filter_text(const std::string& value);

}  // namespace tidemill::tracking::rest
