// Runs that a command works on itself: dags test.

#include <algorithm>

#include "base/id.h"
#include "workflow/operations.h"
#include "workflow/operations/read_input.h"
#include "workflow/runs.h"

namespace tidemill::workflow {

DagRun Operations::begin_test(const std::string& dag_id, std::optional<int64_t> logical_date_ms,
                              const std::string& conf) {
  const Dag& tested = dag(dag_id);
  check_json_object(conf, "conf");
  const int64_t now_ms = clock_.now_ms();
  DagRun run;
  run.dag_id = dag_id;
  run.run_type = RunType::kManual;
  run.state = RunState::kRunning;
  run.logical_date_ms = logical_date_ms.value_or(now_ms);
  run.data_interval_start_ms = run.data_interval_end_ms = run.logical_date_ms;
  run.run_after_ms = run.queued_at_ms = now_ms;
  run.start_ms = now_ms;
  run.conf = conf;
  run.triggered_by = TriggeredBy::kTest;
  run.triggering_user_name = actor_.user;
  run.run_id = new_run_id(RunType::kManual, *run.logical_date_ms);
  metadata::Transaction transaction(database_);
  store_.ensure_dag(dag_id, tested.is_paused_upon_creation, now_ms);
  RunFilter of_that_date;
  of_that_date.dag_id = dag_id;
  of_that_date.logical_date_from_ms = of_that_date.logical_date_to_ms = *run.logical_date_ms;
  for (const DagRun& earlier : store_.list_runs(of_that_date, {-1})) {
    if (is_test(earlier) && is_finished(earlier.state)) store_.delete_run(dag_id, earlier.run_id);
  }
  if (store_.find_run(dag_id, run.run_id)) run.run_id += "_" + new_id().substr(0, 8);
  run = create_run(store_, DagGraph(tested), run);
  log("test_dag_run", dag_id, run.run_id, "", run.conf);
  transaction.commit();
  return run;
}

void Operations::end_dead_tests() {
  metadata::Transaction transaction(database_);
  RunFilter filter;
  filter.states = {RunState::kRunning};
  for (const DagRun& run : store_.list_runs(filter, {-1})) {
    if (!is_test(run) || !has_dag(run.dag_id)) continue;
    for (TaskInstance& instance : store_.task_instances_of(run.dag_id, run.run_id)) {
      if (!instance.job_id) continue;
      instance.job_id = std::nullopt;  // its process was that of the test
      store_.update_task_instance(instance);
    }
    mark_run(run.dag_id, run.run_id, RunState::kFailed);
  }
  transaction.commit();
}

bool Operations::has_dag(const std::string& dag_id) const {
  return std::any_of(dags_.begin(), dags_.end(), [&](const Dag& dag) { return dag.id == dag_id; });
}

}  // namespace tidemill::workflow
