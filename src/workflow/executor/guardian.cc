#include "workflow/executor/guardian.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/error.h"
#include "workflow/executor/launcher_loop.h"
#include "workflow/executor/process_tree.h"
#include "workflow/executor/signals.h"

namespace tidemill::workflow {
namespace {

using std::chrono::steady_clock;

constexpr int kMaxQuickDeaths = 5;
constexpr std::chrono::seconds kQuick{1};
constexpr int kPatienceMs = 5000;  // with a launcher that should end

void block_signals(std::initializer_list<int> numbers) {
  sigset_t blocked;
  sigemptyset(&blocked);
  for (const int number : numbers) sigaddset(&blocked, number);
  pthread_sigmask(SIG_SETMASK, &blocked, nullptr);
}

// Moves a descriptor to 3 and closes all others but 0 to 2, so that no file, lock or socket of the program is
// held on by its helpers.
FileDescriptor keep_only(FileDescriptor kept) {
  constexpr int kKept = 3;
  if (kept.get() != kKept) kept.reset(dup2(kept.get(), kKept));
  fcntl(kKept, F_SETFD, FD_CLOEXEC);
  close_range(kKept + 1, ~0U, 0);
  return kept;
}

[[noreturn]] void be_launcher(FileDescriptor scheduler, const RunTask& run_task,
                              const LauncherOptions& options, pid_t guardian) {
  prctl(PR_SET_NAME, "tidemill-launch");
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  block_signals({SIGCHLD, SIGHUP});
  signal(SIGHUP, SIG_DFL);  // the guardian ignores it
  if (!follow_parent(guardian, SIGHUP)) _exit(1);
  try {
    LauncherLoop(keep_only(std::move(scheduler)), run_task, options).run();
  } catch (const std::exception&) {
    kill_all_descendants();
    _exit(1);
  }
  _exit(0);
}

bool send_socket(int receiver, int socket) {
  char byte = 0;
  iovec data{.iov_base = &byte, .iov_len = 1};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(header), &socket, sizeof(int));
  return sendmsg(receiver, &message, MSG_NOSIGNAL) == 1;
}

// 0 when the scheduler is gone or no process can be made.
pid_t make_launcher(int scheduler, const RunTask& run_task, const LauncherOptions& options) {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) return 0;
  FileDescriptor ours(ends[0]), theirs(ends[1]);
  const pid_t guardian = getpid();
  const pid_t pid = fork();
  if (pid == 0) be_launcher(std::move(ours), run_task, options, guardian);
  return pid > 0 && send_socket(scheduler, theirs.get()) ? pid : 0;
}

bool is_gone(int scheduler) {
  char byte = 0;
  return recv(scheduler, &byte, 1, MSG_DONTWAIT | MSG_PEEK) == 0;
}

// Waits until the launcher or the scheduler has ended. True: the scheduler has not.
bool wait_for_end(int scheduler, int signals, pid_t launcher) {
  while (true) {
    std::array<pollfd, 2> polled{{{scheduler, POLLIN, 0}, {signals, POLLIN, 0}}};
    poll(polled.data(), polled.size(), -1);
    signalfd_siginfo info{};
    while (read(signals, &info, sizeof(info)) == sizeof(info)) {
    }
    const bool launcher_ended = waitpid(launcher, nullptr, WNOHANG) == launcher;
    if (is_gone(scheduler)) {
      // The launcher sees the same on its own socket and ends its tasks.
      if (!launcher_ended && poll(&polled[1], 1, kPatienceMs) == 0) kill(launcher, SIGKILL);
      return false;
    }
    if (launcher_ended) return true;
  }
}

}  // namespace

void be_guardian(FileDescriptor scheduler, const RunTask& run_task, const LauncherOptions& options) {
  setsid();  // the terminal's signals are for the program; it ends this process by ending itself
  reset_signals();
  ignore_signals({SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGTSTP});
  prctl(PR_SET_NAME, "tidemill-guard");
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  block_signals({SIGCHLD});
  const FileDescriptor nothing(open("/dev/null", O_RDWR | O_CLOEXEC));
  dup2(nothing.get(), STDIN_FILENO);
  dup2(nothing.get(), STDOUT_FILENO);
  scheduler = keep_only(std::move(scheduler));
  sigset_t watched;
  sigemptyset(&watched);
  sigaddset(&watched, SIGCHLD);
  const FileDescriptor signals(signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK));
  for (int quick_deaths = 0; quick_deaths < kMaxQuickDeaths;) {
    const auto made_at = steady_clock::now();
    const pid_t launcher = make_launcher(scheduler.get(), run_task, options);
    if (launcher == 0 || !wait_for_end(scheduler.get(), signals.get(), launcher)) break;
    kill_all_descendants();
    quick_deaths = steady_clock::now() - made_at < kQuick ? quick_deaths + 1 : 0;
  }
  kill_all_descendants();
  _exit(0);
}

FileDescriptor receive_launcher_socket(int guardian, bool wait, bool& guardian_is_gone) {
  char byte = 0;
  iovec data{.iov_base = &byte, .iov_len = 1};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  ssize_t got = 0;
  while ((got = recvmsg(guardian, &message, MSG_CMSG_CLOEXEC | (wait ? 0 : MSG_DONTWAIT))) < 0 &&
         errno == EINTR) {
  }
  guardian_is_gone = got == 0 || (got < 0 && errno != EAGAIN);
  const cmsghdr* header = got > 0 ? CMSG_FIRSTHDR(&message) : nullptr;
  if (header == nullptr || header->cmsg_type != SCM_RIGHTS) return {};
  int socket = -1;
  std::memcpy(&socket, CMSG_DATA(header), sizeof(int));
  return FileDescriptor(socket);
}

}  // namespace tidemill::workflow
