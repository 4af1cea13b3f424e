#include "workflow/chaos/simulation.h"

#include <algorithm>

#include <fmt/format.h>

#include "metadata/migrate.h"
#include "workflow/chaos/airflow_rules.h"

namespace tidemill::workflow::chaos {
namespace {

constexpr int kSteps = 60;                // in which things go wrong
constexpr int kMostSettlingSteps = 3000;  // after which something is stuck
constexpr int kParallelism = 5;

TaskReport report_of(Ending ending) {
  TaskReport report;
  switch (ending) {
    case Ending::kSkip:
      report.outcome = TaskReport::Outcome::kSkipped;
      break;
    case Ending::kShortCircuit:
      report.outcome = TaskReport::Outcome::kShortCircuit;
      break;
    case Ending::kFail:
      report.outcome = TaskReport::Outcome::kFailed;
      break;
    case Ending::kFailForGood:
      report.outcome = TaskReport::Outcome::kFailedForGood;
      break;
    default:
      report.return_value = "1";
  }
  return report;
}

std::unique_ptr<metadata::Database> migrated(std::unique_ptr<metadata::Database> database) {
  metadata::migrate(*database, metadata::project_migrations());
  return database;
}

}  // namespace

Simulation::Simulation(uint64_t seed, const OpenDatabase& open)
    : seed_(seed),
      random_(seed),
      circumstances_(random_circumstances(random_)),
      dags_(random_dags(random_)),
      database_(migrated(open())),
      store_(*database_),
      operations_(*database_, dags_, clock_, Actor()),
      open_(open) {
  for (const PoolSize& size : kPools) {
    Pool pool;
    pool.name = size.name;
    pool.slots = size.slots;
    operations_.set_pool(pool);
  }
  for (int i = 0; i < circumstances_.scheduler_count; ++i) lives_.emplace_back();
  for (Life& life : lives_) start(life);
}

Simulation::~Simulation() = default;

void Simulation::start(Life& life) {
  SchedulerOptions options;
  options.parallelism = kParallelism;
  options.heartbeat_ms = kIntervalMs;
  options.log_dir = "/logs";
  if (!life.connection) life.connection = open_();
  life.database = std::make_unique<CrashingDatabase>(*life.connection);
  life.executor = std::make_unique<SimulatedExecutor>(clock_, kParallelism, census_);
  life.callbacks = std::make_unique<SimulatedCallbacks>(heard_);
  life.scheduler = std::make_unique<Scheduler>(*life.database, dags_, *life.executor, clock_, options,
                                               *life.callbacks, liveness_);
  life.executor->before_launch = [this, &life](const TaskLaunch& launch) {
    ++counts_.launches;
    ++launch_count_[{launch.task_instance_id, launch.try_number}];
    if (circumstances_.has_crashes && life.database->is_armed() && happens(5)) life.database->die();
  };
}

void Simulation::die(Life& life) {
  ++counts_.crashes;
  liveness_.alive.erase(life.scheduler->job_id());
  life.scheduler.reset();
  life.executor.reset();
  life.database.reset();
  start(life);
}

void Simulation::tick(Life& life, bool may_fail) {
  ++counts_.ticks;
  life.database->disarm();
  const int fault_at = 1 + static_cast<int>(random_.next_below(happens(50) ? 25 : 150));
  if (may_fail && circumstances_.has_crashes && happens(12)) {
    life.database->arm(CrashingDatabase::Fault::kCrash, fault_at);
  } else if (may_fail && circumstances_.has_errors && happens(12)) {
    life.database->arm(CrashingDatabase::Fault::kError, fault_at);
  }
  if (may_fail && circumstances_.has_refusals && happens(10)) {
    life.executor->refused_launches = 1 + static_cast<int>(random_.next_below(3));
  }
  try {
    life.wake_at_ms = life.scheduler->tick();
  } catch (const testing::Crash&) {
    die(life);
  } catch (const Error& error) {
    ++counts_.errors;
    if (error.code() != ErrorCode::kUnavailable) wrong("tick() threw: " + error.message());
  }
  life.database->disarm();
}

void Simulation::let_processes_end(Life& life, uint32_t percent) {
  std::vector<std::string> ids;
  for (const auto& [id, process] : life.executor->running()) ids.push_back(id);
  // Ids are random; what happens must not be.
  std::sort(ids.begin(), ids.end(), [&](const std::string& a, const std::string& b) {
    const TaskLaunch& left = life.executor->running().at(a).launch;
    const TaskLaunch& right = life.executor->running().at(b).launch;
    return std::tie(left.dag_id, left.run_id, left.task_id) <
           std::tie(right.dag_id, right.run_id, right.task_id);
  });
  for (const std::string& id : ids) {
    if (!happens(percent)) continue;
    const SimulatedExecutor::Process process = life.executor->running().at(id);
    const TaskLaunch& launch = process.launch;
    const Ending ending = ending_of(seed_, launch.dag_id, launch.run_id, launch.task_id, launch.try_number);
    const bool by_cancel = process.is_cancelled && happens(80);
    const bool has_report = !by_cancel && ending != Ending::kDie;
    life.executor->end(id, has_report ? std::optional(report_of(ending)) : std::nullopt, by_cancel);
  }
}

void Simulation::clear_something() {
  const std::vector<DagRun> runs = store_.list_runs({}, {-1});
  if (runs.empty()) return;
  const DagRun& run = runs[random_.next_below(static_cast<uint32_t>(runs.size()))];
  const Dag& dag = operations_.dag(run.dag_id);
  ClearOptions options;
  options.task_ids = {dag.tasks[random_.next_below(static_cast<uint32_t>(dag.tasks.size()))].id};
  options.include_downstream = true;
  options.include_future = happens(15);
  options.include_past = happens(10);
  if (happens(20)) {  // what has followed on it, or on others, stays as it was
    options.include_downstream = happens(50);
    options.include_upstream = happens(50);
    options.only_failed = happens(50);
    marked_dags_.insert(dag.id);
  }
  operations_.clear(run.dag_id, run.run_id, options);
  ++counts_.clears;
  has_cleared_ = true;
}

void Simulation::mark_something() {
  const std::vector<DagRun> runs = store_.list_runs({}, {-1});
  if (runs.empty()) return;
  const DagRun& run = runs[random_.next_below(static_cast<uint32_t>(runs.size()))];
  const Dag& dag = operations_.dag(run.dag_id);
  const Task& task = dag.tasks[random_.next_below(static_cast<uint32_t>(dag.tasks.size()))];
  operations_.mark({run.dag_id, run.run_id, task.id}, happens(50) ? TaskState::kSuccess : TaskState::kFailed);
  marked_dags_.insert(dag.id);
  ++counts_.marks;
}

void Simulation::interfere() {
  if (circumstances_.has_clears && happens(8)) clear_something();
  if (circumstances_.has_marks && happens(5)) mark_something();
  if (circumstances_.has_pauses && happens(8)) {
    operations_.set_paused(dags_[random_.next_below(static_cast<uint32_t>(dags_.size()))].id, happens(50));
    has_paused_ = true;
  }
  if (dags_.back().id == "by_hand" && happens(8)) {
    TriggerOptions options;
    options.run_id = fmt::format("by_hand_{}", store_.count_runs({}));
    operations_.trigger("by_hand", options);
  }
  if (circumstances_.has_clock_jumps && happens(5)) {
    constexpr int64_t kHours[] = {1, 24, -1, -24};
    clock_.advance_ms(kHours[random_.next_below(4)] * 60 * kMinuteMs);
  }
}

void Simulation::step() {
  interfere();
  if (happens(60)) clock_.advance_ms(random_.next_below(happens(50) ? 2000 : 300'000));
  for (Life& life : lives_) {
    if (happens(70)) let_processes_end(life, happens(50) ? 100 : 40);
    if (happens(85)) tick(life, /*may_fail=*/true);
    check_limits();
  }
}

bool Simulation::has_open_runs() {
  RunFilter open;
  open.states = {RunState::kQueued, RunState::kRunning};
  return store_.count_runs(open) > 0;
}

// Nothing goes wrong any more: all has to come to an end.
bool Simulation::settle() {
  for (const Dag& dag : dags_) operations_.set_paused(dag.id, false);
  if (clock_.now_ms() < kStartMs) clock_.advance_ms(kStartMs - clock_.now_ms());
  int idle = 0;
  for (int i = 0; i < kMostSettlingSteps && wrong_.empty(); ++i) {
    bool has_ended = false;
    int64_t next_ms = clock_.now_ms() + kIntervalMs;
    for (Life& life : lives_) {
      has_ended = has_ended || !life.executor->running().empty() || life.executor->has_events();
      let_processes_end(life, 100);
      tick(life, /*may_fail=*/false);
      next_ms = std::min(next_ms, std::max(life.wake_at_ms, clock_.now_ms() + 1));
      has_ended = has_ended || life.wake_at_ms <= clock_.now_ms() || life.executor->has_events();
    }
    check_limits();
    if (has_ended) {
      idle = 0;
      continue;
    }
    const bool is_late = clock_.now_ms() > *dags_[0].end_date_ms;
    if (is_late && !has_open_runs()) return true;
    if (++idle > 10 && is_late) {
      idle = 0;
      if (!free_what_waits_for_the_past()) return false;
    }
    clock_.advance_ms(next_ms - clock_.now_ms());
  }
  return false;
}

// Those that are there take over what dead ones had still to tell, and tell it.
void Simulation::let_schedulers_finish() {
  clock_.advance_ms(kIntervalMs);
  for (int i = 0; i < 3; ++i) {
    for (Life& life : lives_) tick(life, /*may_fail=*/false);
  }
}

// A task that depends on a failed past waits for ever, as in Airflow, until somebody has mended the past; so
// does one whose past was cleared and finds no room because of max_active_runs.
bool Simulation::free_what_waits_for_the_past() {
  bool has_marked = false;
  for (const DagRun& run : store_.list_runs({}, {-1})) {
    const DagGraph graph(operations_.dag(run.dag_id));
    if (!graph.looks_at_past() || run.state == RunState::kRunning) continue;
    const std::vector<TaskInstance> instances = store_.task_instances_of(run.dag_id, run.run_id);
    const bool is_open = std::any_of(instances.begin(), instances.end(), [](const TaskInstance& one) {
      return !one.state || !is_finished(*one.state) || one.state == TaskState::kFailed ||
             one.state == TaskState::kUpstreamFailed;
    });
    if (!is_open) continue;
    operations_.mark_run(run.dag_id, run.run_id, RunState::kSuccess);
    marked_dags_.insert(run.dag_id);
    ++counts_.marks;
    has_marked = true;
  }
  return has_marked;
}

std::string Simulation::picture() {
  std::string text = fmt::format("now {} min\n", (clock_.now_ms() - kStartMs) / kMinuteMs);
  for (const DagRun& run : store_.list_runs({}, {-1})) {
    text += fmt::format("{} {} {}:", run.dag_id, run.run_id, name_of(run.state));
    for (const TaskInstance& one : store_.task_instances_of(run.dag_id, run.run_id)) {
      const Task& task = operations_.task(run.dag_id, one.task_id);
      text += fmt::format(" {}({}{}{})={}/{}{}", one.task_id, name_of(task.trigger_rule),
                          task.depends_on_past ? ",past" : "", task.wait_for_downstream ? ",wait" : "",
                          one.state ? name_of(*one.state) : "none", one.try_number, one.job_id ? "*" : "");
    }
    text += "\n";
  }
  return text;
}

std::string Simulation::run() {
  try {
    for (int i = 0; i < kSteps && wrong_.empty(); ++i) step();
    if (wrong_.empty() && !settle()) wrong("something is stuck:\n" + picture());
    if (wrong_.empty()) let_schedulers_finish();
    if (wrong_.empty()) check_the_end();
  } catch (const Error& error) {
    wrong("an Error: " + error.message());
  }
  return wrong_;
}

}  // namespace tidemill::workflow::chaos
