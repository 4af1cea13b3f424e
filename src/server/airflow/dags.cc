// /api/v2/dags, dagTags, dagStats and dagVersions (airflow.api_fastapi.core_api.routes.public).

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "server/airflow/lookups.h"
#include "server/airflow/query.h"

namespace tidemill::server::airflow {
namespace {

using workflow::Dag;

const OrderNames kOrders = {{"dag_id", "dag_id"},
                            {"dag_display_name", "dag_id"},
                            {"next_dagrun", "next_dagrun"},
                            {"last_run_state", "last_run_state"},
                            {"last_run_start_date", "last_run_start_date"}};

const std::vector<std::string> kRunStates = {"queued", "running", "success", "failed"};
const Constants kConstants = {{text("bundle_name").optional(), kBundle},
                              {text("bundle_version").optional(), nullptr},
                              {boolean("is_favorite").optional(), false}};
const Constants kVersionConstants = {{integer("version_number").optional(), 1},
                                     {text("bundle_name").optional(), kBundle},
                                     {text("bundle_version").optional(), nullptr}};

// A DAG with what lists are filtered and ordered by.
struct ListedDag {
  const Dag* dag = nullptr;
  workflow::DagState state;
  std::optional<workflow::DagRun> last_run;
};

bool has_any(const std::vector<std::string>& names, const std::vector<std::string>& wanted) {
  return std::any_of(wanted.begin(), wanted.end(), [&](const std::string& one) {
    return std::find(names.begin(), names.end(), one) != names.end();
  });
}

bool has_all(const std::vector<std::string>& names, const std::vector<std::string>& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const std::string& one) {
    return std::find(names.begin(), names.end(), one) != names.end();
  });
}

// Airflow looks at the last run alone, whatever the filter's name says.
bool is_last_run_wanted(const std::optional<workflow::DagRun>& run, const Json& query) {
  if (const auto state = optional_text(query, "last_dag_run_state");
      state && (!run || name_of(run->state) != *state)) {
    return false;
  }
  const std::vector<std::string> states = texts_of(query, "dag_run_state");
  if (!states.empty() && (!run || !has_any({std::string(name_of(run->state))}, states))) return false;
  return is_within(run ? run->start_ms : std::nullopt, range_of(query, "dag_run_start_date")) &&
         is_within(run ? run->end_ms : std::nullopt, range_of(query, "dag_run_end_date"));
}

bool is_wanted(const ListedDag& listed, const Json& query) {
  if (finds_none(query, kConstants) || !is_last_run_wanted(listed.last_run, query)) return false;
  const Dag& dag = *listed.dag;
  const std::vector<std::string> tags = texts_of(query, "tags"), owners = texts_of(query, "owners");
  const bool needs_all_tags = optional_text(query, "tags_match_mode") == "all";
  if (!tags.empty() && !(needs_all_tags ? has_all(dag.tags, tags) : has_any(dag.tags, tags))) return false;
  if (!owners.empty() && !has_any({dag.owner}, owners)) return false;
  if (const auto paused = optional_boolean(query, "paused"); paused && *paused != listed.state.is_paused) {
    return false;
  }
  if (optional_boolean(query, "has_import_errors").value_or(false)) return false;
  if (const auto wanted = optional_boolean(query, "has_asset_schedule");
      wanted && *wanted == dag.schedule_assets.empty()) {
    return false;
  }
  return matches(pattern_of(query, "dag_id"), dag.id) &&
         matches(pattern_of(query, "dag_display_name"), dag.id);
}

bool is_before(const ListedDag& a, const ListedDag& b, const std::string& by) {
  if (by == "next_dagrun") return a.state.next_run_after_ms < b.state.next_run_after_ms;
  const auto start = [](const ListedDag& one) {
    return one.last_run ? one.last_run->start_ms : std::nullopt;
  };
  if (by == "last_run_start_date") return start(a) < start(b);
  const auto state = [](const ListedDag& one) {
    return one.last_run ? name_of(one.last_run->state) : std::string_view();
  };
  if (by == "last_run_state") return state(a) < state(b);
  return a.dag->id < b.dag->id;
}

