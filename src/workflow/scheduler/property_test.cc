// Random DAGs, outcomes, clears, clocks and crashes, against a simple model and against what must always
// hold. TIDEMILL_PROPERTY_CASES=N runs more cases, TIDEMILL_PROPERTY_SEED=S one of them.

#include <cstdlib>
#include <iostream>

#include <gtest/gtest.h>

#include "base/digest.h"
#include "base/json.h"
#include "base/random.h"
#include "workflow/testing/faulty_database.h"
#include "workflow/testing/model.h"
#include "workflow/testing/random_dags.h"
#include "workflow/testing/world.h"

namespace tidemill::workflow::testing {
namespace {

using RunKey = std::pair<std::string, std::string>;

// A scheduler with its executor and connection, all of which die together.
struct Process {
  Process(metadata::Database& inner, const std::vector<Dag>& dags, const Clock& clock,
          const SchedulerOptions& options, CallbackRunner& callbacks, Liveness& liveness)
      : database(inner),
        executor(clock, options.parallelism),
        scheduler(database, dags, executor, clock, options, callbacks, liveness) {}
  FaultyDatabase database;
  MemoryExecutor executor;
  Scheduler scheduler;
};

class Case {
 public:
  explicit Case(uint64_t seed)
      : seed_(seed),
        random_(derive_seed(seed, 1)),
        dags_(random_dags(seed)),
        database_(memory_database()),
        store_(*database_),
        operations_(*database_, dags_, clock_, Actor()) {
    options_.log_dir = "/logs";
    options_.parallelism = 1 + below(5);
    has_crashes_ = chance(60);
    has_pauses_ = chance(30);
    operations_.set_pool(pool("one", 1));
    operations_.set_pool(pool("two", 2));
    processes_.resize(chance(25) ? 2 : 1);
    for (auto& process : processes_) start(process);
  }

  void run() {
    const int step_count = 20 + below(60);
    for (int step = 0; step < step_count && !::testing::Test::HasFatalFailure(); ++step) {
      act();
      tick();
    }
    settle();
    if (!::testing::Test::HasFailure()) check_end();
  }

 private:
  int below(int bound) { return static_cast<int>(random_.next_below(static_cast<uint32_t>(bound))); }
  bool chance(int percent) { return below(100) < percent; }
  const Dag& dag_of(const std::string& id) const {
    for (const Dag& dag : dags_) {
      if (dag.id == id) return dag;
    }
    throw std::out_of_range(id);
  }

  void start(std::unique_ptr<Process>& process) {
    if (process) {
      for (const auto& [id, launch] : process->executor.running()) ended(launch);
      liveness_.alive.erase(process->scheduler.job_id());
      process.reset();
    }
    process = std::make_unique<Process>(*database_, dags_, clock_, options_, callbacks_, liveness_);
    process->executor.ends_cancelled = chance(50);
    process->executor.on_launch = [this](const TaskLaunch& launch) { launched(launch); };
    process->executor.on_end = [this](const TaskLaunch& launch) { ended(launch); };
  }

  void launched(const TaskLaunch& launch) {
    const TaskKey key{launch.dag_id, launch.run_id, launch.task_id};
    EXPECT_TRUE(running_.insert(key).second) << launch.task_id << " runs twice at once";
    ++launch_counts_[{key, launch.try_number}];
    contexts_[{launch.dag_id, launch.run_id}] = launch.context;
    std::map<std::string, int> taken;
    int in_run = 0;
    for (const TaskKey& one : running_) {
      const Task& task = *dag_of(one.dag_id).find_task(one.task_id);
      taken[task.pool] += task.pool_slots;
      in_run += one.dag_id == key.dag_id && one.run_id == key.run_id ? 1 : 0;
    }
    EXPECT_LE(taken["one"], 1);
    EXPECT_LE(taken["two"], 2);
    EXPECT_LE(in_run, dag_of(key.dag_id).max_active_tasks);
  }
  void ended(const TaskLaunch& launch) { running_.erase({launch.dag_id, launch.run_id, launch.task_id}); }

