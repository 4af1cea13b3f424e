// /api/v2/assets (airflow.api_fastapi.core_api.routes.public.assets).

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "server/airflow/lookups.h"
#include "server/airflow/query.h"

namespace tidemill::server::airflow {
namespace {

const OrderNames kOrders = {{"id", "id"},
                            {"name", "name"},
                            {"uri", "uri"},
                            {"created_at", "created_at"},
                            {"updated_at", "updated_at"}};
const OrderNames kEventOrders = {{"timestamp", "timestamp"},
                                 {"source_dag_id", "source_dag_id"},
                                 {"source_run_id", "source_run_id"},
                                 {"source_task_id", "source_task_id"},
                                 {"source_map_index", "id"}};

const Constants kEventConstants = {{integer("source_map_index").optional(), -1}};

// All assets that the DAGs name, as documents.
std::vector<Json> asset_documents(Call& call) {
  std::map<std::string, int64_t> first_seen;
  for (const workflow::Dag& dag : call.operations.dags()) {
    first_seen[dag.id] = state_of(call, dag).first_seen_at_ms;
  }
  std::map<std::string, workflow::Asset> with_events;
  for (workflow::Asset& one : call.operations.store().assets_with_events()) with_events[one.name] = one;
  std::vector<Json> documents;
  for (const std::string& name : call.operations.assets()) {
    std::optional<workflow::Asset> events;
    if (const auto found = with_events.find(name); found != with_events.end()) events = found->second;
    documents.push_back(asset_document(name, call.operations.dags(), first_seen, events));
  }
  return documents;
}

// nullopt for a number that is none's.
std::optional<std::string> asset_named(Call& call, int64_t number) {
  for (std::string& name : call.operations.assets()) {
    if (asset_number(name) == number) return std::move(name);
  }
  return std::nullopt;
}

bool concerns_any(const Json& asset, const std::vector<std::string>& dag_ids) {
  if (dag_ids.empty()) return true;
  for (const char* references : {"scheduled_dags", "producing_tasks"}) {
    for (const Json& one : asset.at(references)) {
      if (std::find(dag_ids.begin(), dag_ids.end(), one.at("dag_id")) != dag_ids.end()) return true;
    }
  }
  return false;
}

net::Response list(Call& call, const Input& input) {
  const workflow::Pattern names = pattern_of(input.query, "name"), uris = pattern_of(input.query, "uri");
  const std::vector<std::string> dag_ids = texts_of(input.query, "dag_ids");
  std::vector<Json> assets = asset_documents(call);
  std::erase_if(assets, [&](const Json& asset) {
    const auto name = asset.at("name").get<std::string>();
    return !matches(names, name) || !matches(uris, name) || !concerns_any(asset, dag_ids);
  });
  sort_by_first(assets, order_of(input.query, kOrders, "name"));
  return net::Response::json(
      collection("assets", page_of_items(assets, page_of(input.query)), static_cast<int64_t>(assets.size())));
}

net::Response get(Call& call, const Input& input) {
  const Json& number = input.path.at("asset_id");
  for (const Json& asset : asset_documents(call)) {
    if (asset.at("id") == number) return net::Response::json(asset);
  }
  throw Error(ErrorCode::kNotFound,
              fmt::format("The Asset with ID: `{}` was not found", number.get<int64_t>()));
}

net::Response list_events(Call& call, const Input& input) {
  workflow::Store& store = call.operations.store();
  workflow::AssetEventFilter filter;
  if (finds_none(input.query, kEventConstants)) {
    return net::Response::json(collection("asset_events", Json::array(), 0));
  }
  if (const auto number = optional_integer(input.query, "asset_id")) {
    filter.asset = asset_named(call, *number).value_or("");
    if (filter.asset.empty()) return net::Response::json(collection("asset_events", Json::array(), 0));
  }
  filter.source_dag_id = optional_text(input.query, "source_dag_id").value_or("");
  filter.source_run_id = optional_text(input.query, "source_run_id").value_or("");
  filter.source_task_id = optional_text(input.query, "source_task_id").value_or("");
  filter.asset_pattern = pattern_of(input.query, "name");
  const Range range = range_of(input.query, "timestamp");
  filter.from_ms = range.from_ms;
  filter.to_ms = range.to_ms;
  filter.order_by = order_of(input.query, kEventOrders, "timestamp");
  Json events = Json::array();
  for (const workflow::AssetEvent& one : store.list_asset_events(filter, page_of(input.query))) {
    events.push_back(asset_event_document(one, store.runs_of_asset_event(one.id)));
  }
  return net::Response::json(collection("asset_events", std::move(events), store.count_asset_events(filter)));
}

net::Response create_event(Call& call, const Input& input) {
  const auto number = input.body.at("asset_id").get<int64_t>();
  const auto name = asset_named(call, number);
  if (!name) {
    throw Error(ErrorCode::kNotFound, fmt::format("Asset with ID: `{}` was not found", number));
  }
  Json extra = input.body.at("extra");
  extra["from_rest_api"] = true;
  return net::Response::json(asset_event_document(call.operations.add_asset_event(*name, extra.dump()), {}));
}

// Events that DAGs have not been run for yet, of one asset or DAG or of both.
Json queued_events(Call& call, const std::string& dag_id, const std::optional<int64_t>& asset_id,
                   const std::optional<int64_t>& before_ms) {
  Json events = Json::array();
  for (const workflow::Dag& dag : call.operations.dags()) {
    if (!dag_id.empty() && dag.id != dag_id) continue;
    for (const workflow::AssetEvent& event : call.operations.store().queued_asset_events(dag.id)) {
      const int64_t number = asset_number(event.asset);
      if ((asset_id && number != *asset_id) || (before_ms && event.timestamp_ms >= *before_ms)) continue;
      events.push_back({{"dag_id", dag.id},
                        {"asset_id", number},
                        {"created_at", instant_document(event.timestamp_ms)},
                        {"dag_display_name", dag.id}});
    }
  }
  return events;
}

net::Response queued_collection(Json events) {
  const auto total = static_cast<int64_t>(events.size());
  return net::Response::json(collection("queued_events", std::move(events), total));
}

net::Response queued_of_asset(Call& call, const Input& input) {
  const auto number = input.path.at("asset_id").get<int64_t>();
  return queued_collection(queued_events(call, "", number, optional_integer(input.query, "before")));
}

net::Response queued_of_dag(Call& call, const Input& input) {
  const auto before_ms = optional_integer(input.query, "before");
  return queued_collection(queued_events(call, input.text("dag_id"), std::nullopt, before_ms));
}

net::Response queued_of_both(Call& call, const Input& input) {
  const std::string& dag_id = input.text("dag_id");
  const auto number = input.path.at("asset_id").get<int64_t>();
  const Json events = queued_events(call, dag_id, number, optional_integer(input.query, "before"));
  if (!events.empty()) return net::Response::json(events.front());
  throw Error(ErrorCode::kNotFound,
              fmt::format("Queued event with dag_id: `{}` and asset_id: `{}` was not found", dag_id, number));
}

}  // namespace

std::vector<Operation> asset_operations() {
  const Fields before = {instant("before").optional()};
  return {
      {"GET", "/api/v2/assets", list, "get_assets", "Asset", "List the assets that DAGs make or wait for",
       joined({page_fields(kOrders),
               {text("dag_ids").list().optional(Json::array()), boolean("only_active").optional(true)},
               pattern_fields("name"),
               pattern_fields("uri")}),
       nullptr, "AssetCollectionResponse"},
      {"GET",
       "/api/v2/assets/{asset_id}",
       get,
       "get_asset",
       "Asset",
       "Get an asset",
       {},
       nullptr,
       "AssetResponse"},
      {"GET", "/api/v2/assets/events", list_events, "get_asset_events", "Asset", "List changes of assets",
       joined({page_fields(kEventOrders),
               {integer("asset_id").optional(), text("source_dag_id").optional(),
                text("source_run_id").optional(), text("source_task_id").optional()},
               constant_fields(kEventConstants),
               range_fields("timestamp"),
               pattern_fields("name")}),
       nullptr, "AssetEventCollectionResponse"},
      {"POST",
       "/api/v2/assets/events",
       create_event,
       "create_asset_event",
       "Asset",
       "Say that an asset has changed",
       {},
       "CreateAssetEventsBody",
       "AssetEventResponse"},
      {"GET", "/api/v2/assets/{asset_id}/queuedEvents", queued_of_asset, "get_asset_queued_events", "Asset",
       "Changes of an asset that DAGs have not been run for yet", before, nullptr,
       "QueuedEventCollectionResponse"},
      {"GET", "/api/v2/dags/{dag_id}/assets/queuedEvents", queued_of_dag, "get_dag_asset_queued_events",
       "Asset", "Changes of assets that a DAG has not been run for yet", before, nullptr,
       "QueuedEventCollectionResponse"},
      {"GET", "/api/v2/dags/{dag_id}/assets/{asset_id}/queuedEvents", queued_of_both,
       "get_dag_asset_queued_event", "Asset", "A change of an asset that a DAG has not been run for yet",
       before, nullptr, "QueuedEventResponse"},
  };
}

}  // namespace tidemill::server::airflow
