#pragma once
// The launcher process: takes launches from the scheduler, keeps workers, watches tasks and tells of them.

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "workflow/executor.h"
#include "workflow/executor/launcher.h"
#include "workflow/executor/line_pump.h"
#include "workflow/executor/message.h"
#include "workflow/executor/worker.h"

namespace tidemill::workflow {

class LauncherLoop {
 public:
  // `scheduler` is this end of the socket. SIGCHLD and SIGHUP (the guardian has died) are blocked already.
  LauncherLoop(FileDescriptor scheduler, const RunTask& run_task, const LauncherOptions& options);

  // Until the scheduler or the guardian is gone. All processes below this one are gone then too.
  void run();

 private:
  using Instant = std::chrono::steady_clock::time_point;

  struct Worker {
    explicit Worker(WorkerProcess made);
    pid_t pid;
    FileDescriptor channel;
    LinePump output, error;
    MessageBuffer messages;
    // Of its task, once it has one.
    bool busy = false;
    std::string task_instance_id;
    std::optional<Instant> deadline, kill_at;
    std::optional<uint64_t> memory_limit_bytes;
    bool timed_out = false, cancelled = false, out_of_memory = false;
    std::optional<TaskReport> report;
    std::optional<int> wait_status;  // it has ended; others of its group have time until kill_at
  };
  using Workers = std::map<uint64_t, std::unique_ptr<Worker>>;  // by serial number

  void handle(uint64_t source);
  void handle_signals();
  void receive_from_scheduler();
  void receive_report(Worker& worker);
  void launch(TaskLaunch launch);
  void cancel(const std::string& task_instance_id);
  uint64_t take_idle_worker();
  void add_worker();
  void refill();
  void reap();
  void worker_ended(Workers::iterator worker, int wait_status);
  void finish(Workers::iterator worker);
  void terminate(Worker& worker);
  void look_at_limits();
  void look_at_memory();
  void kill_orphans();
  int wait_ms() const;
  void send_event(const TaskEvent& event);
  void flush_events();
  void watch(int fd, uint64_t source, uint32_t events);

  FileDescriptor scheduler_, epoll_, signals_;
  const RunTask& run_task_;
  LauncherOptions options_;
  MessageBuffer from_scheduler_;
  std::string to_scheduler_;
  bool scheduler_is_full_ = false;
  bool stopping_ = false;
  Workers workers_;
  std::vector<uint64_t> idle_;
  uint64_t last_serial_ = 0;
  std::optional<Instant> next_memory_check_, next_orphan_check_, no_fork_before_;
  Instant last_orphan_check_{};
  int orphan_checks_left_ = 0;
};

}  // namespace tidemill::workflow