  // The same for every try of a task of a run, whoever runs it.
  std::optional<Outcome> outcome_of(const std::string& dag_id, const std::string& run,
                                    const std::string& task_id, int try_number) const {
    const std::string text = std::to_string(seed_) + dag_id + "|" + run + "|" + task_id;
    uint64_t bits = std::hash<std::string>()(text);
    const auto roll = static_cast<int>(mix64(bits + static_cast<uint64_t>(try_number)) % 100);
    if (roll < 62) return Outcome::kSuccess;
    if (roll < 80) return Outcome::kFailed;
    if (roll < 84) return Outcome::kFailedForGood;
    if (roll < 90) return Outcome::kSkipped;
    if (roll < 96) return Outcome::kShortCircuit;
    return std::nullopt;
  }
  // Runs that assets started have random names: they go by what started them.
  static std::string name_of_run(const std::string& run_id, const std::string& context) {
    if (!run_id.starts_with("asset_triggered")) return run_id;
    std::string name;
    const Json json = parse_json(context, "the context");
    for (const Json& event : json.at("triggering_asset_events")) {
      name += event.at("source_run_id").get<std::string>() + event.at("source_task_id").get<std::string>();
    }
    return name;
  }

  void act() {
    const int roll = below(100);
    if (roll < 55) return end_one();
    if (roll < 68) return clock_.advance_ms(1000 * (1 + below(600)));
    if (roll < 74) return clock_.advance_ms(kHourMs * (1 + below(3)));
    if (roll < 76) return clock_.advance_ms(-kHourMs);
    if (roll < 83) return trigger();
    if (roll < 89) return clear_or_mark();
    if (roll < 92) return pause();
    if (!has_crashes_) return end_one();
    auto& process = processes_[static_cast<size_t>(below(static_cast<int>(processes_.size())))];
    if (roll < 94) return start(process);
    process->database.fails_in = 1 + below(80);
    process->database.commits_before_failing = chance(50);
  }

  void end_one() {
    for (auto& process : processes_) {
      const auto& running = process->executor.running();
      if (running.empty()) continue;
      auto chosen = running.begin();
      std::advance(chosen, below(static_cast<int>(running.size())));
      const TaskLaunch launch = chosen->second;
      if (cancelled_at_last(*process, launch.task_instance_id)) continue;
      const std::string run = name_of_run(launch.run_id, launch.context);
      const auto outcome = outcome_of(launch.dag_id, run, launch.task_id, launch.try_number);
      TaskReport report;
      if (outcome) report.outcome = *outcome;
      outcome ? process->executor.end(launch.task_instance_id, report)
              : process->executor.die(launch.task_instance_id);
    }
  }
  static bool cancelled_at_last(Process& process, const std::string& id) {
    const auto& cancelled = process.executor.cancelled;
    if (std::find(cancelled.begin(), cancelled.end(), id) == cancelled.end()) return false;
    process.executor.end_cancelled(id);
    return true;
  }

  void trigger() {
    is_changed_ = true;
    TriggerOptions given;
    given.run_id = "manual_" + std::to_string(++trigger_count_);
    operations_.trigger(dags_[static_cast<size_t>(below(static_cast<int>(dags_.size())))].id, given);
  }

  void clear_or_mark() {
    const std::vector<DagRun> runs = store_.list_runs({}, {-1});
    if (runs.empty()) return;
    is_changed_ = true;
    const DagRun& run = runs[static_cast<size_t>(below(static_cast<int>(runs.size())))];
    const Dag& dag = dag_of(run.dag_id);
    const Task& task = dag.tasks[static_cast<size_t>(below(static_cast<int>(dag.tasks.size())))];
    tainted_.insert({run.dag_id, run.run_id});
    if (chance(25)) {
      return operations_.mark({run.dag_id, run.run_id, task.id},
                              chance(50) ? TaskState::kSuccess : TaskState::kFailed);
    }
    ClearOptions options;
    if (chance(70)) options.task_ids = {task.id};
    options.include_downstream = chance(50);
    options.include_upstream = chance(20);
    options.include_future = chance(20);
    options.include_past = chance(10);
    options.only_failed = chance(20);
    for (const TaskInstance& cleared : operations_.clear(run.dag_id, run.run_id, options)) {
      tainted_.insert({cleared.dag_id, cleared.run_id});
    }
  }

  void pause() {
    if (!has_pauses_) return;
    const std::string& id = dags_[static_cast<size_t>(below(static_cast<int>(dags_.size())))].id;
    operations_.set_paused(id, chance(50));
    is_changed_ = true;
  }

