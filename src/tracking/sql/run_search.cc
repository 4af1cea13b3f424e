#include <array>

#include <fmt/format.h>

#include "base/error.h"
#include "tracking/sql/conditions.h"
#include "tracking/sql/rows.h"
#include "tracking/sql/run_rows.h"
#include "tracking/sql/sql_store.h"

namespace tidemill::tracking::sql {
namespace {

constexpr std::array kAttributes = {
    Attribute{"run_id", "runs.run_uuid", ValueKind::kText},
    Attribute{"run_name", "runs.name", ValueKind::kText},
    Attribute{"status", "runs.status", ValueKind::kText},
    Attribute{"user_id", "runs.user_id", ValueKind::kText},
    Attribute{"artifact_uri", "runs.artifact_uri", ValueKind::kText},
    Attribute{"start_time", "runs.start_time", ValueKind::kNumber},
    Attribute{"end_time", "runs.end_time", ValueKind::kNumber},
};
constexpr std::array kDatasetAttributes = {
    Attribute{"name", "d.name", ValueKind::kText},
    Attribute{"digest", "d.digest", ValueKind::kText},
    Attribute{"context", "t.value", ValueKind::kText},
};

std::string_view table_of(Field field) {
  switch (field) {
    case Field::kMetric:
      return "latest_metrics";
    case Field::kParam:
      return "params";
    default:
      return "tags";
  }
}

void add_keyed_condition(Statement& statement, const Condition& condition) {
  const bool absent = condition.comparator == Comparator::kIsNull;
  const bool present = condition.comparator == Comparator::kIsNotNull;
  if (condition.field == Field::kMetric && (absent || present)) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("metric '{}' cannot be compared with NULL", condition.key));
  }
  statement.add(fmt::format("AND {} (SELECT 1 FROM {} x WHERE x.run_uuid = runs.run_uuid AND x.key = ?",
                            absent ? "NOT EXISTS" : "EXISTS", table_of(condition.field)),
                {condition.key});
  if (!absent && !present) {
    statement.add("AND");
    add_comparison(statement, "x.value",
                   condition.field == Field::kMetric ? ValueKind::kNumber : ValueKind::kKeyedText, condition);
  }
  statement.add(")");
}

void add_dataset_condition(Statement& statement, const Condition& condition) {
  const Attribute& attribute = find_attribute(kDatasetAttributes, condition.key);
  statement.add(
      "AND EXISTS (SELECT 1 FROM inputs i JOIN datasets d ON d.dataset_uuid = i.source_id "
      "LEFT JOIN input_tags t ON t.input_uuid = i.input_uuid AND t.name = 'mlflow.data.context' "
      "WHERE i.destination_type = 'RUN' AND i.source_type = 'DATASET' AND i.destination_id = runs.run_uuid "
      "AND");
  add_comparison(statement, attribute.column, attribute.kind, condition);
  statement.add(")");
}

void add_condition(Statement& statement, const Condition& condition) {
  switch (condition.field) {
    case Field::kAttribute: {
      const Attribute& attribute = find_attribute(kAttributes, condition.key);
      statement.add("AND");
      add_comparison(statement, attribute.column, attribute.kind, condition);
      return;
    }
    case Field::kDataset:
      add_dataset_condition(statement, condition);
      return;
    default:
      add_keyed_condition(statement, condition);
  }
}

// What is missing comes last in both directions, NaN before it.
void add_run_order(Statement& statement, const OrderBy& order) {
  const std::string_view direction = order.ascending ? "ASC" : "DESC";
  if (order.field == Field::kDataset) {
    throw Error(ErrorCode::kInvalidArgument, "runs cannot be ordered by a dataset");
  }
  if (order.field == Field::kAttribute) {
    const Attribute& attribute = find_attribute(kAttributes, order.key);
    statement.add(fmt::format("{} IS NULL,", attribute.column));
    add_order(statement, attribute, order.ascending);
    return;
  }
  const std::string from =
      fmt::format("FROM {} x WHERE x.run_uuid = runs.run_uuid AND x.key = ?)", table_of(order.field));
  const bool is_metric = order.field == Field::kMetric;
  statement.add(fmt::format("COALESCE((SELECT {} {}, 2), (SELECT x.value {}{} {},",
                            is_metric ? "CASE WHEN x.is_nan THEN 1 ELSE 0 END" : "0", from, from,
                            is_metric ? "" : " COLLATE \"C\"", direction),
                {order.key, order.key});
}

}  // namespace

Page<Run> SqlStore::search_runs(const RunQuery& query) {
  Statement statement{std::string(kSelectRuns), {}};
  statement.add("WHERE " + in_list("runs.experiment_id", query.experiment_ids.size()));
  for (const std::string& id : query.experiment_ids)
    statement.parameters.emplace_back(parse_experiment_id(id));
  if (query.view == ViewType::kActiveOnly) statement.add("AND runs.lifecycle_stage = 'active'");
  if (query.view == ViewType::kDeletedOnly) statement.add("AND runs.lifecycle_stage = 'deleted'");
  for (const Condition& condition : query.conditions) add_condition(statement, condition);
  statement.add("ORDER BY");
  for (const OrderBy& order : query.order_by) add_run_order(statement, order);
  statement.add("runs.start_time DESC NULLS LAST, runs.run_uuid COLLATE \"C\"");
  add_page(statement, query.page);

  const metadata::ReadTransaction moment(*database_);
  std::vector<Run> runs;
  for (const metadata::Row& row : database_->query(statement.text, statement.parameters)) {
    runs.emplace_back().info = run_info_from(row);
  }
  Page<Run> page = page_of(std::move(runs), query.page);
  load_run_data(page.items);
  load_run_inputs(page.items);
  return page;
}

}  // namespace tidemill::tracking::sql
