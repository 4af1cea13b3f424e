#include "workflow/executor/launcher_loop.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <set>

#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/error.h"
#include "workflow/executor/process_tree.h"

namespace tidemill::workflow {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Sources of events: 0 and 1, then four numbers for each worker.
constexpr uint64_t kScheduler = 0, kSignals = 1;
enum WorkerSource : uint64_t { kChannel, kOutput, kError };

uint64_t source_of(uint64_t serial, WorkerSource source) {
  return serial * 4 + source;
}

constexpr milliseconds kOrphanInterval{50};
constexpr int kOrphanChecks = 2;          // in a row that find none
constexpr milliseconds kForkPause{1000};  // after one that failed

bool group_is_alive(pid_t group) {
  return kill(-group, 0) == 0 || errno == EPERM;
}

}  // namespace

LauncherLoop::Worker::Worker(WorkerProcess made)
    : pid(made.pid),
      channel(std::move(made.channel)),
      output(std::move(made.standard_output), "task.stdout", "info"),
      error(std::move(made.standard_error), "task.stderr", "error") {}

LauncherLoop::LauncherLoop(FileDescriptor scheduler, const RunTask& run_task, const LauncherOptions& options)
    : scheduler_(std::move(scheduler)),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      run_task_(run_task),
      options_(options) {
  sigset_t watched;
  sigemptyset(&watched);
  sigaddset(&watched, SIGCHLD);
  sigaddset(&watched, SIGHUP);
  signals_.reset(signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK));
  watch(scheduler_.get(), kScheduler, EPOLLIN);
  watch(signals_.get(), kSignals, EPOLLIN);
}

void LauncherLoop::watch(int fd, uint64_t source, uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = source;
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
    throw_system_error(errno, "watch", "a task process");
  }
}

void LauncherLoop::run() {
  std::array<epoll_event, 64> events{};
  while (!stopping_) {
    const int count = epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), wait_ms());
    for (int i = 0; i < count && !stopping_; ++i) handle(events.at(static_cast<size_t>(i)).data.u64);
    look_at_limits();
    if (count <= 0) refill();  // when nothing else is to do
  }
  kill_all_descendants();
}

void LauncherLoop::handle(uint64_t source) {
  if (source == kScheduler) return receive_from_scheduler();
  if (source == kSignals) return handle_signals();
  const auto found = workers_.find(source / 4);
  if (found == workers_.end()) return;  // ended by an earlier event of this round
  Worker& worker = *found->second;
  switch (static_cast<WorkerSource>(source % 4)) {
    case kChannel:
      return receive_report(worker);
    case kOutput:
    case kError:
      LinePump& pump = source % 4 == kOutput ? worker.output : worker.error;
      if (!pump.pump()) epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, pump.fd(), nullptr);
  }
}

void LauncherLoop::receive_from_scheduler() {
  if (receive_available(scheduler_.get(), from_scheduler_) == Connection::kClosed) {
    stopping_ = true;
    return;
  }
  while (const std::optional<Message> message = from_scheduler_.next()) {
    if (message->kind == MessageKind::kLaunch) launch(decode_launch(message->body));
    if (message->kind == MessageKind::kCancel) cancel(message->body);
  }
  flush_events();
}

void LauncherLoop::add_worker() {
  auto worker = std::make_unique<Worker>(fork_worker(run_task_));
  const uint64_t serial = ++last_serial_;
  watch(worker->channel.get(), source_of(serial, kChannel), EPOLLIN);
  watch(worker->output.fd(), source_of(serial, kOutput), EPOLLIN);
  watch(worker->error.fd(), source_of(serial, kError), EPOLLIN);
  workers_.emplace(serial, std::move(worker));
  idle_.push_back(serial);
}

// One at a time: events come first.
void LauncherLoop::refill() {
  if (static_cast<int>(idle_.size()) >= options_.idle_worker_count) return;
  if (no_fork_before_ && steady_clock::now() < *no_fork_before_) return;
  no_fork_before_.reset();
  try {
    add_worker();
  } catch (const Error&) {
    no_fork_before_ = steady_clock::now() + kForkPause;  // launch() will say so if it lasts
  }
}

uint64_t LauncherLoop::take_idle_worker() {
  if (idle_.empty()) add_worker();
  const uint64_t serial = idle_.front();
  idle_.erase(idle_.begin());
  return serial;
}

