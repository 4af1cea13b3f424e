// Empty tasks through the real scheduler, its processes and its SQLite file: a chain of them, then many that
// wait for nothing. Prints one JSON object: microseconds from each task's last instruction to the first of
// the task that follows on it, and tasks a second. Usage: bench_workflow CHAINS MANY

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "metadata/database.h"
#include "metadata/migrate.h"
#include "workflow/executor/launcher.h"
#include "workflow/operations.h"
#include "workflow/scheduler/liveness.h"
#include "workflow/scheduler/scheduler.h"

namespace {

using namespace tidemill;
using namespace tidemill::workflow;

constexpr int kTasksOfChain = 20, kTasksOfRun = 100;

// The same in all processes of the machine.
int64_t now_us() {
  const auto since_start = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(since_start).count();
}

TaskReport empty_task(const TaskLaunch&) {
  const int64_t begun_us = now_us();
  TaskReport report;
  report.return_value = Json{{"begun_us", begun_us}, {"ended_us", now_us()}}.dump();
  return report;
}

Dag dag_of(std::string id, int task_count) {
  Dag dag;
  dag.id = std::move(id);
  dag.max_active_tasks = dag.max_active_runs = 1000;
  for (int i = 0; i < task_count; ++i) {
    dag.tasks.emplace_back().id = "t" + std::to_string(i);
  }
  dag.on_success.emplace_back().url = "over";  // heard by StopAfterRuns
  dag.on_failure = dag.on_success;
  return dag;
}

Dag chain() {
  Dag dag = dag_of("chain", kTasksOfChain);
  dag.max_active_runs = 1;
  for (size_t i = 1; i < dag.tasks.size(); ++i) dag.tasks[i].upstream = {dag.tasks[i - 1].id};
  return dag;
}

// Stops the scheduler when so many runs are over.
class StopAfterRuns final : public CallbackRunner {
 public:
  StopAfterRuns(int run_count, std::atomic<bool>& stop) : left_(run_count), stop_(stop) {}
  void submit(CallbackCall call) override {
    finished_.push_back({call.id});
    if (--left_ == 0) stop_ = true;
  }
  std::vector<FinishedCallback> take_finished() override { return std::exchange(finished_, {}); }

 private:
  int left_;
  std::atomic<bool>& stop_;
  std::vector<FinishedCallback> finished_;
};

struct Project {
  std::filesystem::path folder;
  metadata::Database& database;
  Executor& executor;
  std::vector<Dag> dags;
  SystemClock clock = {};
  Store store = Store(database);

  // Seconds until all runs of a DAG are over.
  double run(const std::string& dag_id, int run_count) {
    Operations operations(database, dags, clock, Actor());
    for (int i = 0; i < run_count; ++i) {
      TriggerOptions given;
      given.run_id = "run_" + std::to_string(i);
      operations.trigger(dag_id, given);
    }
    const auto liveness = make_liveness(database, folder / "schedulers");
    std::atomic<bool> stop = false;
    StopAfterRuns callbacks(run_count, stop);
    SchedulerOptions options;
    options.log_dir = folder / "logs";
    Scheduler scheduler(database, dags, executor, clock, options, callbacks, *liveness);
    const int64_t begun_us = now_us();
    scheduler.run(stop);
    RunFilter good;
    good.dag_id = dag_id;
    good.states = {RunState::kSuccess};
    if (store.count_runs(good) != run_count) throw Error(ErrorCode::kInternal, "not every run has succeeded");
    return static_cast<double>(now_us() - begun_us) / 1e6;
  }
};

std::vector<int64_t> latencies_us(Store& store, int run_count) {
  std::vector<int64_t> latencies;
  for (int run = 0; run < run_count; ++run) {
    const auto returned = store.xcoms_named("chain", "run_" + std::to_string(run), "return_value");
    const auto time_of = [&](int task, const char* what) {
      return parse_json(returned.at("t" + std::to_string(task)), "a return value").at(what).get<int64_t>();
    };
    for (int i = 1; i < kTasksOfChain; ++i) {
      latencies.push_back(time_of(i, "begun_us") - time_of(i - 1, "ended_us"));
    }
  }
  std::sort(latencies.begin(), latencies.end());
  return latencies;
}

void measure(const std::filesystem::path& folder, int chain_count, int many) {
  const auto executor = start_launcher(empty_task, {});  // before there is any thread
  const auto database = metadata::open_database("sqlite:tidemill.db", folder);
  metadata::migrate(*database, metadata::project_migrations());
  Project project{folder, *database, *executor, {chain(), dag_of("many", kTasksOfRun)}};
  project.run("chain", chain_count);
  const std::vector<int64_t> latencies = latencies_us(project.store, chain_count);
  const int run_count = std::max(many / kTasksOfRun, 1);
  const double seconds = project.run("many", run_count);
  const Json answer = {{"latencies_us", latencies},
                       {"p50_ms", static_cast<double>(latencies.at(latencies.size() / 2)) / 1000},
                       {"p95_ms", static_cast<double>(latencies.at(latencies.size() * 95 / 100)) / 1000},
                       {"tasks", run_count * kTasksOfRun},
                       {"seconds", seconds}};
  std::cout << answer.dump() << '\n';
}

}  // namespace

int main(int argc, char** argv) {
  const int chain_count = argc > 1 ? std::atoi(argv[1]) : 10;
  const int many = argc > 2 ? std::atoi(argv[2]) : 10'000;
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("bench_workflow." + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  try {
    measure(folder, std::max(chain_count, 1), many);
  } catch (const Error& error) {
    std::cerr << error.message() << '\n';
    std::filesystem::remove_all(folder);
    return 1;
  }
  std::filesystem::remove_all(folder);
  return 0;
}
