#pragma once
// The documents of Airflow's REST API (airflow.api_fastapi.core_api.datamodels), made of our records. Pure:
// what they need beside a record is an argument. Their fields are those of the schemas of the same name.

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "metadata/variables.h"
#include "workflow/dag.h"
#include "workflow/store.h"

namespace tidemill::server::airflow {

// Of everything here.
inline constexpr char kBundle[] = "tidemill", kQueue[] = "default";

// "2026-11-23T06:00:00Z", with microseconds where there are any, or null.
Json instant_document(const std::optional<int64_t>& ms);

// A DAG, what the database knows of it, and the project file that it is made of.
struct DagFacts {
  const workflow::Dag& dag;
  workflow::DagState state;
  std::string file;  // absolute
};

// Each DAG has one version, number 1: that of the project file.
Json dag_version_document(const std::string& dag_id, int64_t first_seen_at_ms);  // DagVersionResponse
Json dag_document(const DagFacts& facts);                                        // DAGResponse
Json dag_details_document(const DagFacts& facts, int64_t active_run_count);      // DAGDetailsResponse
Json task_document(const workflow::Dag& dag, const workflow::Task& task);        // TaskResponse

// Also for a DAG that the project has no more. `version`: that of its DAG.
Json dag_run_document(const workflow::DagRun& run, const Json& version);  // DAGRunResponse
Json task_instance_document(const workflow::TaskInstance& instance,
                            const std::optional<int64_t>& logical_date_ms,
                            const Json& version);  // TaskInstanceResponse
Json try_document(const workflow::TaskInstance& instance,
                  const Json& version);  // TaskInstanceHistoryResponse
Json xcom_document(const workflow::XCom& xcom, const std::optional<workflow::DagRun>& run);  // XComResponse

Json variable_document(const metadata::Variable& variable);  // VariableResponse
Json pool_document(const workflow::Pool& pool);              // PoolResponse
Json backfill_document(const workflow::Backfill& backfill);  // BackfillResponse
Json event_log_document(const workflow::LogEntry& entry,
                        const std::optional<int64_t>& logical_date_ms);  // EventLogResponse
Json job_document(const workflow::Job& job);                             // JobResponse

// Airflow's assets have numbers: here one that is made of the name, from 1 on.
int64_t asset_number(const std::string& name);
// `first_seen_at_ms` of each DAG.
Json asset_document(const std::string& name, const std::vector<workflow::Dag>& dags,
                    const std::map<std::string, int64_t>& first_seen_at_ms,
                    const std::optional<workflow::Asset>& events);  // AssetResponse
Json asset_event_document(const workflow::AssetEvent& event,
                          const std::vector<workflow::DagRun>& created_runs);  // AssetEventResponse

}  // namespace tidemill::server::airflow
