#pragma once
// For tests: schedulers over random DAGs, under crashes, errors, clears, pauses and clock jumps, until all is
// over. A seed says everything that happens.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "metadata/database.h"
#include "workflow/chaos/random_dags.h"
#include "workflow/chaos/simulated_callbacks.h"
#include "workflow/chaos/simulated_executor.h"
#include "workflow/operations.h"
#include "workflow/scheduler/scheduler.h"
#include "workflow/testing/crashing_database.h"

namespace tidemill::workflow::chaos {

using testing::CrashingDatabase;

// Proves nothing but what the simulation says.
class SimulatedLiveness final : public Liveness {
 public:
  void hold(int64_t job_id) override { alive.insert(job_id); }
  void release(int64_t job_id) override { alive.erase(job_id); }
  bool is_alive(int64_t job_id) override { return alive.contains(job_id); }
  std::set<int64_t> alive;
};

struct SimulationCounts {
  int64_t ticks = 0, crashes = 0, errors = 0, launches = 0, clears = 0, marks = 0;
};

class Simulation {
 public:
  // Opens another connection to the case's database, which is empty at first.
  using OpenDatabase = std::function<std::unique_ptr<metadata::Database>()>;

  Simulation(uint64_t seed, const OpenDatabase& open);
  ~Simulation();

  // Everything. Returns what went wrong, "" for nothing.
  std::string run();
  const SimulationCounts& counts() const { return counts_; }

 private:
  struct Life {  // a process with a scheduler
    std::unique_ptr<metadata::Database> connection;
    std::unique_ptr<CrashingDatabase> database;
    std::unique_ptr<SimulatedExecutor> executor;
    std::unique_ptr<SimulatedCallbacks> callbacks;
    std::unique_ptr<Scheduler> scheduler;
    int64_t wake_at_ms = 0;
  };

  // simulation.cc: what happens
  void start(Life& life);
  void die(Life& life);
  void tick(Life& life, bool may_fail);
  void let_processes_end(Life& life, uint32_t percent);
  void step();
  void interfere();
  void clear_something();
  void mark_something();
  bool settle();
  bool free_what_waits_for_the_past();
  void let_schedulers_finish();
  bool has_open_runs();
  std::string picture();

  // simulation_checks.cc: what must hold
  void check_limits();
  void check_the_end();
  void check_runs(const Dag& dag);
  void check_run(const Dag& dag, const DagRun& run);
  void check_instance(const Dag& dag, const DagRun& run, const Task& task,
                      const std::map<std::string, TaskInstance>& instances);
  std::string check_decision(const Dag& dag, const DagRun& run, const Task& task,
                             const std::map<std::string, TaskInstance>& instances);
  void check_launches(const Task& task, const TaskInstance& instance);
  void check_told(const Dag& dag, const DagRun& run, const std::map<std::string, TaskInstance>& instances);
  void check_try(const DagRun& run, const Task& task, const TaskInstance& instance);
  void wrong(const std::string& what);

  bool happens(uint32_t percent) { return random_.next_below(100) < percent; }

  uint64_t seed_;
  RandomSequence random_;
  Circumstances circumstances_;
  std::vector<Dag> dags_;
  FakeClock clock_{kStartMs};
  std::multiset<std::string> census_;
  SimulatedLiveness liveness_;
  std::unique_ptr<metadata::Database> database_;
  Store store_;
  Operations operations_;
  OpenDatabase open_;
  std::vector<Life> lives_;
  std::set<std::string> heard_;                              // callbacks
  std::map<std::pair<std::string, int>, int> launch_count_;  // by instance and try
  bool has_cleared_ = false, has_paused_ = false;
  std::set<std::string> marked_dags_;  // in which people have decided what became of tasks
  std::string wrong_;
  SimulationCounts counts_;
};

}  // namespace tidemill::workflow::chaos