  void tick() {
    latest_ms_ = std::max(latest_ms_, clock_.now_ms());
    // All share one connection, so the schedulers do not see by themselves what others do.
    const bool is_changed = std::exchange(is_changed_, false);
    for (auto& process : processes_) {
      for (int round = 0; round < 3; ++round) {
        try {
          if (is_changed || processes_.size() > 1) process->scheduler.wake();
          process->scheduler.tick();
        } catch (const Error&) {
          EXPECT_TRUE(has_crashes_);
          if (chance(50)) start(process);
        }
      }
    }
    for (const Dag& dag : dags_) {
      RunFilter filter;
      filter.dag_id = dag.id;
      filter.states = {RunState::kRunning};
      ASSERT_LE(store_.count_runs(filter), dag.max_active_runs) << dag.id;
    }
    ASSERT_LE(running_.size(), static_cast<size_t>(options_.parallelism) * processes_.size());
  }

  int64_t unfinished_run_count() {
    RunFilter filter;
    filter.states = {RunState::kQueued, RunState::kRunning};
    return store_.count_runs(filter);
  }

  // Everything is let go on until nothing is left.
  void settle() {
    for (auto& process : processes_) process->database.fails_in = std::nullopt;
    for (const Dag& dag : dags_) operations_.set_paused(dag.id, false);
    is_changed_ = true;
    int quiet_count = 0;
    for (int round = 0; round < 3000; ++round) {
      if (::testing::Test::HasFailure()) return;
      tick();
      if (unfinished_run_count() == 0 && running_.empty()) return;
      quiet_count = running_.empty() ? quiet_count + 1 : 0;
      end_one();
      if (quiet_count > 0) clock_.advance_ms(61'000);
      if (quiet_count > 6) free_those_that_wait_for_the_past();
    }
    ADD_FAILURE() << unfinished_run_count() << " runs are stuck:\n" << picture();
  }

  // depends_on_past after a failure waits for people, and so does a run whose past was cleared and finds no
  // room because of max_active_runs: here they are.
  void free_those_that_wait_for_the_past() {
    RunFilter filter;
    filter.states = {RunState::kFailed, RunState::kQueued};
    for (const DagRun& run : store_.list_runs(filter, {-1})) {
      if (!DagGraph(dag_of(run.dag_id)).looks_at_past()) continue;
      is_changed_ = true;
      operations_.mark_run(run.dag_id, run.run_id, RunState::kSuccess);
      tainted_.insert({run.dag_id, run.run_id});
    }
    filter.states = {RunState::kSuccess};
    for (const DagRun& run : store_.list_runs(filter, {-1})) {
      if (!DagGraph(dag_of(run.dag_id)).looks_at_past()) continue;
      for (const TaskInstance& one : store_.task_instances_of(run.dag_id, run.run_id)) {
        if (one.state != TaskState::kFailed && one.state != TaskState::kUpstreamFailed) continue;
        is_changed_ = true;
        operations_.mark_run(run.dag_id, run.run_id, RunState::kSuccess);
        tainted_.insert({run.dag_id, run.run_id});
        break;
      }
    }
  }

  void check_end() {
    std::map<std::string, int> asset_run_count;
    std::map<std::string, std::set<int64_t>> scheduled;
    for (const DagRun& run : store_.list_runs({}, {-1})) {
      asset_run_count[run.dag_id] += run.run_type == RunType::kAssetTriggered ? 1 : 0;
      if (run.run_type == RunType::kScheduled) {
        EXPECT_TRUE(scheduled[run.dag_id].insert(*run.logical_date_ms).second) << "the same hour twice";
      }
      if (!tainted_.contains({run.dag_id, run.run_id})) check_run(run);
    }
    for (const auto& [dag_id, hours] : scheduled) {
      EXPECT_EQ(*hours.rbegin() - *hours.begin(), (static_cast<int64_t>(hours.size()) - 1) * kHourMs);
      EXPECT_GE(*hours.rbegin(), clock_.now_ms() / kHourMs * kHourMs) << "an hour was lost";
      EXPECT_LE(*hours.rbegin(), latest_ms_ / kHourMs * kHourMs) << "an hour came too early";
    }
    for (const Dag& dag : dags_) {
      if (dag.schedule_assets.size() != 1 || has_pauses_) continue;
      EXPECT_EQ(asset_run_count[dag.id], store_.count_asset_events({dag.schedule_assets[0], "", "", ""}));
    }
    EXPECT_TRUE(database_->query("SELECT 1 FROM task_instance WHERE job_id IS NOT NULL", {}).empty());
    EXPECT_TRUE(database_->query("SELECT 1 FROM callback", {}).empty());
  }

  void check_run(const DagRun& run) {
    const Dag& dag = dag_of(run.dag_id);
    const std::string name = name_of_run(run.run_id, contexts_[{run.dag_id, run.run_id}]);
    const PossibleStates possible = possible_states(dag, [&](const std::string& task_id, int try_number) {
      return outcome_of(run.dag_id, name, task_id, try_number);
    });
    bool has_failed_leaf = false;
    for (const TaskInstance& one : store_.task_instances_of(run.dag_id, run.run_id)) {
      ASSERT_TRUE(one.state && possible.at(one.task_id).contains(*one.state))
          << one.task_id << " of " << run.run_id << " is " << (one.state ? name_of(*one.state) : "none")
          << "\n"
          << picture();
      for (int try_number = 1; try_number <= one.try_number && !has_crashes_; ++try_number) {
        EXPECT_EQ(launch_counts_.count({{run.dag_id, run.run_id, one.task_id}, try_number}), 1u);
        const int count = launch_counts_[{{run.dag_id, run.run_id, one.task_id}, try_number}];
        EXPECT_EQ(count, 1) << one.task_id << " try " << try_number << " was launched more than once";
      }
      EXPECT_EQ(launch_counts_.count({{run.dag_id, run.run_id, one.task_id}, one.try_number + 1}), 0u);
      const bool is_leaf = downstream_of(dag, one.task_id).empty();
      const bool has_failed = one.state == TaskState::kFailed || one.state == TaskState::kUpstreamFailed;
      has_failed_leaf = has_failed_leaf || (is_leaf && has_failed);
      const Task& task = *dag.find_task(one.task_id);
      const int64_t wanted = one.state == TaskState::kSuccess ? static_cast<int64_t>(task.outlets.size()) : 0;
      EXPECT_EQ(store_.count_asset_events({"", run.dag_id, run.run_id, one.task_id}), wanted);
    }
    EXPECT_EQ(run.state, has_failed_leaf ? RunState::kFailed : RunState::kSuccess);
  }

  std::string picture() {
    std::string text;
    for (const DagRun& run : store_.list_runs({}, {-1})) {
      text += run.dag_id + " " + run.run_id + " " + std::string(name_of(run.state)) + ":";
      for (const TaskInstance& one : store_.task_instances_of(run.dag_id, run.run_id)) {
        text += " " + one.task_id + "=" + (one.state ? std::string(name_of(*one.state)) : "none") +
                (one.job_id ? "*" : "");
      }
      text += "\n";
    }
    return text;
  }

  uint64_t seed_;
  RandomSequence random_;
  std::vector<Dag> dags_;
  FakeClock clock_{kStartMs + 1};  // a run by hand must not have a scheduled one's logical date
  std::unique_ptr<metadata::Database> database_;
  Store store_;
  Operations operations_;
  SchedulerOptions options_;
  MemoryLiveness liveness_;
  MemoryCallbacks callbacks_;
  bool has_crashes_ = false, has_pauses_ = false;
  bool is_changed_ = false;  // by people
  int trigger_count_ = 0;
  int64_t latest_ms_ = 0;
  std::set<TaskKey> running_;
  std::map<std::pair<TaskKey, int>, int> launch_counts_;
  std::map<RunKey, std::string> contexts_;
  std::set<RunKey> tainted_;
  std::vector<std::unique_ptr<Process>> processes_;
};

uint64_t number_from(const char* variable, uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

TEST(SchedulerProperties, HoldInRandomWorlds) {
  const uint64_t only = number_from("TIDEMILL_PROPERTY_SEED", 0);
  const uint64_t count = only != 0 ? 1 : number_from("TIDEMILL_PROPERTY_CASES", 200);
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t seed = only != 0 ? only : i + 1;
    Case(seed).run();
    if (HasFailure()) {
      std::cout << "TIDEMILL_PROPERTY_SEED=" << seed << " repeats it\n";
      return;
    }
  }
}

}  // namespace
}  // namespace tidemill::workflow::testing
