#pragma once
// A new run with its tasks, whoever starts it.

#include <string>

#include "workflow/dag_graph.h"
#include "workflow/store.h"

namespace tidemill::workflow {

// "manual__2026-11-01T00:00:00+00:00", "asset_triggered__..._3fa85f64": Airflow's DagRunType.generate_run_id.
std::string new_run_id(RunType type, int64_t run_after_ms);

// Adds the run, an instance without state for each task and the DAG's deadlines, in one transaction; returns
// it with its id. Errors: kAlreadyExists, as Store::add_run.
DagRun create_run(Store& store, const DagGraph& graph, DagRun run);

// As create_run does, and whenever a finished run is queued again. Those that count from its start come when
// it starts.
void add_deadlines(Store& store, const Dag& dag, const DagRun& run);
void add_start_deadlines(Store& store, const Dag& dag, const DagRun& run);

// The instance of a task before its first try.
TaskInstance new_task_instance(const DagGraph& graph, const DagGraph::Node& node, const DagRun& run);

// The record of a task as before a try of it: no times, and no process but one that a scheduler still has.
void forget_try(TaskInstance& instance);

}  // namespace tidemill::workflow
