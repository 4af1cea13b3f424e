#include "workflow/executor/worker.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <exception>
#include <iostream>
#include <new>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "base/error.h"
#include "workflow/executor/message.h"
#include "workflow/executor/signals.h"
#include "workflow/executor/task_log.h"

namespace tidemill::workflow {
namespace {

constexpr int kChannel = 3;

// The launcher has died: this process and all in its group go too. SIGKILL alone, as PDEATHSIG, would leave
// those that the task started.
void take_group_along(int /*signal*/) {
  kill(0, SIGKILL);
}

// Should the system run out of memory, it takes a task, not the scheduler.
void volunteer_for_out_of_memory() {
  const FileDescriptor file(open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC));
  if (file && write(file.get(), "500", 3) < 0) return;  // a wish only
}

// Leaves 0 to 2 and the channel open, nothing else of what the launcher had.
void arrange_descriptors(const FileDescriptor& channel, const FileDescriptor& output,
                         const FileDescriptor& error) {
  const int nothing = open("/dev/null", O_RDONLY);
  dup2(nothing, STDIN_FILENO);
  dup2(output.get(), STDOUT_FILENO);
  dup2(error.get(), STDERR_FILENO);
  dup2(channel.get(), kChannel);
  fcntl(kChannel, F_SETFD, FD_CLOEXEC);
  close_range(kChannel + 1, ~0U, 0);
}

WorkerReport failed(std::string message, bool out_of_memory = false) {
  WorkerReport report;
  report.report.outcome = TaskReport::Outcome::kFailed;
  report.report.error = std::move(message);
  report.out_of_memory = out_of_memory;
  return report;
}

WorkerReport run(const RunTask& run_task, const TaskLaunch& launch) {
  try {
    if (!launch.log_file.empty()) TaskLog log(launch.log_file);  // its folders, or the reason why not
    return {.report = run_task(launch), .out_of_memory = false};
  } catch (const Error& error) {
    return failed(error.message());
  } catch (const std::bad_alloc&) {
    return failed("out of memory: an allocation was refused", true);
  } catch (const std::exception& error) {
    return failed(error.what());
  } catch (...) {
    return failed("an exception of unknown type left the task");
  }
}

[[noreturn]] void be_worker(const RunTask& run_task, pid_t launcher) {
  reset_signals();
  signal(SIGHUP, take_group_along);
  setpgid(0, 0);
  if (!follow_parent(launcher, SIGHUP)) _exit(1);
  prctl(PR_SET_CHILD_SUBREAPER, 1);  // what the task's children leave behind stays below the task
  prctl(PR_SET_NAME, "tidemill-task");
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  volunteer_for_out_of_memory();
  const std::optional<Message> message = receive(kChannel);
  if (!message) _exit(0);
  const WorkerReport report = run(run_task, decode_launch(message->body));
  if (!report.report.error.empty()) std::cerr << report.report.error << '\n';  // where people look for it
  std::cout.flush();
  std::cerr.flush();
  std::fflush(nullptr);
  send_all(kChannel, frame(MessageKind::kReport, encode(report)));
  _exit(0);
}

std::array<FileDescriptor, 2> make_pair(int (*make)(int*)) {
  std::array<int, 2> fds{};
  if (make(fds.data()) != 0) throw_system_error(errno, "connect to", "a task process");
  return {FileDescriptor(fds[0]), FileDescriptor(fds[1])};
}

void set_nonblocking(const FileDescriptor& fd) {
  fcntl(fd.get(), F_SETFL, fcntl(fd.get(), F_GETFL) | O_NONBLOCK);
}

}  // namespace

WorkerProcess fork_worker(const RunTask& run_task) {
  auto [channel, worker_channel] =
      make_pair([](int* fds) { return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds); });
  auto [output, worker_output] = make_pair([](int* fds) { return pipe2(fds, O_CLOEXEC); });
  auto [error, worker_error] = make_pair([](int* fds) { return pipe2(fds, O_CLOEXEC); });
  set_nonblocking(output);
  set_nonblocking(error);
  // A worker that somebody stopped does not stop the launcher for ever.
  const timeval patience{.tv_sec = 5, .tv_usec = 0};
  setsockopt(channel.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  const pid_t launcher = getpid();
  // What is sent to the worker before it has put its signals right waits, it is not lost.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t pid = fork();
  if (pid != 0) pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0) {
    throw Error(errno == EAGAIN || errno == ENOMEM ? ErrorCode::kResourceExhausted : ErrorCode::kUnavailable,
                "cannot make a process for a task: the system's limit of processes or memory is reached");
  }
  if (pid == 0) {
    arrange_descriptors(worker_channel, worker_output, worker_error);
    be_worker(run_task, launcher);
  }
  setpgid(pid, pid);  // here too: whoever comes first
  return {pid, std::move(channel), std::move(output), std::move(error)};
}

}  // namespace tidemill::workflow
