// GET of xcomEntries (airflow.api_fastapi.core_api.routes.public.xcom): what tasks returned.

#include <fmt/format.h>

#include "base/error.h"
#include "server/airflow/lookups.h"
#include "server/airflow/query.h"

namespace tidemill::server::airflow {
namespace {

const OrderNames kOrders = {{"key", "key"},         {"dag_id", "dag_id"},    {"run_id", "run_id"},
                            {"task_id", "task_id"}, {"map_index", "dag_id"}, {"timestamp", "timestamp"}};

const Constants kConstants = {{integer("map_index").optional(), -1},
                              {integer("map_index_filter").optional(), -1}};

// "" for ~: any.
std::string unless_any(const std::string& name) {
  return name == "~" ? "" : name;
}

net::Response list(Call& call, const Input& input) {
  workflow::XComFilter filter;
  filter.dag_id = unless_any(input.text("dag_id"));
  filter.run_id = unless_any(input.text("dag_run_id"));
  filter.task_id = unless_any(input.text("task_id"));
  filter.key = optional_text(input.query, "xcom_key").value_or("");
  filter.key_pattern = pattern_of(input.query, "xcom_key");
  filter.run_id_pattern = pattern_of(input.query, "run_id");
  filter.task_id_pattern = pattern_of(input.query, "task_id");
  filter.order_by = order_of(input.query, kOrders, "dag_id,task_id,run_id,key");
  const bool is_none = finds_none(input.query, kConstants);
  Documents documents(call);
  Json entries = Json::array();
  workflow::Store& store = call.operations.store();
  if (!is_none) {
    for (const workflow::XCom& one : store.list_xcoms(filter, page_of(input.query))) {
      entries.push_back(xcom_document(one, documents.run(one.dag_id, one.run_id)));
    }
  }
  return net::Response::json(
      collection("xcom_entries", std::move(entries), is_none ? 0 : store.count_xcoms(filter)));
}

// The value as it was stored, JSON in a text, or, with deserialize, what it says; as a text with stringify.
Json shown_value(const std::string& stored, const Json& query) {
  Json value = stored;
  if (query.at("deserialize").get<bool>() && !is_too_deep(stored)) {
    const Json parsed = Json::parse(stored, nullptr, /*allow_exceptions=*/false);
    if (!parsed.is_discarded()) value = parsed;
  }
  if (query.at("stringify").get<bool>() && !value.is_string() && !value.is_null()) value = value.dump();
  return value;
}

net::Response get(Call& call, const Input& input) {
  workflow::XComFilter filter;
  filter.dag_id = input.text("dag_id");
  filter.run_id = input.text("dag_run_id");
  filter.task_id = input.text("task_id");
  filter.key = input.text("xcom_key");
  const std::vector<workflow::XCom> found = call.operations.store().list_xcoms(filter, {1});
  if (found.empty() || optional_integer(input.query, "map_index").value_or(-1) != -1) {
    throw Error(ErrorCode::kNotFound, fmt::format("XCom entry with key: `{}` not found", filter.key));
  }
  Documents documents(call);
  Json entry = xcom_document(found.front(), documents.run(filter.dag_id, filter.run_id));
  entry["value"] = shown_value(found.front().value, input.query);
  return net::Response::json(entry);
}

}  // namespace

std::vector<Operation> xcom_operations() {
  const char* const all = "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/xcomEntries";
  const char* const one =
      "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/xcomEntries/{xcom_key}";
  return {
      {"GET", all, list, "get_xcom_entries", "XCom",
       "List what tasks returned; ~ for all DAGs, runs or tasks",
       joined({page_fields(kOrders),
               {text("xcom_key").optional()},
               constant_fields(kConstants),
               pattern_fields("xcom_key"),
               pattern_fields("run_id"),
               pattern_fields("task_id")}),
       nullptr, "XComCollectionResponse"},
      {"GET",
       one,
       get,
       "get_xcom_entry",
       "XCom",
       "Get what a task returned",
       {integer("map_index").optional(-1), boolean("deserialize").optional(false),
        boolean("stringify").optional(false)},
       nullptr,
       "XComResponseNative"},
  };
}

}  // namespace tidemill::server::airflow
