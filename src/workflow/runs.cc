#include "workflow/runs.h"

#include <fmt/format.h>

#include "base/id.h"
#include "base/time_zone.h"

namespace tidemill::workflow {

std::string new_run_id(RunType type, int64_t run_after_ms) {
  std::string id = fmt::format("{}__{}", name_of(type), TimeZone::utc().isoformat(run_after_ms));
  // Several data may arrive within one instant.
  if (type == RunType::kAssetTriggered) id += "_" + new_id().substr(0, 8);
  return id;
}

TaskInstance new_task_instance(const DagGraph& graph, const DagGraph::Node& node, const DagRun& run) {
  TaskInstance instance;
  instance.id = new_task_instance_id(run.queued_at_ms);
  instance.dag_id = graph.dag().id;
  instance.run_id = run.run_id;
  instance.task_id = node.task->id;
  instance.max_tries = node.task->retries;
  instance.pool = node.task->pool;
  instance.pool_slots = node.task->pool_slots;
  instance.priority_weight = node.total_priority_weight;
  instance.operator_name = node.task->operator_name;
  instance.run_after_ms = run.run_after_ms;
  return instance;
}

namespace {

// nullopt: not known (yet).
std::optional<int64_t> time_of(DeadlineAlert::Reference reference, const DagRun& run) {
  if (reference == DeadlineAlert::Reference::kStartDate) return run.start_ms;
  if (reference == DeadlineAlert::Reference::kQueuedAt || run.clear_number > 0) return run.queued_at_ms;
  return reference == DeadlineAlert::Reference::kRunAfter ? run.run_after_ms : run.logical_date_ms;
}

}  // namespace

void add_deadlines(Store& store, const Dag& dag, const DagRun& run) {
  store.delete_deadlines(run.id);
  for (size_t i = 0; i < dag.deadlines.size(); ++i) {
    const auto from_ms = time_of(dag.deadlines[i].reference, run);
    if (!from_ms) continue;
    store.add_deadline(run.id, static_cast<int64_t>(i), *from_ms + dag.deadlines[i].interval_ms);
  }
}

void add_start_deadlines(Store& store, const Dag& dag, const DagRun& run) {
  for (size_t i = 0; i < dag.deadlines.size(); ++i) {
    if (dag.deadlines[i].reference != DeadlineAlert::Reference::kStartDate) continue;
    store.add_deadline(run.id, static_cast<int64_t>(i), run.start_ms.value() + dag.deadlines[i].interval_ms);
  }
}

void forget_try(TaskInstance& instance) {
  instance.scheduled_at_ms = instance.queued_at_ms = instance.start_ms = instance.end_ms = std::nullopt;
  instance.next_retry_at_ms = std::nullopt;
  if (instance.job_id) return;
  instance.pid = std::nullopt;
  instance.hostname = std::nullopt;
}

DagRun create_run(Store& store, const DagGraph& graph, DagRun run) {
  metadata::Transaction transaction(store.database());
  run.id = store.add_run(run);
  for (const DagGraph::Node& node : graph.nodes()) {
    store.add_task_instance(new_task_instance(graph, node, run));
  }
  add_deadlines(store, graph.dag(), run);
  transaction.commit();
  return run;
}

}  // namespace tidemill::workflow
