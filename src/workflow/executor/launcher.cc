#include "workflow/executor/launcher.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <iostream>
#include <map>
#include <utility>

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/error.h"
#include "workflow/executor/file_descriptor.h"
#include "workflow/executor/guardian.h"
#include "workflow/executor/message.h"

namespace tidemill::workflow {
namespace {

constexpr int kMostIdleWorkers = 4;

class ProcessExecutor final : public Executor {
 public:
  ProcessExecutor(pid_t guardian_pid, FileDescriptor guardian, FileDescriptor launcher, int parallelism)
      : guardian_pid_(guardian_pid),
        guardian_(std::move(guardian)),
        launcher_(std::move(launcher)),
        epoll_(epoll_create1(EPOLL_CLOEXEC)),
        parallelism_(parallelism) {
    watch(guardian_.get());
    watch(launcher_.get());
  }

  ~ProcessExecutor() override {
    // Both see it, the launcher ends all tasks, the guardian waits for that.
    launcher_.reset();
    guardian_.reset();
    while (waitpid(guardian_pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }

  int free_slot_count() const override {
    return launcher_ ? std::max(parallelism_ - static_cast<int>(running_.size()), 0) : 0;
  }

  void launch(TaskLaunch launch) override {
    if (running_.contains(launch.task_instance_id)) {
      throw Error(ErrorCode::kAlreadyExists,
                  fmt::format("the task instance {} runs already", launch.task_instance_id));
    }
    if (launcher_ && free_slot_count() == 0) {
      throw Error(ErrorCode::kResourceExhausted,
                  fmt::format("all {} slots for tasks are taken", parallelism_));
    }
    if (!launcher_ ||
        send_all(launcher_.get(), frame(MessageKind::kLaunch, encode(launch))) == Connection::kClosed) {
      throw Error(ErrorCode::kUnavailable,
                  is_lost_ ? "the process that starts tasks has died, and cannot be started again: restart"
                           : "the process that starts tasks has died and is being started again");
    }
    running_.emplace(launch.task_instance_id, 0);
  }

  void cancel(const std::string& task_instance_id) override {
    if (!launcher_ || !running_.contains(task_instance_id)) return;
    send_all(launcher_.get(), frame(MessageKind::kCancel, task_instance_id));
  }

  std::vector<TaskEvent> take_events() override {
    std::vector<TaskEvent> events;
    if (launcher_) {
      const Connection connection = receive_available(launcher_.get(), messages_);
      while (const std::optional<Message> message = messages_.next())
        add(events, decode_event(message->body));
      // Its tasks have not ended for sure before the guardian says so, by its next launcher.
      if (connection == Connection::kClosed) launcher_.reset();
    }
    if (!launcher_ && !is_lost_) replace_launcher(events);
    return events;
  }

  bool is_lost() const override { return is_lost_; }
  int event_fd() const override { return epoll_.get(); }

 private:
  void watch(int fd) {
    epoll_event event{};
    event.events = EPOLLIN;
    if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0)
      throw_system_error(errno, "watch", "the launcher");
  }

  void add(std::vector<TaskEvent>& events, TaskEvent event) {
    const auto task = running_.find(event.task_instance_id);
    if (task == running_.end()) return;
    if (event.kind == TaskEvent::Kind::kEnded) {
      running_.erase(task);
    } else {
      task->second = event.pid;
    }
    events.push_back(std::move(event));
  }

  void replace_launcher(std::vector<TaskEvent>& events) {
    FileDescriptor next = receive_launcher_socket(guardian_.get(), false, is_lost_);
    if (!next && !is_lost_) return;
    for (const auto& [task_instance_id, pid] : running_) {
      TaskEvent event;
      event.kind = TaskEvent::Kind::kEnded;
      event.task_instance_id = task_instance_id;
      event.time_ms = SystemClock().now_ms();
      event.pid = pid;
      event.signal = SIGKILL;
      event.executor_lost = true;
      events.push_back(std::move(event));
    }
    running_.clear();
    messages_ = MessageBuffer();
    if (is_lost_) {
      epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, guardian_.get(), nullptr);  // it would stay readable
    } else {
      launcher_ = std::move(next);
      watch(launcher_.get());
    }
  }

  pid_t guardian_pid_;
  FileDescriptor guardian_, launcher_, epoll_;
  int parallelism_;
  bool is_lost_ = false;
  MessageBuffer messages_;
  std::map<std::string, pid_t> running_;
};

}  // namespace

std::unique_ptr<Executor> start_launcher(const RunTask& run_task, LauncherOptions options) {
  if (options.idle_worker_count < 0)
    options.idle_worker_count = std::min(options.parallelism, kMostIdleWorkers);
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    throw_system_error(errno, "connect to", "the launcher of tasks");
  }
  FileDescriptor ours(ends[0]), theirs(ends[1]);
  // What waits in buffers would be written by each process again.
  std::cout.flush();
  std::cerr.flush();
  std::fflush(nullptr);
  const pid_t guardian = fork();
  if (guardian < 0) throw_system_error(errno, "start", "the launcher of tasks");
  if (guardian == 0) be_guardian(std::move(theirs), run_task, options);
  theirs.reset();
  bool is_gone = false;
  FileDescriptor launcher = receive_launcher_socket(ours.get(), true, is_gone);
  if (!launcher) {
    waitpid(guardian, nullptr, 0);
    throw Error(ErrorCode::kUnavailable, "cannot start the launcher of tasks: no process can be made");
  }
  return std::make_unique<ProcessExecutor>(guardian, std::move(ours), std::move(launcher),
                                           options.parallelism);
}

}  // namespace tidemill::workflow
