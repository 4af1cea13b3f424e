// GET of /api/v2/dags/{dag_id}/dagRuns (airflow.api_fastapi.core_api.routes.public.dag_run).

#include <fmt/format.h>

#include "base/error.h"
#include "server/airflow/lookups.h"
#include "server/airflow/query.h"

namespace tidemill::server::airflow {
namespace {

const OrderNames kOrders = {{"id", "id"},
                            {"state", "state"},
                            {"dag_id", "dag_id"},
                            {"run_id", "run_id"},
                            {"dag_run_id", "run_id"},
                            {"logical_date", "logical_date"},
                            {"run_after", "run_after"},
                            {"start_date", "start_date"},
                            {"end_date", "end_date"},
                            {"run_type", "run_type"},
                            {"conf", "conf"},
                            {"duration", "duration"}};

Constants constants() {
  Constants all = {{integer("dag_version").list().optional(Json::array()), 1},
                   {text("bundle_version").optional(), nullptr},
                   {text("partition_key"), nullptr, /*is_pattern=*/true}};
  for (Field& field : range_fields("partition_date")) all.push_back({std::move(field), nullptr});
  return all;
}

// Those of `names`; nullopt when one is none, with what to answer then.
template <typename State, typename Parse>
std::optional<std::vector<State>> parsed_names(const std::vector<std::string>& names, const Parse& parse) {
  std::vector<State> states;
  for (const std::string& name : names) {
    const std::optional<State> state = parse(name);
    if (!state) return std::nullopt;
    states.push_back(*state);
  }
  return states;
}

net::Response no_such_state() {
  return refuse(422, "Invalid value for state. Valid values are queued, running, success, failed");
}

Json documents_of(Call& call, const std::vector<workflow::DagRun>& runs) {
  Documents documents(call);
  Json items = Json::array();
  for (const workflow::DagRun& run : runs) items.push_back(documents.of(run));
  return items;
}

net::Response list(Call& call, const Input& input) {
  static const Constants kConstants = constants();
  workflow::RunFilter filter;
  if (input.text("dag_id") != "~") filter.dag_id = find_dag(call, input.text("dag_id")).id;
  const auto states =
      parsed_names<workflow::RunState>(texts_of(input.query, "state"), workflow::run_state_named);
  if (!states) return no_such_state();
  const auto types =
      parsed_names<workflow::RunType>(texts_of(input.query, "run_type"), workflow::run_type_named);
  if (!types) {
    return refuse(
        422, "Invalid value for run type. Valid values are backfill, scheduled, manual, asset_triggered");
  }
  filter.states = *states;
  filter.run_types = *types;
  take_ranges(filter, input.query);
  filter.conf_contains = optional_text(input.query, "conf_contains").value_or("");
  filter.dag_id_pattern = pattern_of(input.query, "dag_id");
  filter.run_id_pattern = pattern_of(input.query, "run_id");
  filter.user_pattern = pattern_of(input.query, "triggering_user_name");
  filter.order_by = order_of(input.query, kOrders, "id");
  const workflow::Page page = cursor_page_of(input.query);
  if (finds_none(input.query, kConstants)) {
    return net::Response::json(cursor_collection("dag_runs", Json::array(), 0, input.query));
  }
  workflow::Store& store = call.operations.store();
  return net::Response::json(cursor_collection("dag_runs", documents_of(call, store.list_runs(filter, page)),
                                               store.count_runs(filter), input.query));
}

net::Response list_batch(Call& call, const Input& input) {
  if (input.text("dag_id") != "~") {
    Problems problems;
    problems.add("literal_error", {"path", "dag_id"}, "Input should be '~'", input.path.at("dag_id"),
                 {{"expected", "'~'"}});
    return refuse(422, problems.list());
  }
  workflow::RunFilter filter;
  filter.dag_ids = texts_of(input.body, "dag_ids");
  const auto states =
      parsed_names<workflow::RunState>(texts_of(input.body, "states"), workflow::run_state_named);
  if (!states) return no_such_state();
  filter.states = *states;
  take_ranges(filter, input.body);
  filter.conf_contains = optional_text(input.body, "conf_contains").value_or("");
  Json order = {{"order_by", Json::array()}};
  if (const auto by = optional_text(input.body, "order_by")) order["order_by"].push_back(*by);
  filter.order_by = order_of(order, kOrders, "id");
  workflow::Store& store = call.operations.store();
  return net::Response::json(
      offset_collection("dag_runs", documents_of(call, store.list_runs(filter, batch_page_of(input.body))),
                        store.count_runs(filter)));
}

net::Response get(Call& call, const Input& input) {
  return net::Response::json(
      Documents(call).of(find_run(call, input.text("dag_id"), input.text("dag_run_id"))));
}

// Of a run that assets have started.
net::Response upstream_asset_events(Call& call, const Input& input) {
  const workflow::DagRun run = find_run(call, input.text("dag_id"), input.text("dag_run_id"));
  workflow::Store& store = call.operations.store();
  Json events = Json::array();
  for (const workflow::AssetEvent& event : store.asset_events_of(run.id)) {
    events.push_back(asset_event_document(event, store.runs_of_asset_event(event.id)));
  }
  const auto total = static_cast<int64_t>(events.size());
  return net::Response::json(collection("asset_events", std::move(events), total));
}

}  // namespace

std::vector<Operation> dag_run_operations() {
  const Fields filters =
      joined({page_fields(kOrders),
              {text("state").list().optional(Json::array()), text("run_type").list().optional(Json::array()),
               text("conf_contains").optional(), cursor_field()},
              constant_fields(constants()),
              range_fields("run_after"),
              range_fields("logical_date"),
              range_fields("start_date"),
              range_fields("end_date"),
              seconds_range_fields("duration"),
              pattern_fields("dag_id"),
              pattern_fields("run_id"),
              pattern_fields("triggering_user_name")});
  const char* const one = "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}";
  return {
      {"GET", "/api/v2/dags/{dag_id}/dagRuns", list, "get_dag_runs", "DagRun",
       "List a DAG's runs, or with ~ those of all DAGs", filters, nullptr, "DAGRunCollectionResponse"},
      {"POST",
       "/api/v2/dags/{dag_id}/dagRuns/list",
       list_batch,
       "get_list_dag_runs_batch",
       "DagRun",
       "List runs by a body",
       {},
       "DAGRunsBatchBody",
       "DAGRunCollectionResponse"},
      {"GET", one, get, "get_dag_run", "DagRun", "Get a run", {}, nullptr, "DAGRunResponse"},
      {"GET",
       "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/upstreamAssetEvents",
       upstream_asset_events,
       "get_upstream_asset_events",
       "DagRun",
       "What has started a run",
       {},
       nullptr,
       "AssetEventCollectionResponse"},
  };
}

}  // namespace tidemill::server::airflow
