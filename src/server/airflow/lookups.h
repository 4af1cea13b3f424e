#pragma once
// What several resources look up, with Airflow's words for what is not there.

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "server/airflow/documents.h"
#include "server/call.h"

namespace tidemill::server::airflow {

const workflow::Dag* find_dag_or_null(Call& call, const std::string& dag_id);
// Errors: kNotFound "The Dag with ID: `x` was not found".
const workflow::Dag& find_dag(Call& call, const std::string& dag_id);
// As kept in the database, or as it would be for one that no scheduler has seen yet.
workflow::DagState state_of(Call& call, const workflow::Dag& dag);
DagFacts facts_of(Call& call, const workflow::Dag& dag);
// Errors: kNotFound "The DagRun with dag_id: `d` and run_id: `r` was not found".
workflow::DagRun find_run(Call& call, const std::string& dag_id, const std::string& run_id);
// Errors: kNotFound "The Task Instance with dag_id: ... was not found", in the words of `get`.
workflow::TaskInstance find_instance(Call& call, const workflow::TaskKey& key);

// A body's team_name: there are none. Errors: kInvalidArgument.
void refuse_team(const Json& body);

// One request's documents; each run and DAG is asked for once.
class Documents {
 public:
  explicit Documents(Call& call) : call_(call) {}

  const Json& version(const std::string& dag_id);
  const std::optional<workflow::DagRun>& run(const std::string& dag_id, const std::string& run_id);

  Json of(const workflow::DagRun& run) { return dag_run_document(run, version(run.dag_id)); }
  Json of(const workflow::TaskInstance& instance);

 private:
  Call& call_;
  std::map<std::string, Json> versions_;
  std::map<std::pair<std::string, std::string>, std::optional<workflow::DagRun>> runs_;
};

// {"<name>": items, "total_entries": total}.
Json collection(const char* name, Json items, int64_t total);
// With the nulls of a list that has no cursors.
Json offset_collection(const char* name, Json items, int64_t total);

}  // namespace tidemill::server::airflow
