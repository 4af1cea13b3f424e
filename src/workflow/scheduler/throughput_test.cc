// How fast tasks go through when they take no time: printed, not asserted.

#include <chrono>
#include <filesystem>
#include <iostream>

#include <gtest/gtest.h>
#include <unistd.h>

#include "workflow/testing/world.h"

namespace tidemill::workflow::testing {
namespace {

using std::chrono::steady_clock;

double seconds_since(steady_clock::time_point start) {
  return std::chrono::duration<double>(steady_clock::now() - start).count();
}

void time_tasks(const std::string& what, int run_count, int task_count,
                std::unique_ptr<metadata::Database> database) {
  Dag wide = dag("d", {task("t0")});
  for (int i = 1; i < task_count; ++i) wide.tasks.push_back(task("t" + std::to_string(i), {"t0"}));
  wide.max_active_tasks = 1000;
  wide.max_active_runs = 16;
  World world({wide}, {}, std::move(database));
  world.tick();
  for (int i = 0; i < run_count; ++i) {
    TriggerOptions given;
    given.run_id = "run_" + std::to_string(i);
    world.operations.trigger("d", given);
  }
  const auto start = steady_clock::now();
  world.tick();
  while (world.executor->has_events()) world.scheduler->tick();
  const double seconds = seconds_since(start);
  RunFilter succeeded;
  succeeded.states = {RunState::kSuccess};
  EXPECT_EQ(world.store.count_runs(succeeded), run_count);
  std::cout << what << ": " << run_count << " runs of " << task_count << " tasks, "
            << static_cast<int>(run_count * task_count / seconds) << " tasks/s\n";
}

TEST(Throughput, OfInstantTasks) {
  time_tasks("in memory", 100, 100, memory_database());
  time_tasks("in memory", 1000, 10, memory_database());
  time_tasks("in memory", 5, 2000, memory_database());
  const auto dir =
      std::filesystem::path(::testing::TempDir()) / ("tidemill_speed_" + std::to_string(getpid()));
  std::filesystem::create_directories(dir);
  auto database = metadata::open_database("sqlite:speed.db", dir);
  metadata::migrate(*database, metadata::project_migrations());
  time_tasks("in a file", 100, 100, std::move(database));
  std::filesystem::remove_all(dir);
}

TEST(Throughput, WhereLimitsKeepManyWaiting) {
  const auto time = [](const std::string& what, Dag one, int run_count, int slots) {
    World world({one}, {});
    world.operations.set_pool(pool("few", slots));
    world.tick();
    for (int i = 0; i < run_count; ++i) {
      TriggerOptions given;
      given.run_id = "run_" + std::to_string(i);
      world.operations.trigger(one.id, given);
    }
    const auto start = steady_clock::now();
    world.tick();
    while (world.executor->has_events()) world.scheduler->tick();
    const double seconds = seconds_since(start);
    RunFilter succeeded;
    succeeded.states = {RunState::kSuccess};
    EXPECT_EQ(world.store.count_runs(succeeded), run_count);
    std::cout << what << ": " << static_cast<int>(run_count * static_cast<double>(one.tasks.size()) / seconds)
              << " tasks/s\n";
  };
  Dag wide = dag("d", {});
  for (int i = 0; i < 1000; ++i) wide.tasks.push_back(task("t" + std::to_string(i)));
  wide.max_active_tasks = 16;
  time("one run of 1000 tasks, 16 at once", wide, 1, 16);
  wide.max_active_tasks = 1000;
  wide.tasks.resize(500);
  for (Task& one : wide.tasks) one.pool = "few";
  time("one run of 500 tasks, a pool of 4", wide, 1, 4);
  Dag chain = dag("d", {task("t0")});
  for (int i = 1; i < 200; ++i)
    chain.tasks.push_back(task("t" + std::to_string(i), {"t" + std::to_string(i - 1)}));
  time("one chain of 200 tasks", chain, 1, 4);
  Dag small = dag("d", {task("a"), task("b", {"a"})});
  small.max_active_runs = 1;
  time("500 queued runs, one at once", small, 500, 4);
}

TEST(Throughput, OfListsOverThousandRuns) {
  auto database = memory_database();
  Dag one = dag("d", {task("a"), task("b"), task("c"), task("e"), task("f")});
  World world({one}, {}, std::move(database));
  for (int i = 0; i < 1000; ++i) {
    TriggerOptions given;
    given.run_id = "run_" + std::to_string(i);
    given.logical_date_ms = kStartMs + i * kDayMs;
    world.operations.trigger("d", given);
  }
  world.tick();
  const auto time = [](const char* what, const auto& query) {
    const auto start = steady_clock::now();
    query();
    std::cout << what << ": " << seconds_since(start) * 1000 << " ms\n";
  };
  time("100 newest of 1000 runs", [&] {
    RunFilter filter;
    filter.dag_id = "d";
    filter.order_by = "-run_after";
    EXPECT_EQ(world.store.list_runs(filter).size(), 100u);
  });
  time("count of succeeded runs", [&] {
    RunFilter filter;
    filter.states = {RunState::kSuccess};
    EXPECT_EQ(world.store.count_runs(filter), 1000);
  });
  time("grid of 25 runs", [&] { EXPECT_EQ(world.store.grid("d", 25).size(), 25u); });
  time("grid of 365 runs", [&] { EXPECT_EQ(world.store.grid("d", 365).size(), 365u); });
  time("page of task instances", [&] {
    TaskFilter filter;
    filter.dag_id = "d";
    filter.states = {TaskState::kSuccess};
    EXPECT_EQ(world.store.list_task_instances(filter).size(), 100u);
  });
}

}  // namespace
}  // namespace tidemill::workflow::testing
