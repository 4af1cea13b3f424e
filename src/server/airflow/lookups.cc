#include "server/airflow/lookups.h"

#include <fmt/format.h>

#include "base/error.h"

namespace tidemill::server::airflow {

const workflow::Dag* find_dag_or_null(Call& call, const std::string& dag_id) {
  for (const workflow::Dag& dag : call.operations.dags()) {
    if (dag.id == dag_id) return &dag;
  }
  return nullptr;
}

const workflow::Dag& find_dag(Call& call, const std::string& dag_id) {
  if (const workflow::Dag* dag = find_dag_or_null(call, dag_id)) return *dag;
  throw Error(ErrorCode::kNotFound, fmt::format("The Dag with ID: `{}` was not found", dag_id));
}

workflow::DagState state_of(Call& call, const workflow::Dag& dag) {
  if (auto known = call.operations.store().find_dag(dag.id)) return *known;
  workflow::DagState state;
  state.dag_id = dag.id;
  state.is_paused = dag.is_paused_upon_creation;
  state.first_seen_at_ms = state.last_parsed_ms = call.server.started_at_ms;
  return state;
}

DagFacts facts_of(Call& call, const workflow::Dag& dag) {
  return {dag, state_of(call, dag), (call.project.project_dir() / "tidemill.toml").string()};
}

workflow::DagRun find_run(Call& call, const std::string& dag_id, const std::string& run_id) {
  if (auto run = call.operations.store().find_run(dag_id, run_id)) return *run;
  throw Error(ErrorCode::kNotFound,
              fmt::format("The DagRun with dag_id: `{}` and run_id: `{}` was not found", dag_id, run_id));
}

workflow::TaskInstance find_instance(Call& call, const workflow::TaskKey& key) {
  if (auto instance = call.operations.store().find_task_instance(key)) return *instance;
  throw Error(ErrorCode::kNotFound,
              fmt::format("The Task Instance with dag_id: `{}`, run_id: `{}` and task_id: `{}` was not found",
                          key.dag_id, key.run_id, key.task_id));
}

void refuse_team(const Json& body) {
  if (body.at("team_name").is_null()) return;
  throw Error(ErrorCode::kInvalidArgument, "team_name cannot be set when multi_team mode is disabled.");
}

const Json& Documents::version(const std::string& dag_id) {
  const auto found = versions_.find(dag_id);
  if (found != versions_.end()) return found->second;
  const auto state = call_.operations.store().find_dag(dag_id);
  const int64_t seen_ms = state ? state->first_seen_at_ms : call_.server.started_at_ms;
  return versions_.emplace(dag_id, dag_version_document(dag_id, seen_ms)).first->second;
}

const std::optional<workflow::DagRun>& Documents::run(const std::string& dag_id, const std::string& run_id) {
  const auto key = std::make_pair(dag_id, run_id);
  const auto found = runs_.find(key);
  if (found != runs_.end()) return found->second;
  return runs_.emplace(key, call_.operations.store().find_run(dag_id, run_id)).first->second;
}

Json Documents::of(const workflow::TaskInstance& instance) {
  const auto& its_run = run(instance.dag_id, instance.run_id);
  return task_instance_document(instance, its_run ? its_run->logical_date_ms : std::nullopt,
                                version(instance.dag_id));
}

Json collection(const char* name, Json items, int64_t total) {
  return {{name, std::move(items)}, {"total_entries", total}};
}

Json offset_collection(const char* name, Json items, int64_t total) {
  Json list = collection(name, std::move(items), total);
  for (const char* of_cursors : {"total_entries_limit", "next_cursor", "previous_cursor"}) {
    list[of_cursors] = nullptr;
  }
  return list;
}

}  // namespace tidemill::server::airflow