void LauncherLoop::launch(TaskLaunch launch) {
  TaskEvent event;
  event.task_instance_id = launch.task_instance_id;
  try {
    Worker* worker = nullptr;
    const std::string bytes = frame(MessageKind::kLaunch, encode(launch));
    while (worker == nullptr) {
      Worker& next = *workers_.at(take_idle_worker());
      if (send_all(next.channel.get(), bytes) == Connection::kOpen) {
        worker = &next;
      } else {
        kill(-next.pid, SIGKILL);  // somebody killed or stopped it while it was idle
      }
    }
    worker->busy = true;
    worker->task_instance_id = launch.task_instance_id;
    if (launch.timeout_ms) worker->deadline = steady_clock::now() + milliseconds(*launch.timeout_ms);
    worker->memory_limit_bytes = launch.memory_limit_bytes;
    worker->output.set_log(launch.log_file, options_.max_log_bytes);
    worker->error.set_log(launch.log_file, options_.max_log_bytes);
    event.pid = worker->pid;
  } catch (const Error& error) {  // no process
    event.kind = TaskEvent::Kind::kEnded;
    event.executor_lost = true;
    event.error = error.message();
  }
  send_event(event);
}

void LauncherLoop::cancel(const std::string& task_instance_id) {
  for (auto& [serial, worker] : workers_) {
    if (!worker->busy || worker->task_instance_id != task_instance_id || worker->kill_at) continue;
    worker->cancelled = true;
    terminate(*worker);
  }
}

void LauncherLoop::terminate(Worker& worker) {
  worker.deadline.reset();
  worker.kill_at = steady_clock::now() + milliseconds(options_.grace_ms);
  kill(-worker.pid, SIGTERM);
  kill(-worker.pid, SIGCONT);  // one that is stopped would not notice
}

void LauncherLoop::receive_report(Worker& worker) {
  if (receive_available(worker.channel.get(), worker.messages) == Connection::kClosed) {
    epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, worker.channel.get(), nullptr);
  }
  while (const std::optional<Message> message = worker.messages.next()) {
    WorkerReport report = decode_report(message->body);
    worker.report = std::move(report.report);
    worker.out_of_memory = worker.out_of_memory || report.out_of_memory;
  }
}

void LauncherLoop::handle_signals() {
  signalfd_siginfo info{};
  while (read(signals_.get(), &info, sizeof(info)) == sizeof(info)) {
    if (info.ssi_signo == SIGHUP) stopping_ = true;
  }
  if (!stopping_) reap();
}

void LauncherLoop::reap() {
  while (true) {
    siginfo_t info{};
    if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) break;
    const auto is_it = [&](const auto& entry) { return entry.second->pid == info.si_pid; };
    const auto worker = std::find_if(workers_.begin(), workers_.end(), is_it);
    // While it is not reaped, its number is not given to another: the group is surely its own.
    if (worker != workers_.end() && !worker->second->kill_at) kill(-info.si_pid, SIGKILL);
    int wait_status = 0;
    waitpid(info.si_pid, &wait_status, 0);
    if (worker != workers_.end() && !worker->second->wait_status) worker_ended(worker, wait_status);
  }
  for (auto next = workers_.begin(); next != workers_.end();) {
    const auto worker = next++;
    if (worker->second->wait_status && !group_is_alive(worker->second->pid)) finish(worker);
  }
  flush_events();
}

void LauncherLoop::worker_ended(Workers::iterator worker, int wait_status) {
  std::erase(idle_, worker->first);
  worker->second->wait_status = wait_status;
  if (!worker->second->busy) {
    workers_.erase(worker);
    return;
  }
  // What it started and left behind goes at once, unless it was asked to end and has time for that.
  orphan_checks_left_ = kOrphanChecks;
  if (!next_orphan_check_) next_orphan_check_ = last_orphan_check_ + kOrphanInterval;
  if (!worker->second->kill_at || !group_is_alive(worker->second->pid)) finish(worker);
}

void LauncherLoop::finish(Workers::iterator entry) {
  Worker& worker = *entry->second;
  receive_report(worker);
  for (LinePump* pump : {&worker.output, &worker.error}) {
    pump->pump();
    pump->finish();
  }
  TaskEvent event;
  event.kind = TaskEvent::Kind::kEnded;
  event.task_instance_id = worker.task_instance_id;
  event.pid = worker.pid;
  event.report = std::move(worker.report);
  event.exit_code = WIFEXITED(*worker.wait_status) ? WEXITSTATUS(*worker.wait_status) : 0;
  event.signal = WIFSIGNALED(*worker.wait_status) ? WTERMSIG(*worker.wait_status) : 0;
  event.timed_out = worker.timed_out;
  event.cancelled = worker.cancelled;
  event.out_of_memory = worker.out_of_memory;
  workers_.erase(entry);
  send_event(event);
}

