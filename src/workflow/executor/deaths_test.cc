// Nothing outlives its parent: real processes, really killed.

#include <csignal>
#include <cstdlib>
#include <filesystem>

#include <gtest/gtest.h>
#include <sys/wait.h>

#include "base/error.h"
#include "workflow/executor/executor_testing.h"
#include "workflow/executor/launcher.h"
#include "workflow/executor/process_tree.h"

namespace tidemill::workflow {
namespace {

namespace fs = std::filesystem;

// The context is a shell script.
TaskReport run_script(const TaskLaunch& launch) {
  if (launch.context.empty()) return {};
  if (std::system(launch.context.c_str()) != 0) return {};
  while (true) pause();
}

pid_t parent_of(pid_t pid) {
  for (const ProcessEntry& process : list_processes()) {
    if (process.pid == pid) return process.parent;
  }
  return -1;
}

class Deaths : public testing::Test {
 protected:
  // A task that tells its own number, then that of a child in its group and of one that has left it by setsid
  // and whose parent has gone.
  TaskLaunch family() const {
    const std::string pipe = " > " + pipe_path_.string();
    TaskLaunch launch;
    launch.task_instance_id = "family";
    launch.context = "echo $PPID" + pipe + "; sleep 1000 & echo $!" + pipe + "; (setsid sh -c 'echo $$" +
                     pipe + "; exec sleep 1000' &) ; wait";
    return launch;
  }

  struct Family {
    pid_t worker = 0, launcher = 0;
    FileDescriptor worker_fd, child, stray;
  };
  Family meet_family() {
    Family family;
    const pid_t pids[3] = {pids_.next(), pids_.next(), pids_.next()};
    // The shell that tells $PPID is a child of the worker, so the first is surely the worker.
    family.worker = pids[0];
    family.worker_fd = watch_process(pids[0]);
    family.child = watch_process(pids[1]);
    family.stray = watch_process(pids[2]);
    family.launcher = parent_of(pids[0]);
    return family;
  }
  static void expect_all_dead(const Family& family) {
    expect_death(family.worker_fd, "the worker");
    expect_death(family.child, "its child");
    expect_death(family.stray, "the child that left its group");
  }

