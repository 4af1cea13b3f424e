// The scheduler with real files, locks and threads.

#include <filesystem>
#include <thread>

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include "workflow/testing/world.h"

namespace tidemill::workflow {
namespace {

using testing::dag;
using testing::MemoryExecutor;
using testing::task;

class RunLoop : public ::testing::Test {
 protected:
  RunLoop()
      : dir_(std::filesystem::path(::testing::TempDir()) /
             ("tidemill_run_loop_" + std::to_string(getpid()))) {
    std::filesystem::remove_all(dir_);
    std::filesystem::create_directories(dir_);
    database_ = open();
    metadata::migrate(*database_, metadata::project_migrations());
  }
  ~RunLoop() override { std::filesystem::remove_all(dir_); }
  std::unique_ptr<metadata::Database> open() { return metadata::open_database("sqlite:test.db", dir_); }

  std::filesystem::path dir_;
  std::unique_ptr<metadata::Database> database_;
  SystemClock clock_;
  NoCallbacks callbacks_;
};

TEST_F(RunLoop, SeesWhatAnotherConnectionDoesAndStops) {
  const std::vector<Dag> dags = {dag("d", {task("a"), task("b", {"a"})})};
  MemoryExecutor executor(clock_, 8);
  executor.at_once = [](const TaskLaunch&) { return TaskReport(); };
  FileLiveness liveness(dir_ / "schedulers");
  auto connection = open();
  Scheduler scheduler(*connection, dags, executor, clock_, {}, callbacks_, liveness);
  std::atomic<bool> stop = false;
  std::thread thread([&] { scheduler.run(stop); });
  Operations operations(*database_, dags, clock_, Actor());
  const DagRun run = operations.trigger("d", {});
  Store store(*database_);
  for (int i = 0; i < 500 && store.find_run(run.id)->state != RunState::kSuccess; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(store.find_run(run.id)->state, RunState::kSuccess);
  stop = true;
  scheduler.wake();
  thread.join();
  EXPECT_EQ(store.list_jobs({}).at(0).state, "success");
}

TEST_F(RunLoop, CostsNextToNothingWhenIdle) {
  MemoryExecutor executor(clock_, 8);
  FileLiveness liveness(dir_ / "schedulers");
  Scheduler scheduler(*database_, {dag("d", {task("a")}, "@daily")}, executor, clock_, {}, callbacks_,
                      liveness);
  const auto cpu_us = [] {
    rusage usage{};
    getrusage(RUSAGE_THREAD, &usage);
    return usage.ru_utime.tv_sec * 1'000'000 + usage.ru_utime.tv_usec + usage.ru_stime.tv_sec * 1'000'000 +
           usage.ru_stime.tv_usec;
  };
  std::atomic<bool> stop = false;
  int64_t used_us = 0;
  std::thread thread([&] {
    scheduler.tick();
    const int64_t before_us = cpu_us();
    scheduler.run(stop);
    used_us = cpu_us() - before_us;
  });
  std::this_thread::sleep_for(std::chrono::seconds(1));
  stop = true;
  scheduler.wake();
  thread.join();
  EXPECT_LT(used_us, 50'000);
  std::cout << "idle for 1 s: " << used_us << " us of CPU\n";
}

TEST_F(RunLoop, TwoSchedulersShareTheTasks) {
  std::vector<Task> tasks;
  for (int i = 0; i < 40; ++i) tasks.push_back(task("t" + std::to_string(i)));
  const std::vector<Dag> dags = {dag("d", tasks)};
  FileLiveness first_liveness(dir_ / "schedulers"), second_liveness(dir_ / "schedulers");
  auto first_database = open(), second_database = open();
  MemoryExecutor first_executor(clock_, 4), second_executor(clock_, 4);
  Scheduler first(*first_database, dags, first_executor, clock_, {}, callbacks_, first_liveness);
  Scheduler second(*second_database, dags, second_executor, clock_, {}, callbacks_, second_liveness);
  first.tick();
  second.tick();
  const DagRun run = Operations(*database_, dags, clock_, Actor()).trigger("d", {});
  Store store(*database_);
  for (int i = 0; i < 100 && store.find_run(run.id)->state != RunState::kSuccess; ++i) {
    first.tick();
    second.tick();
    for (MemoryExecutor* executor : {&first_executor, &second_executor}) {
      while (!executor->running().empty()) executor->end(executor->running().begin()->first, {});
    }
  }
  EXPECT_EQ(store.find_run(run.id)->state, RunState::kSuccess);
  EXPECT_EQ(first_executor.launches.size() + second_executor.launches.size(), 40u);
  EXPECT_GT(second_executor.launches.size(), 0u);
}

TEST_F(RunLoop, LivenessEndsWithItsHolder) {
  FileLiveness asking(dir_ / "schedulers");
  EXPECT_FALSE(asking.is_alive(7));
  {
    FileLiveness holding(dir_ / "schedulers");
    holding.hold(7);
    EXPECT_TRUE(asking.is_alive(7));
    EXPECT_TRUE(holding.is_alive(7));
    EXPECT_FALSE(asking.is_alive(8));
  }
  EXPECT_FALSE(asking.is_alive(7));
  EXPECT_TRUE(std::filesystem::is_empty(dir_ / "schedulers"));
}

}  // namespace
}  // namespace tidemill::workflow