void LauncherLoop::look_at_limits() {
  const Instant now = steady_clock::now();
  for (auto next = workers_.begin(); next != workers_.end();) {
    const auto entry = next++;
    Worker& worker = *entry->second;
    if (worker.deadline && now >= *worker.deadline) {
      worker.timed_out = true;
      terminate(worker);
    } else if (worker.kill_at && now >= *worker.kill_at) {
      kill(-worker.pid, SIGKILL);
      worker.kill_at = Instant::max();
      if (worker.wait_status) finish(entry);
    }
  }
  look_at_memory();
  if (next_orphan_check_ && now >= *next_orphan_check_) kill_orphans();
  flush_events();
}

void LauncherLoop::look_at_memory() {
  const auto is_limited = [](const auto& entry) {
    return entry.second->busy && entry.second->memory_limit_bytes;
  };
  if (std::none_of(workers_.begin(), workers_.end(), is_limited)) {
    next_memory_check_.reset();
    return;
  }
  const Instant now = steady_clock::now();
  if (next_memory_check_ && now < *next_memory_check_) return;
  next_memory_check_ = now + milliseconds(options_.memory_check_interval_ms);
  const std::vector<ProcessEntry> processes = list_processes();
  for (auto& [serial, worker] : workers_) {
    if (!worker->memory_limit_bytes || worker->out_of_memory) continue;
    if (tree_resident_bytes(worker->pid, processes) <= *worker->memory_limit_bytes) continue;
    worker->out_of_memory = true;
    kill(-worker->pid, SIGKILL);
  }
}

// Children that are no workers: they were left behind by a task that has ended, for while it runs it keeps
// them itself. Not after each of many short tasks.
void LauncherLoop::kill_orphans() {
  next_orphan_check_.reset();
  last_orphan_check_ = steady_clock::now();
  std::set<pid_t> ours;
  for (const auto& [serial, worker] : workers_) ours.insert(worker->pid);
  --orphan_checks_left_;
  for (const pid_t child : list_children()) {
    // Those that still have their grace time stand in the group of their task.
    if (ours.contains(child) || ours.contains(getpgid(child))) continue;
    kill(child, SIGKILL);
    orphan_checks_left_ = kOrphanChecks;  // its children are ours next
  }
  if (orphan_checks_left_ > 0) next_orphan_check_ = last_orphan_check_ + kOrphanInterval;
}

int LauncherLoop::wait_ms() const {
  std::optional<Instant> first;
  const auto consider = [&](const std::optional<Instant>& instant) {
    if (instant && *instant != Instant::max() && (!first || *instant < *first)) first = instant;
  };
  for (const auto& [serial, worker] : workers_) {
    consider(worker->deadline);
    consider(worker->kill_at);
  }
  consider(next_memory_check_);
  consider(next_orphan_check_);
  const bool wants_worker = static_cast<int>(idle_.size()) < options_.idle_worker_count;
  if (wants_worker) consider(no_fork_before_ ? no_fork_before_ : steady_clock::now());
  for (const auto& [serial, worker] : workers_) {
    if (worker->memory_limit_bytes && !next_memory_check_) consider(steady_clock::now());
  }
  if (!first) return -1;
  const auto left = std::chrono::ceil<milliseconds>(*first - steady_clock::now()).count();
  return static_cast<int>(std::clamp<int64_t>(left, 0, 60'000));
}

void LauncherLoop::send_event(const TaskEvent& event) {
  TaskEvent stamped = event;
  stamped.time_ms = SystemClock().now_ms();
  to_scheduler_ += frame(MessageKind::kEvent, encode(stamped));
  flush_events();
}

// Never waits for a scheduler that has other things to do.
void LauncherLoop::flush_events() {
  size_t sent = 0;
  while (sent < to_scheduler_.size()) {
    const ssize_t now = send(scheduler_.get(), to_scheduler_.data() + sent, to_scheduler_.size() - sent,
                             MSG_NOSIGNAL | MSG_DONTWAIT);
    if (now < 0 && errno != EINTR) break;
    if (now > 0) sent += static_cast<size_t>(now);
  }
  to_scheduler_.erase(0, sent);
  const bool is_full = !to_scheduler_.empty();
  if (is_full == scheduler_is_full_) return;
  scheduler_is_full_ = is_full;
  epoll_event event{};
  event.events = is_full ? EPOLLIN | EPOLLOUT : EPOLLIN;
  event.data.u64 = kScheduler;
  epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, scheduler_.get(), &event);
}

}  // namespace tidemill::workflow
