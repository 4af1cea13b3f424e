// What must hold, at each moment and in the end.

#include <algorithm>

#include <fmt/format.h>

#include "base/time_zone.h"
#include "workflow/chaos/airflow_rules.h"
#include "workflow/chaos/simulation.h"

namespace tidemill::workflow::chaos {
namespace {

using Instances = std::map<std::string, TaskInstance>;

std::string name_of_state(const TaskInstance& instance) {
  return instance.state ? std::string(name_of(*instance.state)) : "none";
}

// Whom a task skips by a short circuit.
std::vector<size_t> skipped_by(const DagGraph& graph, size_t number) {
  return graph[number].task->ignore_downstream_trigger_rules
             ? graph.reachable(number, &DagGraph::Node::downstream)
             : graph[number].downstream;
}

std::vector<TaskState> upstream_states(const DagGraph& graph, size_t number, const Instances& instances) {
  std::vector<TaskState> states;
  for (const size_t before : graph[number].upstream) {
    states.push_back(instances.at(graph[before].task->id).state.value());
  }
  return states;
}

std::set<Decision> decisions_before(const DagGraph& graph, size_t number, size_t last,
                                    const Instances& instances) {
  std::vector<bool> may_end;
  for (const size_t before : graph[number].upstream) {
    may_end.push_back(before != last && !decisions_before(graph, before, last, instances).empty());
  }
  return possible_decisions(graph[number].task->trigger_rule, upstream_states(graph, number, instances),
                            may_end);
}

}  // namespace

void Simulation::wrong(const std::string& what) {
  if (!wrong_.empty()) return;
  wrong_ = fmt::format("seed {}, {} ticks, {} crashes, {} errors, {} launches, {} clears, {} schedulers: {}",
                       seed_, counts_.ticks, counts_.crashes, counts_.errors, counts_.launches,
                       counts_.clears, circumstances_.scheduler_count, what);
}

void Simulation::check_limits() {
  std::map<std::string, int> slots;
  std::map<std::pair<std::string, std::string>, int> in_run;
  for (const Life& life : lives_) {
    for (const auto& [id, process] : life.executor->running()) {
      const TaskLaunch& launch = process.launch;
      if (census_.count(id) != 1) wrong(fmt::format("{} runs twice at once", launch.task_id));
      const Task& task = operations_.task(launch.dag_id, launch.task_id);
      slots[task.pool] += task.pool_slots;
      if (++in_run[{launch.dag_id, launch.run_id}] > operations_.dag(launch.dag_id).max_active_tasks) {
        wrong("more tasks of a run than max_active_tasks");
      }
    }
  }
  for (const PoolSize& pool : kPools) {
    if (slots[pool.name] > pool.slots) wrong(fmt::format("pool {} is over-occupied", pool.name));
  }
  for (const Dag& dag : dags_) {
    RunFilter running;
    running.dag_id = dag.id;
    running.states = {RunState::kRunning};
    if (store_.count_runs(running) > dag.max_active_runs) wrong("more runs than max_active_runs");
  }
}

void Simulation::check_the_end() {
  for (const Dag& dag : dags_) check_runs(dag);
  const Dag& by_cron = dags_[0];
  std::multiset<int64_t> dates, expected;
  RunFilter scheduled;
  scheduled.dag_id = by_cron.id;
  for (const DagRun& run : store_.list_runs(scheduled, {-1})) dates.insert(run.logical_date_ms.value());
  for (int64_t at_ms = kStartMs; at_ms <= *by_cron.end_date_ms; at_ms += kIntervalMs) expected.insert(at_ms);
  if (dates != expected) wrong(fmt::format("{} scheduled runs instead of {}", dates.size(), expected.size()));
  if (dags_.size() > 1 && dags_[1].id == "by_asset" && !has_paused_) {
    RunFilter filter;
    filter.dag_id = "by_asset";
    const int64_t run_count = store_.count_runs(filter);
    const int64_t event_count = store_.count_asset_events({});
    if (run_count != event_count) wrong(fmt::format("{} runs for {} asset events", run_count, event_count));
  }
  if (!census_.empty()) wrong("a process is left");
  if (!database_->query("SELECT 1 FROM callback", {}).empty()) wrong("a callback has not been made");
}

void Simulation::check_runs(const Dag& dag) {
  RunFilter filter;
  filter.dag_id = dag.id;
  for (const DagRun& run : store_.list_runs(filter, {-1})) check_run(dag, run);
}

void Simulation::check_run(const Dag& dag, const DagRun& run) {
  if (!is_finished(run.state)) wrong(run.run_id + " has not ended");
  Instances instances;
  for (TaskInstance& one : store_.task_instances_of(dag.id, run.run_id)) {
    if (!one.state || !is_finished(*one.state))
      return wrong(fmt::format("{} of {} is {}", one.task_id, run.run_id, name_of_state(one)));
    if (one.job_id) wrong(one.task_id + " still belongs to a scheduler");
    if (one.start_ms && one.end_ms && *one.end_ms < *one.start_ms) {
      wrong(fmt::format("{} of {} ({}) took {} ms", one.task_id, run.run_id, name_of_state(one),
                        *one.end_ms - *one.start_ms));
    }
    instances[one.task_id] = std::move(one);
  }
  if (run.end_ms.value() < run.start_ms.value_or(0)) wrong("a run took less than no time");
  bool has_failed = false;
  for (const Task& task : dag.tasks) {
    check_instance(dag, run, task, instances);
    const TaskState state = *instances.at(task.id).state;
    const bool failed = state == TaskState::kFailed || state == TaskState::kUpstreamFailed;
    has_failed = has_failed || (failed && downstream_of(dag, task.id).empty());
  }
  if ((run.state == RunState::kFailed) != has_failed) wrong(run.run_id + " ended in the wrong state");
  check_told(dag, run, instances);
}

// Once at least: a scheduler that dies is followed by one that tells it again.
void Simulation::check_told(const Dag& dag, const DagRun& run, const Instances& instances) {
  if (marked_dags_.contains(dag.id)) return;
  if (run.state == RunState::kSuccess && !dag.on_success.empty() &&
      !heard_.contains(heard_as("on_success", dag.id, run.run_id))) {
    wrong(run.run_id + " succeeded and nobody was told");
  }
  for (const Task& task : dag.tasks) {
    if (instances.at(task.id).state != TaskState::kFailed || task.on_failure.empty()) continue;
    if (!heard_.contains(heard_as("on_failure", dag.id, run.run_id, task.id))) {
      wrong(fmt::format("{} of {} failed and nobody was told", task.id, run.run_id));
    }
  }
}

void Simulation::check_instance(const Dag& dag, const DagRun& run, const Task& task,
                                const Instances& instances) {
  if (marked_dags_.contains(dag.id)) return;  // people have decided
  const TaskInstance& instance = instances.at(task.id);
  std::string problem = check_decision(dag, run, task, instances);
  if (!problem.empty()) {
    problem += fmt::format("; {} of {} ({}, try {}) is {}, upstream:", task.id, run.run_id,
                           name_of(task.trigger_rule), instance.try_number, name_of_state(instance));
    for (const std::string& id : task.upstream) problem += " " + name_of_state(instances.at(id));
    wrong(problem);
  }
  check_try(run, task, instance);
  check_launches(task, instance);
}

// What has run has changed its assets, once; and each try had one process where nothing went wrong.
void Simulation::check_launches(const Task& task, const TaskInstance& instance) {
  if (has_cleared_) return;
  const int64_t changes = store_.count_asset_events({"", instance.dag_id, instance.run_id, task.id});
  const size_t wanted = instance.state == TaskState::kSuccess ? task.outlets.size() : 0;
  if (changes != static_cast<int64_t>(wanted)) {
    wrong(fmt::format("{} of {} has changed {} assets instead of {}", task.id, instance.run_id, changes,
                      wanted));
  }
  if (circumstances_.has_crashes || circumstances_.has_errors || circumstances_.has_refusals) return;
  for (int number = 1; number <= instance.try_number; ++number) {
    if (launch_count_[{instance.id, number}] == 1) continue;
    wrong(fmt::format("try {} of {} of {} was launched {} times", number, task.id, instance.run_id,
                      launch_count_[{instance.id, number}]));
  }
}

// Whether it ran, was skipped or failed with its upstream as the rule says.
std::string Simulation::check_decision(const Dag& dag, const DagRun& run, const Task& task,
                                       const Instances& instances) {
  const DagGraph graph(dag);
  const size_t number = graph.find(task.id).value();
  const TaskInstance& instance = instances.at(task.id);
  const bool ran_last = instance.start_ms != instance.end_ms || instance.pid.has_value();
  const Ending ending = ending_of(seed_, dag.id, run.run_id, task.id, instance.try_number);
  const bool skipped_itself = instance.state == TaskState::kSkipped && ran_last && ending == Ending::kSkip;
  Decision decision = Decision::kRun;
  if (instance.state == TaskState::kUpstreamFailed) decision = Decision::kUpstreamFailed;
  if (instance.state == TaskState::kSkipped && !skipped_itself) decision = Decision::kSkipped;

  const std::vector<TaskState> upstream = upstream_states(graph, number, instances);
  const std::vector<bool> all(upstream.size(), true);
  std::set<Decision> allowed = possible_decisions(task.trigger_rule, upstream, all);
  for (size_t other = 0; other < graph.nodes().size(); ++other) {
    const TaskInstance& by = instances.at(graph[other].task->id);
    if (by.state != TaskState::kSuccess ||
        ending_of(seed_, dag.id, run.run_id, by.task_id, by.try_number) != Ending::kShortCircuit)
      continue;
    const std::vector<size_t> skipped = skipped_by(graph, other);
    if (std::find(skipped.begin(), skipped.end(), number) == skipped.end()) continue;
    // Cleared alone, what does not follow on it directly is looked at as if there had been no short circuit.
    const bool is_direct = std::find(graph[number].upstream.begin(), graph[number].upstream.end(), other) !=
                           graph[number].upstream.end();
    const std::set<Decision> before = decisions_before(graph, number, other, instances);
    if (is_direct || !has_cleared_) {
      std::erase_if(allowed, [&](Decision one) { return !before.contains(one); });
    }
    allowed.insert(Decision::kSkipped);
  }
  if (allowed.contains(decision)) return "";
  return fmt::format("the rule does not allow it (ran: {}, ending {})", ran_last, static_cast<int>(ending));
}

// Whether its last try ended as it had to, and there were as many as there had to be.
void Simulation::check_try(const DagRun& run, const Task& task, const TaskInstance& instance) {
  const bool has_run = instance.state == TaskState::kSuccess || instance.state == TaskState::kFailed;
  if (!has_run) return;
  const auto ending = [&](int number) { return ending_of(seed_, run.dag_id, run.run_id, task.id, number); };
  const auto can_be_tried_again = [&](int number) {
    return ending(number) == Ending::kFail || ending(number) == Ending::kDie;
  };
  const Ending last = ending(instance.try_number);
  const bool is_good = last == Ending::kSuccess || last == Ending::kShortCircuit;
  if (is_good != (instance.state == TaskState::kSuccess)) {
    wrong(fmt::format("{} of {} ended {} in try {}", task.id, run.run_id, name_of_state(instance),
                      instance.try_number));
  }
  const auto tries = store_.tries_of({run.dag_id, run.run_id, task.id});
  if (tries.size() != static_cast<size_t>(instance.try_number)) {
    wrong(fmt::format("{} of {} has a history of {} tries instead of {}", task.id, run.run_id, tries.size(),
                      instance.try_number));
  }
  if (has_cleared_) return;
  int expected = 1;
  while (can_be_tried_again(expected) && expected <= task.retries) ++expected;
  if (instance.try_number != expected) {
    wrong(fmt::format("{} of {} was tried {} times instead of {}", task.id, run.run_id, instance.try_number,
                      expected));
  }
}

}  // namespace tidemill::workflow::chaos