std::vector<ListedDag> listed_dags(Call& call, const Json& query) {
  std::vector<ListedDag> listed;
  for (const Dag& dag : call.operations.dags()) {
    workflow::RunFilter newest;
    newest.dag_id = dag.id;
    newest.order_by = "-run_after";
    std::vector<workflow::DagRun> runs = call.operations.store().list_runs(newest, {1});
    ListedDag one{&dag, state_of(call, dag), std::nullopt};
    if (!runs.empty()) one.last_run = std::move(runs.front());
    if (is_wanted(one, query)) listed.push_back(std::move(one));
  }
  sort_by_first(listed, order_of(query, kOrders, "dag_id"), is_before);
  return listed;
}

net::Response list(Call& call, const Input& input) {
  const std::vector<ListedDag> listed = listed_dags(call, input.query);
  Json dags = Json::array();
  for (const ListedDag& one : page_of_items(listed, page_of(input.query))) {
    dags.push_back(dag_document(facts_of(call, *one.dag)));
  }
  return net::Response::json(collection("dags", std::move(dags), static_cast<int64_t>(listed.size())));
}

net::Response get(Call& call, const Input& input) {
  return net::Response::json(dag_document(facts_of(call, find_dag(call, input.text("dag_id")))));
}

net::Response details(Call& call, const Input& input) {
  const Dag& dag = find_dag(call, input.text("dag_id"));
  workflow::RunFilter running;
  running.dag_id = dag.id;
  running.states = {workflow::RunState::kRunning};
  return net::Response::json(
      dag_details_document(facts_of(call, dag), call.operations.store().count_runs(running)));
}

void check_mask(const Input& input) {
  const std::vector<std::string> mask = texts_of(input.query, "update_mask");
  if (mask.empty() || mask == std::vector<std::string>{"is_paused"}) return;
  throw Error(ErrorCode::kInvalidArgument, "Only `is_paused` field can be updated through the REST API");
}

net::Response change(Call& call, const Input& input) {
  check_mask(input);
  const std::string& dag_id = input.text("dag_id");
  const Dag* found = find_dag_or_null(call, dag_id);
  if (found == nullptr) {
    throw Error(ErrorCode::kNotFound, fmt::format("Dag with id: {} was not found", dag_id));
  }
  call.operations.set_paused(dag_id, input.body.at("is_paused").get<bool>());
  return net::Response::json(dag_document(facts_of(call, *found)));
}

// Airflow's trap: without a pattern nothing is changed.
net::Response change_many(Call& call, const Input& input) {
  check_mask(input);
  std::vector<ListedDag> listed = listed_dags(call, input.query);
  const workflow::Pattern pattern = pattern_of(input.query, "dag_id");
  if (pattern.contains.empty() && pattern.prefix.empty()) listed.clear();
  metadata::Transaction transaction(call.operations.store().database());
  for (const ListedDag& one : listed) {
    call.operations.set_paused(one.dag->id, input.body.at("is_paused").get<bool>());
  }
  Json dags = Json::array();
  for (const ListedDag& one : page_of_items(listed, page_of(input.query))) {
    dags.push_back(dag_document(facts_of(call, *one.dag)));
  }
  transaction.commit();
  return net::Response::json(collection("dags", std::move(dags), static_cast<int64_t>(listed.size())));
}

net::Response tags(Call& call, const Input& input) {
  std::set<std::string> names;
  const workflow::Pattern pattern = pattern_of(input.query, "tag_name");
  for (const Dag& dag : call.operations.dags()) {
    for (const std::string& tag : dag.tags) {
      if (matches(pattern, tag)) names.insert(tag);
    }
  }
  std::vector<std::string> sorted(names.begin(), names.end());
  if (order_of(input.query, {{"name", "name"}}, "name").starts_with('-')) {
    std::reverse(sorted.begin(), sorted.end());
  }
  return net::Response::json(
      collection("tags", page_of_items(sorted, page_of(input.query)), static_cast<int64_t>(sorted.size())));
}

net::Response stats(Call& call, const Input& input) {
  const std::vector<std::string> wanted = texts_of(input.query, "dag_ids");
  const auto counts = call.operations.store().run_counts();
  Json dags = Json::array();
  for (const Dag& dag : call.operations.dags()) {
    const auto found = counts.find(dag.id);
    if (found == counts.end() || (!wanted.empty() && !has_any({dag.id}, wanted))) continue;
    Json of_states = Json::array();
    for (const auto state : {workflow::RunState::kQueued, workflow::RunState::kRunning,
                             workflow::RunState::kSuccess, workflow::RunState::kFailed}) {
      int64_t count = 0;
      if (found->second.contains(state)) count = found->second.at(state);
      of_states.push_back({{"state", name_of(state)}, {"count", count}});
    }
    dags.push_back({{"dag_id", dag.id}, {"dag_display_name", dag.id}, {"stats", std::move(of_states)}});
  }
  const auto total = static_cast<int64_t>(dags.size());
  return net::Response::json(collection("dags", std::move(dags), total));
}