  FreshFolder folder_;
  fs::path pipe_path_ = folder_ / "pids";
  PidPipe pids_{pipe_path_};
};

TEST_F(Deaths, OfAWorkerTakesItsFamilyAlong) {
  const auto executor = start_launcher(run_script, {});
  executor->launch(family());
  const Family family = meet_family();
  kill(family.worker, SIGKILL);
  const std::vector<TaskEvent> events = events_until_ended(*executor, 1);
  EXPECT_EQ(events.back().signal, SIGKILL);
  EXPECT_FALSE(events.back().executor_lost);
  expect_all_dead(family);
}

TEST_F(Deaths, OfATaskThatEndsWellTakesItsFamilyAlong) {
  const auto executor = start_launcher(run_script, {});
  TaskLaunch launch = family();
  // Leaves them behind and returns, when it is told to.
  const std::string end_pipe = (folder_ / "end").string();
  ASSERT_EQ(mkfifo(end_pipe.c_str(), 0600), 0);
  launch.context.replace(launch.context.rfind("wait"), 4, "read line < " + end_pipe + "; exit 1");
  executor->launch(launch);
  const Family family = meet_family();
  const FileDescriptor end{open(end_pipe.c_str(), O_RDWR | O_CLOEXEC)};
  ASSERT_EQ(write(end.get(), "now\n", 4), 4);
  const std::vector<TaskEvent> events = events_until_ended(*executor, 1);
  EXPECT_TRUE(events.back().report);
  expect_all_dead(family);
}

TEST_F(Deaths, OfTheExecutorEndsAll) {
  auto executor = start_launcher(run_script, {});
  executor->launch(family());
  const Family family = meet_family();
  const FileDescriptor launcher = watch_process(family.launcher);
  executor.reset();
  expect_death(launcher, "the launcher");
  expect_all_dead(family);
}

TEST_F(Deaths, OfTheSchedulerEndsAll) {
  const pid_t scheduler = fork();
  if (scheduler == 0) {
    const auto executor = start_launcher(run_script, {});
    executor->launch(family());
    while (true) pause();
  }
  const Family family = meet_family();
  const FileDescriptor launcher = watch_process(family.launcher);
  const FileDescriptor guardian = watch_process(parent_of(family.launcher));
  kill(scheduler, SIGKILL);
  expect_all_dead(family);
  expect_death(launcher, "the launcher");
  expect_death(guardian, "the guardian");
  waitpid(scheduler, nullptr, 0);
}

TEST_F(Deaths, OfTheLauncherEndsTasksAndAnotherTakesOver) {
  const auto executor = start_launcher(run_script, {});
  executor->launch(family());
  for (int round = 0; round < 3; ++round) {
    const Family family_now = meet_family();
    kill(family_now.launcher, SIGKILL);
    const std::vector<TaskEvent> events = events_until_ended(*executor, 1);
    EXPECT_EQ(events.back().task_instance_id, "family");
    EXPECT_TRUE(events.back().executor_lost);
    EXPECT_FALSE(events.back().report);
    // Told only when it is true.
    for (const FileDescriptor* process : {&family_now.worker_fd, &family_now.child, &family_now.stray}) {
      pollfd polled{process->get(), POLLIN, 0};
      EXPECT_EQ(poll(&polled, 1, 0), 1);
    }
    EXPECT_EQ(executor->free_slot_count(), 32);
    executor->launch(family());
  }
  meet_family();
}

TEST_F(Deaths, OfTheGuardianEndsAllForGood) {
  const auto executor = start_launcher(run_script, {});
  executor->launch(family());
  const Family family_now = meet_family();
  kill(parent_of(family_now.launcher), SIGKILL);
  const std::vector<TaskEvent> events = events_until_ended(*executor, 1);
  EXPECT_TRUE(events.back().executor_lost);
  expect_all_dead(family_now);
  EXPECT_EQ(executor->free_slot_count(), 0);
  EXPECT_TRUE(executor->is_lost());
  try {
    executor->launch(family());
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
  }
  EXPECT_TRUE(executor->take_events().empty());
}

TEST_F(Deaths, OfSchedulerLauncherAndGuardianAtOnceLeaveNoneOfTheGroup) {
  const pid_t scheduler = fork();
  if (scheduler == 0) {
    const auto executor = start_launcher(run_script, {});
    executor->launch(family());
    while (true) pause();
  }
  const Family family = meet_family();
  const pid_t guardian = parent_of(family.launcher);
  for (const pid_t pid : {scheduler, guardian, family.launcher})
    kill(pid, SIGSTOP);  // none sees the other go
  for (const pid_t pid : {scheduler, guardian, family.launcher}) kill(pid, SIGKILL);
  expect_death(family.worker_fd, "the worker");
  expect_death(family.child, "its child");
  syscall(SYS_pidfd_send_signal, family.stray.get(), SIGKILL, nullptr, 0);  // it alone may live on
  waitpid(scheduler, nullptr, 0);
}

TEST_F(Deaths, OfIdleWorkersAreMadeGood) {
  const auto executor = start_launcher(run_script, {.parallelism = 2});
  TaskLaunch launch = family();
  launch.task_instance_id = "first";
  executor->launch(launch);
  const Family family_now = meet_family();
  for (const ProcessEntry& process : list_processes()) {
    if (process.parent == family_now.launcher && process.pid != family_now.worker) kill(process.pid, SIGKILL);
  }
  TaskLaunch quick;
  quick.task_instance_id = "quick";
  executor->launch(quick);
  const std::vector<TaskEvent> events = events_until_ended(*executor, 1);
  // It may have been given to one that was dying: then it ended without a word, as any task whose process
  // dies.
  EXPECT_EQ(events.back().task_instance_id, "quick");
  EXPECT_TRUE(events.back().report || events.back().signal == SIGKILL);
}

}  // namespace
}  // namespace tidemill::workflow
