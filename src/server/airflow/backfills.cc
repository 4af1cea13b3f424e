// /api/v2/backfills (airflow.api_fastapi.core_api.routes.public.backfills).

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "base/error.h"
#include "server/airflow/lookups.h"
#include "server/airflow/query.h"

namespace tidemill::server::airflow {
namespace {

const OrderNames kOrders = {{"id", "id"}};

net::Response list(Call& call, const Input& input) {
  const auto dag_id = input.query.at("dag_id").get<std::string>();
  std::vector<workflow::Backfill> backfills = call.operations.store().list_backfills(dag_id);
  if (dag_id.empty()) backfills.clear();
  if (order_of(input.query, kOrders, "id").starts_with('-')) {
    std::reverse(backfills.begin(), backfills.end());
  }
  Json items = Json::array();
  for (const auto& one : page_of_items(backfills, page_of(input.query))) {
    items.push_back(backfill_document(one));
  }
  return net::Response::json(
      collection("backfills", std::move(items), static_cast<int64_t>(backfills.size())));
}

int64_t known_id(Call& call, const Input& input) {
  const auto id = input.path.at("backfill_id").get<int64_t>();
  if (!call.operations.store().find_backfill(id)) throw Error(ErrorCode::kNotFound, "Backfill not found");
  return id;
}

net::Response get(Call& call, const Input& input) {
  return net::Response::json(
      backfill_document(call.operations.store().find_backfill(known_id(call, input)).value()));
}

net::Response pause(Call& call, const Input& input) {
  return net::Response::json(
      backfill_document(call.operations.pause_backfill(known_id(call, input), /*is_paused=*/true)));
}

net::Response unpause(Call& call, const Input& input) {
  return net::Response::json(
      backfill_document(call.operations.pause_backfill(known_id(call, input), /*is_paused=*/false)));
}

net::Response cancel(Call& call, const Input& input) {
  const int64_t id = known_id(call, input);
  if (call.operations.store().find_backfill(id)->completed_at_ms) {
    throw Error(ErrorCode::kConflict, "Backfill is already completed.");
  }
  return net::Response::json(backfill_document(call.operations.cancel_backfill(id)));
}

// Made, or tried with `is_dry_run`. Errors: kNotFound, kConflict; kInvalidArgument is a 422.
net::Response make(Call& call, const Input& input, bool is_dry_run) {
  const auto dag_id = input.body.at("dag_id").get<std::string>();
  if (find_dag_or_null(call, dag_id) == nullptr) {
    throw Error(ErrorCode::kNotFound, fmt::format("Could not find dag {}", dag_id));
  }
  workflow::BackfillOptions options;
  options.from_ms = input.body.at("from_date").get<int64_t>();
  options.to_ms = input.body.at("to_date").get<int64_t>();
  options.run_backwards = input.body.at("run_backwards").get<bool>();
  options.reprocess_behavior =
      workflow::reprocess_behavior_named(input.body.at("reprocess_behavior").get<std::string>()).value();
  options.max_active_runs = static_cast<int>(std::clamp<int64_t>(
      input.body.at("max_active_runs").get<int64_t>(), -1, std::numeric_limits<int>::max()));
  if (!input.body.at("dag_run_conf").is_null()) options.conf = input.body.at("dag_run_conf").dump();
  options.is_dry_run = is_dry_run;
  workflow::Operations::NewBackfill made;
  try {
    made = call.operations.create_backfill(dag_id, options);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kInvalidArgument) return refuse(422, error.message());
    throw;
  }
  if (!is_dry_run) return net::Response::json(backfill_document(made.backfill));
  Json days = Json::array();
  for (const workflow::BackfillRun& run : made.runs) {
    if (run.exception_reason) continue;
    days.push_back({{"logical_date", instant_document(run.logical_date_ms)},
                    {"partition_key", nullptr},
                    {"partition_date", nullptr}});
  }
  const auto total = static_cast<int64_t>(days.size());
  return net::Response::json(collection("backfills", std::move(days), total));
}

net::Response create(Call& call, const Input& input) {
  return make(call, input, /*is_dry_run=*/false);
}

net::Response dry_run(Call& call, const Input& input) {
  return make(call, input, /*is_dry_run=*/true);
}

}  // namespace

std::vector<Operation> backfill_operations() {
  const char* const tag = "Backfill";
  return {
      {"GET", "/api/v2/backfills", list, "list_backfills", tag, "List a DAG's backfills",
       joined({{text("dag_id")}, page_fields(kOrders)}), nullptr, "BackfillCollectionResponse"},
      {"POST",
       "/api/v2/backfills",
       create,
       "create_backfill",
       tag,
       "Run a DAG for days that are over",
       {},
       "BackfillPostBody",
       "BackfillResponse"},
      {"POST",
       "/api/v2/backfills/dry_run",
       dry_run,
       "create_backfill_dry_run",
       tag,
       "Say which days would be run",
       {},
       "BackfillPostBody",
       "DryRunBackfillCollectionResponse"},
      {"GET",
       "/api/v2/backfills/{backfill_id}",
       get,
       "get_backfill",
       tag,
       "Get a backfill",
       {},
       nullptr,
       "BackfillResponse"},
      {"PUT",
       "/api/v2/backfills/{backfill_id}/pause",
       pause,
       "pause_backfill",
       tag,
       "Pause a backfill",
       {},
       nullptr,
       "BackfillResponse"},
      {"PUT",
       "/api/v2/backfills/{backfill_id}/unpause",
       unpause,
       "unpause_backfill",
       tag,
       "Let a backfill go on",
       {},
       nullptr,
       "BackfillResponse"},
      {"PUT",
       "/api/v2/backfills/{backfill_id}/cancel",
       cancel,
       "cancel_backfill",
       tag,
       "End a backfill: what is queued fails, what runs goes on",
       {},
       nullptr,
       "BackfillResponse"},
  };
}

}  // namespace tidemill::server::airflow