net::Response versions(Call& call, const Input& input) {
  std::vector<const Dag*> dags;
  for (const Dag& dag : call.operations.dags()) dags.push_back(&dag);
  if (input.text("dag_id") != "~") dags = {&find_dag(call, input.text("dag_id"))};
  if (finds_none(input.query, kVersionConstants)) dags.clear();
  Documents documents(call);
  Json items = Json::array();
  for (const Dag* dag : page_of_items(dags, page_of(input.query)))
    items.push_back(documents.version(dag->id));
  return net::Response::json(collection("dag_versions", std::move(items), static_cast<int64_t>(dags.size())));
}

net::Response version(Call& call, const Input& input) {
  const std::string& dag_id = input.text("dag_id");
  const auto number = input.path.at("version_number").get<int64_t>();
  if (find_dag_or_null(call, dag_id) == nullptr || number != 1) {
    throw Error(ErrorCode::kNotFound,
                fmt::format("The DagVersion with dag_id: `{}` and version_number: `{}` was not found", dag_id,
                            number));
  }
  return net::Response::json(Documents(call).version(dag_id));
}

Fields filter_fields() {
  return joined(
      {{text("tags").list().optional(Json::array()),
        text("tags_match_mode").optional().one_of({"any", "all"}),
        text("owners").list().optional(Json::array()), boolean("paused").optional(),
        boolean("exclude_stale").optional(true), boolean("has_import_errors").optional(),
        boolean("has_asset_schedule").optional(), text("last_dag_run_state").optional().one_of(kRunStates),
        text("dag_run_state").list().optional(Json::array()).one_of(kRunStates)},
       range_fields("dag_run_start_date"),
       range_fields("dag_run_end_date"),
       constant_fields(kConstants),
       pattern_fields("dag_id"),
       pattern_fields("dag_display_name")});
}

}  // namespace

std::vector<Operation> dag_operations() {
  const Field mask = text("update_mask").list().optional(Json::array());
  const Fields listing = joined({page_fields(kOrders), filter_fields()});
  const char* const all = "/api/v2/dags";
  const char* const one = "/api/v2/dags/{dag_id}";
  return {
      {"GET", all, list, "get_dags", "DAG", "List DAGs", listing, nullptr, "DAGCollectionResponse"},
      {"PATCH", all, change_many, "patch_dags", "DAG", "Pause DAGs, or let them go on",
       joined({listing, {mask}}), "DAGPatchBody", "DAGCollectionResponse"},
      {"GET", one, get, "get_dag", "DAG", "Get a DAG", {}, nullptr, "DAGResponse"},
      {"PATCH",
       one,
       change,
       "patch_dag",
       "DAG",
       "Pause a DAG, or let it go on",
       {mask},
       "DAGPatchBody",
       "DAGResponse"},
      {"GET",
       "/api/v2/dags/{dag_id}/details",
       details,
       "get_dag_details",
       "DAG",
       "All of a DAG",
       {},
       nullptr,
       "DAGDetailsResponse"},
      {"GET", "/api/v2/dagTags", tags, "get_dag_tags", "DAG", "List the DAGs' tags",
       joined({page_fields({{"name", "name"}}), pattern_fields("tag_name")}), nullptr,
       "DAGTagCollectionResponse"},
      {"GET",
       "/api/v2/dagStats",
       stats,
       "get_dag_stats",
       "DagStats",
       "Count runs by their states",
       {text("dag_ids").list().optional(Json::array())},
       nullptr,
       "DagStatsCollectionResponse"},
      {"GET", "/api/v2/dags/{dag_id}/dagVersions", versions, "get_dag_versions", "DagVersion",
       "List a DAG's versions",
       joined({page_fields({{"id", "id"}, {"version_number", "version_number"}}),
               constant_fields(kVersionConstants)}),
       nullptr, "DAGVersionCollectionResponse"},
      {"GET",
       "/api/v2/dags/{dag_id}/dagVersions/{version_number}",
       version,
       "get_dag_version",
       "DagVersion",
       "Get a DAG's version",
       {},
       nullptr,
       "DagVersionResponse"},
  };
}

}  // namespace tidemill::server::airflow
