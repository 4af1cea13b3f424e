// /api/v2/eventLogs (airflow.api_fastapi.core_api.routes.public.event_logs): the audit log.

#include <fmt/format.h>

#include "base/error.h"
#include "server/airflow/lookups.h"
#include "server/airflow/query.h"

namespace tidemill::server::airflow {
namespace {

const OrderNames kOrders = {{"id", "id"},         {"event_log_id", "id"}, {"dttm", "dttm"},
                            {"when", "dttm"},     {"dag_id", "dag_id"},   {"task_id", "task_id"},
                            {"run_id", "run_id"}, {"event", "event"},     {"owner", "owner"},
                            {"extra", "extra"}};

Json entry_document(Documents& documents, const workflow::LogEntry& entry) {
  std::optional<int64_t> logical_date_ms;
  if (entry.dag_id && entry.run_id) {
    if (const auto& run = documents.run(*entry.dag_id, *entry.run_id)) logical_date_ms = run->logical_date_ms;
  }
  return event_log_document(entry, logical_date_ms);
}

net::Response list(Call& call, const Input& input) {
  const Json& query = input.query;
  workflow::LogFilter filter;
  filter.dag_id = optional_text(query, "dag_id").value_or("");
  filter.task_id = optional_text(query, "task_id").value_or("");
  filter.run_id = optional_text(query, "run_id").value_or("");
  filter.owner = optional_text(query, "owner").value_or("");
  filter.event = optional_text(query, "event").value_or("");
  filter.events = texts_of(query, "included_events");
  filter.excluded_events = texts_of(query, "excluded_events");
  filter.try_number = optional_integer(query, "try_number");
  if (const auto after = optional_integer(query, "after")) filter.from_ms = *after + 1;
  if (const auto before = optional_integer(query, "before")) filter.to_ms = *before - 1;
  filter.dag_id_pattern = pattern_of(query, "dag_id");
  filter.task_id_pattern = pattern_of(query, "task_id");
  filter.run_id_pattern = pattern_of(query, "run_id");
  filter.owner_pattern = pattern_of(query, "owner");
  filter.event_pattern = pattern_of(query, "event");
  filter.order_by = order_of(query, kOrders, "id");
  Documents documents(call);
  Json entries = Json::array();
  workflow::Store& store = call.operations.store();
  for (const workflow::LogEntry& one : store.list_log(filter, page_of(query))) {
    entries.push_back(entry_document(documents, one));
  }
  return net::Response::json(collection("event_logs", std::move(entries), store.count_log(filter)));
}

net::Response get(Call& call, const Input& input) {
  const auto id = input.path.at("event_log_id").get<int64_t>();
  const auto entry = call.operations.store().find_log_entry(id);
  if (!entry) throw Error(ErrorCode::kNotFound, fmt::format("The Event Log with id: `{}` not found", id));
  Documents documents(call);
  return net::Response::json(entry_document(documents, *entry));
}

}  // namespace

std::vector<Operation> event_log_operations() {
  return {
      {"GET", "/api/v2/eventLogs", list, "get_event_logs", "Event Log", "List what was done, and by whom",
       joined({page_fields(kOrders),
               {text("dag_id").optional(), text("task_id").optional(), text("run_id").optional(),
                text("owner").optional(), text("event").optional(), integer("try_number").optional(),
                text("included_events").list().optional(Json::array()),
                text("excluded_events").list().optional(Json::array()), instant("before").optional(),
                instant("after").optional()},
               pattern_fields("dag_id"),
               pattern_fields("task_id"),
               pattern_fields("run_id"),
               pattern_fields("owner"),
               pattern_fields("event")}),
       nullptr, "EventLogCollectionResponse"},
      {"GET",
       "/api/v2/eventLogs/{event_log_id}",
       get,
       "get_event_log",
       "Event Log",
       "Get an entry",
       {},
       nullptr,
       "EventLogResponse"},
  };
}

}  // namespace tidemill::server::airflow
