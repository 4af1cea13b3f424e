#pragma once
// For tests: a scheduler over a database in memory (or the one given), a clock that the test moves and an
// executor without processes.

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "metadata/database.h"
#include "metadata/migrate.h"
#include "workflow/operations.h"
#include "workflow/scheduler/scheduler.h"
#include "workflow/testing/memory_executor.h"

namespace tidemill::workflow::testing {

inline constexpr int64_t kHourMs = 3'600'000, kDayMs = 24 * kHourMs;
inline constexpr int64_t kStartMs = 1'793'491'200'000;  // 2026-11-01T00:00:00Z

class MemoryLiveness final : public Liveness {
 public:
  void hold(int64_t job_id) override { alive.insert(job_id); }
  void release(int64_t job_id) override { alive.erase(job_id); }
  bool is_alive(int64_t job_id) override { return alive.contains(job_id); }
  std::set<int64_t> alive;
};

class MemoryCallbacks final : public CallbackRunner {
 public:
  void submit(CallbackCall call) override {
    if (finishes) finished_.push_back({call.id, error});
    calls.push_back(std::move(call));
  }
  std::vector<FinishedCallback> take_finished() override { return std::exchange(finished_, {}); }
  bool finishes = true;
  std::string error;  // with which they end
  std::vector<CallbackCall> calls;

 private:
  std::vector<FinishedCallback> finished_;
};

inline Task task(std::string id, std::vector<std::string> upstream = {},
                 TriggerRule rule = TriggerRule::kAllSuccess) {
  Task made;
  made.id = std::move(id);
  made.upstream = std::move(upstream);
  made.trigger_rule = rule;
  return made;
}

inline Dag dag(std::string id, std::vector<Task> tasks, std::string schedule = "none") {
  Dag made;
  made.id = std::move(id);
  made.tasks = std::move(tasks);
  made.schedule = std::move(schedule);
  return made;
}

inline Callback webhook(std::string url) {
  Callback made;
  made.url = std::move(url);
  return made;
}

inline Pool pool(std::string name, int slots) {
  Pool made;
  made.name = std::move(name);
  made.slots = slots;
  return made;
}

inline std::unique_ptr<metadata::Database> memory_database() {
  auto database = metadata::open_database("sqlite::memory:", "");
  metadata::migrate(*database, metadata::project_migrations());
  return database;
}

class World {
 public:
  explicit World(std::vector<Dag> dags, SchedulerOptions options = {},
                 std::unique_ptr<metadata::Database> database = memory_database())
      : database_(std::move(database)),
        store(*database_),
        dags_(std::move(dags)),
        options_(std::move(options)),
        operations(*database_, dags_, clock, Actor()) {
    for (const Dag& one : dags_) check(one);
    options_.log_dir = "/logs";
    options_.start_patience_ms = 0;
    restart();
  }

  // As if the process had been killed and started again.
  void restart() {
    if (scheduler) liveness.alive.erase(scheduler->job_id());
    scheduler.reset();
    executor = std::make_unique<MemoryExecutor>(clock, 1000);
    executor->at_once = [this](const TaskLaunch& launch) { return report_of(launch); };
    scheduler =
        std::make_unique<Scheduler>(*database_, dags_, *executor, clock, options_, callbacks, liveness);
  }

  // Until nothing more happens at this time.
  void tick() {
    scheduler->wake();
    wake_at_ms = scheduler->tick();
    for (int round = 0; (executor->has_events() || wake_at_ms <= clock.now_ms()) && round < 1000; ++round) {
      wake_at_ms = scheduler->tick();
    }
  }
  void advance(int64_t by_ms) {
    clock.advance_ms(by_ms);
    tick();
  }

  DagRun trigger(const std::string& dag_id, TriggerOptions given = {}) {
    DagRun run = operations.trigger(dag_id, given);
    tick();
    return run;
  }
  std::string run_state(const DagRun& run) {
    return std::string(name_of(store.find_run(run.id).value().state));
  }
  TaskInstance instance(const DagRun& run, const std::string& task_id) {
    return store.find_task_instance(TaskKey{run.dag_id, run.run_id, task_id}).value();
  }
  std::string state(const DagRun& run, const std::string& task_id) {
    const auto found = instance(run, task_id).state;
    return found ? std::string(name_of(*found)) : "none";
  }
  // "a=success b=skipped -> success"
  std::string states(const DagRun& run) {
    std::string text;
    for (const TaskInstance& one : store.task_instances_of(run.dag_id, run.run_id)) {
      text += one.task_id + "=" + state(run, one.task_id) + " ";
    }
    return text + "-> " + run_state(run);
  }
  std::vector<DagRun> runs(const std::string& dag_id) {
    RunFilter filter;
    filter.dag_id = dag_id;
    return store.list_runs(filter, {-1});
  }
  int launch_count(const std::string& task_id) const {
    int count = 0;
    for (const TaskLaunch& launch : executor->launches) count += launch.task_id == task_id ? 1 : 0;
    return count;
  }
  void end(const DagRun& run, const std::string& task_id, TaskReport::Outcome outcome) {
    TaskReport report;
    report.outcome = outcome;
    executor->end(instance(run, task_id).id, report);
    tick();
  }

  FakeClock clock{kStartMs};
  MemoryLiveness liveness;
  MemoryCallbacks callbacks;
  // What tasks report, by id, or "id#try"; the rest succeeds. Those of `held` run until the test ends them.
  std::map<std::string, TaskReport> reports;
  std::set<std::string> held;
  int64_t wake_at_ms = 0;

 private:
  std::optional<TaskReport> report_of(const TaskLaunch& launch) const {
    if (held.contains(launch.task_id)) return std::nullopt;
    const auto of_try = reports.find(launch.task_id + "#" + std::to_string(launch.try_number));
    if (of_try != reports.end()) return of_try->second;
    const auto found = reports.find(launch.task_id);
    return found == reports.end() ? TaskReport() : found->second;
  }

  std::unique_ptr<metadata::Database> database_;

 public:
  Store store;

 private:
  std::vector<Dag> dags_;
  SchedulerOptions options_;

 public:
  Operations operations;
  std::unique_ptr<MemoryExecutor> executor;
  std::unique_ptr<Scheduler> scheduler;
};

}  // namespace tidemill::workflow::testing
