#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <stdexcept>

#include <gtest/gtest.h>
#include <sys/wait.h>

#include "base/error.h"
#include "workflow/executor/executor_testing.h"
#include "workflow/executor/launcher.h"
#include "workflow/executor/task_log.h"

namespace tidemill::workflow {
namespace {

namespace fs = std::filesystem;
using Outcome = TaskReport::Outcome;

TaskLaunch launch_of(const std::string& task_id, const std::string& context = "") {
  TaskLaunch launch;
  launch.task_instance_id = "ti-" + task_id;
  launch.dag_id = "dag";
  launch.task_id = task_id;
  launch.run_id = "manual__1";
  launch.context = context;
  return launch;
}

TaskReport wait_for_signals() {
  while (true) pause();
}

// Runs a shell in the task's group, as a command model does.
TaskReport run_shell(const std::string& script) {
  const int status = std::system(script.c_str());
  TaskReport report;
  report.return_value = std::to_string(status);
  return report;
}

TaskReport use_memory() {
  std::vector<std::string> blocks;
  while (true) {
    blocks.emplace_back(size_t{1} << 20, 'x');
    usleep(200);  // 5 GB/s would race the test's machine into its own limit
  }
}

TaskReport run_test_task(const TaskLaunch& launch) {
  const std::map<std::string, std::function<TaskReport()>> tasks = {
      {"succeed",
       [&] {
         TaskReport report;
         report.return_value = launch.context;
         report.asset_extra = R"({"rows":3})";
         return report;
       }},
      {"skip",
       [] {
         TaskReport report;
         report.outcome = Outcome::kSkipped;
         report.error = "no data";
         return report;
       }},
      {"error", []() -> TaskReport { throw Error(ErrorCode::kUnavailable, "no connection"); }},
      {"exception", []() -> TaskReport { throw std::runtime_error("out of range"); }},
      {"number", []() -> TaskReport { throw 5; }},
      {"exit", []() -> TaskReport { std::exit(3); }},  // NOLINT: one thread
      {"abort", []() -> TaskReport { std::abort(); }},
      {"kill",
       []() -> TaskReport {
         kill(getpid(), SIGKILL);
         return wait_for_signals();
       }},
      {"segv",
       []() -> TaskReport {
         signal(SIGSEGV, SIG_DFL);  // a sanitizer would answer it
         kill(getpid(), SIGSEGV);
         return wait_for_signals();
       }},
      {"wait", wait_for_signals},
      {"stubborn",
       [] {
         signal(SIGTERM, SIG_IGN);
         return wait_for_signals();
       }},
      {"memory", use_memory},
      {"shell", [&] { return run_shell(launch.context); }},
      {"print",
       [] {
         std::printf("out\n");
         std::fprintf(stderr, "err \xff\n");
         std::fflush(stdout);
         return TaskReport{};
       }},
      {"fds",
       [] {
         TaskReport report;
         for (const auto& entry : fs::directory_iterator("/proc/self/fd")) {
           report.return_value += entry.path().filename().string() + " ";
         }
         return report;
       }},
  };
  return tasks.at(launch.task_id)();
}

std::unique_ptr<Executor> make_executor(LauncherOptions options = {}) {
  options.idle_worker_count = 2;
  return start_launcher(run_test_task, options);
}

// Runs one task and returns its end.
TaskEvent end_of(Executor& executor, TaskLaunch launch) {
  const std::string id = launch.task_instance_id;
  executor.launch(std::move(launch));
  const std::vector<TaskEvent> events = events_until_ended(executor, 1);
  EXPECT_EQ(events.size(), 2u);
  if (events.size() != 2) return {};
  EXPECT_EQ(events[0].kind, TaskEvent::Kind::kStarted);
  EXPECT_EQ(events[0].task_instance_id, id);
  EXPECT_GT(events[0].pid, 0);
  EXPECT_GT(events[0].time_ms, 0);
  EXPECT_EQ(events[1].kind, TaskEvent::Kind::kEnded);
  EXPECT_EQ(events[1].pid, events[0].pid);
  EXPECT_FALSE(events[1].executor_lost);
  return events[1];
}

TEST(Executor, BringsReportsBack) {
  const auto executor = make_executor();
  const std::string context(3'000'000, 'c');  // more than any socket holds
  const TaskEvent end = end_of(*executor, launch_of("succeed", context));
  ASSERT_TRUE(end.report);
  EXPECT_EQ(end.report->outcome, Outcome::kSuccess);
  EXPECT_TRUE(end.report->return_value == context);
  EXPECT_EQ(end.report->asset_extra, R"({"rows":3})");
  EXPECT_EQ(end.exit_code, 0);
  EXPECT_EQ(end.signal, 0);
  const TaskEvent skipped = end_of(*executor, launch_of("skip"));
  ASSERT_TRUE(skipped.report);
  EXPECT_EQ(skipped.report->outcome, Outcome::kSkipped);
  EXPECT_EQ(skipped.report->error, "no data");
}

TEST(Executor, TurnsExceptionsIntoFailures) {
  const auto executor = make_executor();
  for (const auto& [task, message] :
       std::map<std::string, std::string>{{"error", "no connection"},
                                          {"exception", "out of range"},
                                          {"number", "an exception of unknown type left the task"}}) {
    const TaskEvent end = end_of(*executor, launch_of(task));
    ASSERT_TRUE(end.report) << task;
    EXPECT_EQ(end.report->outcome, Outcome::kFailed);
    EXPECT_EQ(end.report->error, message);
  }
}

TEST(Executor, TellsHowAProcessDied) {
  const auto executor = make_executor();
  const TaskEvent exited = end_of(*executor, launch_of("exit"));
  EXPECT_FALSE(exited.report);
  EXPECT_EQ(exited.exit_code, 3);
  EXPECT_EQ(exited.signal, 0);
  for (const auto& [task, number] :
       std::map<std::string, int>{{"kill", SIGKILL}, {"segv", SIGSEGV}, {"abort", SIGABRT}}) {
    const TaskEvent end = end_of(*executor, launch_of(task));
    EXPECT_FALSE(end.report) << task;
    EXPECT_EQ(end.signal, number) << task;
    EXPECT_FALSE(end.timed_out || end.cancelled || end.out_of_memory) << task;
  }
}

TEST(Executor, HoldsTimeLimits) {
  const auto executor = make_executor({.grace_ms = 50});
  for (const auto& [task, number] : std::map<std::string, int>{{"wait", SIGTERM}, {"stubborn", SIGKILL}}) {
    TaskLaunch launch = launch_of(task);
    launch.timeout_ms = 100;
    const TaskEvent end = end_of(*executor, std::move(launch));
    EXPECT_TRUE(end.timed_out) << task;
    EXPECT_FALSE(end.cancelled);
    EXPECT_EQ(end.signal, number) << task;
    EXPECT_FALSE(end.report);
  }
}

TEST(Executor, Cancels) {
  const auto executor = make_executor();
  executor->launch(launch_of("wait"));
  executor->cancel("ti-unknown");
  executor->cancel("ti-wait");
  const std::vector<TaskEvent> events = events_until_ended(*executor, 1);
  EXPECT_TRUE(events.back().cancelled);
  EXPECT_FALSE(events.back().timed_out);
  EXPECT_EQ(events.back().signal, SIGTERM);
  executor->cancel("ti-wait");
}

TEST(Executor, GivesChildrenOfACancelledTaskTheirGraceTime) {
  const FreshFolder folder;
  const auto executor = make_executor();
  PidPipe pids(folder / "pids");
  // The worker dies by SIGTERM at once; the shell takes its time to clean up, and gets it.
  executor->launch(launch_of("shell", "trap 'echo cleaned > " + (folder / "mark").string() +
                                          "; exit' TERM; echo $$ > " + (folder / "pids").string() +
                                          "; while :; do sleep 1; done"));
  const FileDescriptor shell = watch_process(pids.next());
  executor->cancel("ti-shell");
  const std::vector<TaskEvent> events = events_until_ended(*executor, 1);
  EXPECT_TRUE(events.back().cancelled);
  expect_death(shell, "the shell");
  EXPECT_TRUE(fs::exists(folder / "mark"));
}

TEST(Executor, HoldsMemoryLimits) {
  const auto executor = make_executor();
  TaskLaunch launch = launch_of("memory");
  launch.memory_limit_bytes = uint64_t{150} << 20;
  const TaskEvent end = end_of(*executor, std::move(launch));
  EXPECT_TRUE(end.out_of_memory);
  EXPECT_EQ(end.signal, SIGKILL);
  EXPECT_FALSE(end.timed_out);
}

TEST(Executor, CountsTheMemoryOfWhatATaskStarts) {
  const auto executor = make_executor();
  TaskLaunch launch = launch_of("shell", "dd if=/dev/zero of=/dev/null bs=400M count=100000 2>/dev/null");
  launch.memory_limit_bytes = uint64_t{150} << 20;
  EXPECT_TRUE(end_of(*executor, std::move(launch)).out_of_memory);
}

TEST(Executor, TakesNoMoreThanItsSlots) {
  const auto executor = make_executor({.parallelism = 3});
  for (int i = 0; i < 3; ++i) {
    TaskLaunch launch = launch_of("wait");
    launch.task_instance_id += std::to_string(i);
    EXPECT_EQ(executor->free_slot_count(), 3 - i);
    executor->launch(std::move(launch));
  }
  EXPECT_EQ(executor->free_slot_count(), 0);
  const auto code_of = [&](TaskLaunch launch) {
    try {
      executor->launch(std::move(launch));
    } catch (const Error& error) {
      return error.code();
    }
    return ErrorCode::kInternal;
  };
  EXPECT_EQ(code_of(launch_of("wait")), ErrorCode::kResourceExhausted);
  TaskLaunch again = launch_of("wait");
  again.task_instance_id = "ti-wait0";
  EXPECT_EQ(code_of(again), ErrorCode::kAlreadyExists);
  for (int i = 0; i < 3; ++i) executor->cancel("ti-wait" + std::to_string(i));
  events_until_ended(*executor, 3);
  EXPECT_EQ(executor->free_slot_count(), 3);
}

TEST(Executor, RunsMoreTasksThanItKeepsWorkers) {
  const auto executor = make_executor({.parallelism = 16});
  int ended = 0;
  for (int launched = 0; ended < 100;) {
    while (launched < 100 && executor->free_slot_count() > 0) {
      TaskLaunch launch = launch_of("succeed", std::to_string(launched));
      launch.task_instance_id = std::to_string(launched++);
      executor->launch(std::move(launch));
    }
    for (const TaskEvent& event : events_until_ended(*executor, 1)) {
      if (event.kind != TaskEvent::Kind::kEnded) continue;
      ++ended;
      ASSERT_TRUE(event.report);
      EXPECT_EQ(event.report->return_value, event.task_instance_id);
    }
  }
}

TEST(Executor, WritesWhatIsPrintedIntoTheLog) {
  const FreshFolder folder;
  const auto executor = make_executor();
  TaskLaunch launch = launch_of("print");
  launch.log_file = (folder / "dag_id=dag" / "run" / "attempt=1.log").string();
  end_of(*executor, launch);
  const LogPage page = read_log(launch.log_file, 0, 1 << 20);
  ASSERT_EQ(page.records.size(), 2u);
  std::map<std::string, LogRecord> by_logger;
  for (const LogRecord& record : page.records) by_logger[record.logger] = record;
  EXPECT_EQ(by_logger["task.stdout"].event, "out");
  EXPECT_EQ(by_logger["task.stdout"].level, "info");
  EXPECT_EQ(by_logger["task.stderr"].event, "err \xef\xbf\xbd");
  EXPECT_EQ(by_logger["task.stderr"].level, "error");
  EXPECT_EQ(fs::status(launch.log_file).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(fs::status(folder / "dag_id=dag").permissions(), fs::perms::owner_all);
}

TEST(Executor, FailsATaskWhoseLogCannotBeWritten) {
  const FreshFolder folder;
  std::ofstream(folder / "file") << "no folder";
  const auto executor = make_executor();
  TaskLaunch launch = launch_of("succeed");
  launch.log_file = (folder / "file" / "attempt=1.log").string();
  const TaskEvent end = end_of(*executor, std::move(launch));
  ASSERT_TRUE(end.report);
  EXPECT_EQ(end.report->outcome, Outcome::kFailed);
  EXPECT_NE(end.report->error.find("attempt=1.log"), std::string::npos);
}

TEST(Executor, HandsNoOpenFilesToTasks) {
  const FileDescriptor lock(open("/dev/null", O_RDONLY));
  const auto executor = make_executor();
  const TaskEvent end = end_of(*executor, launch_of("fds"));
  ASSERT_TRUE(end.report);
  // Three, its channel, and the folder that it lists.
  EXPECT_EQ(std::count(end.report->return_value.begin(), end.report->return_value.end(), ' '), 5)
      << end.report->return_value;
}

}  // namespace
}  // namespace tidemill::workflow
