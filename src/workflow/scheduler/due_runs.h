#pragma once
// Which runs there are to be, and which of them may go on: the part of the scheduler that looks at DAGs.
// Source: airflow.jobs.scheduler_job_runner, _create_dag_runs and _start_queued_dagruns.

#include <optional>
#include <string>
#include <vector>

#include "workflow/dag_graph.h"
#include "workflow/store.h"
#include "workflow/timetable.h"

namespace tidemill::workflow {

// Adds the runs that the schedule and changed assets ask for, as long as the DAG has fewer than
// max_active_runs of them (beside those of backfills) waiting or running, and writes down when the next one
// is due. Returns that, nullopt: not by the clock, or not before one has ended. Call inside a transaction.
std::optional<int64_t> create_due_runs(Store& store, const DagGraph& graph, const Timetable& timetable,
                                       int64_t now_ms);

// The next run by the clock of a DAG in this state, whether it is due or not. nullopt: there is none, or not
// by the clock.
std::optional<RunInfo> next_run_of(const Dag& dag, const Timetable& timetable, const DagState& state,
                                   int64_t now_ms);

struct StartedRuns {
  std::vector<DagRun> runs;
  std::optional<int64_t> next_ms;  // when the next queued run may start by its run_after
};

// Lets queued runs run, oldest first and a backfill's last, as far as their run_after, max_active_runs of the
// DAG and of their backfill allow. Call inside a transaction.
StartedRuns start_queued_runs(Store& store, const Dag& dag, int64_t now_ms);

// Ends the DAG's backfill when its runs are all over. Call inside a transaction.
void end_finished_backfill(Store& store, const std::string& dag_id, int64_t now_ms);

}  // namespace tidemill::workflow
