#include "workflow/callbacks/command.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <string_view>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "workflow/executor/file_descriptor.h"

namespace tidemill::workflow {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr size_t kKeptOutputBytes = 4096;
constexpr size_t kShownLineBytes = 300;
constexpr int64_t kLookAtStopMs = 100;
constexpr int kNoSuchProgram = 127;

struct Pipe {
  FileDescriptor reader, writer;
};

Pipe make_pipe(const std::string& program) {
  std::array<int, 2> fds{};
  if (pipe2(fds.data(), O_CLOEXEC) != 0) throw_system_error(errno, "make a pipe for", program);
  return {FileDescriptor(fds[0]), FileDescriptor(fds[1])};
}

// Between fork and exec of a program with threads: system calls alone.
[[noreturn]] void become(char* const* argv, const char* folder, int input, int output) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  signal(SIGPIPE, SIG_DFL);
  dup2(input, STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  close_range(STDERR_FILENO + 1, ~0U, 0);
  if (chdir(folder) != 0) _exit(kNoSuchProgram);
  execvp(argv[0], argv);
  _exit(kNoSuchProgram);
}

class RunningCommand {
 public:
  RunningCommand(const std::vector<std::string>& command, const std::filesystem::path& folder)
      : program_(command.front()) {
    Pipe input = make_pipe(program_), output = make_pipe(program_);
    std::vector<char*> argv;
    for (const std::string& word : command)
      argv.push_back(const_cast<char*>(word.c_str()));  // NOLINT: execvp
    argv.push_back(nullptr);
    pid_ = fork();
    if (pid_ < 0) throw_system_error(errno, "start", program_);
    if (pid_ == 0) become(argv.data(), folder.c_str(), input.reader.get(), output.writer.get());
    setpgid(pid_, pid_);  // here too: whoever comes first
    // Without it (an old kernel) its end is seen when it closes its output, or at the next look at `stop`.
    end_.reset(static_cast<int>(syscall(SYS_pidfd_open, pid_, 0)));
    to_ = std::move(input.writer);
    from_ = std::move(output.reader);
    fcntl(to_.get(), F_SETFL, O_NONBLOCK);
    fcntl(from_.get(), F_SETFL, O_NONBLOCK);
  }
  ~RunningCommand() { wait(); }
  RunningCommand(const RunningCommand&) = delete;
  RunningCommand& operator=(const RunningCommand&) = delete;

  // Until it has ended, or until `until`. Hands over what is left of the input and takes the output.
  bool attend(std::string_view& input, SteadyClock::time_point until) {
    while (!has_ended()) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - SteadyClock::now()).count();
      if (left <= 0) return false;
      std::array<pollfd, 3> fds = {
          {{to_.get(), POLLOUT, 0}, {from_.get(), POLLIN, 0}, {end_.get(), POLLIN, 0}}};
      poll(fds.data(), fds.size(), static_cast<int>(left));
      if (fds[0].revents != 0) give(input);
      if (fds[1].revents != 0) take();
    }
    return true;
  }

  // Kills what is left of its group, and returns how it ended.
  int wait() {
    if (pid_ == 0) return status_;
    kill(-pid_, SIGKILL);  // while it is not reaped, its number is nobody else's
    while (waitpid(pid_, &status_, 0) < 0 && errno == EINTR) {
    }
    pid_ = 0;
    take();
    return status_;
  }

  std::string last_line() const {
    std::string_view text = output_;
    while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
    const size_t start = text.rfind('\n');
    if (start != std::string_view::npos) text.remove_prefix(start + 1);
    return std::string(text.substr(0, kShownLineBytes));
  }

 private:
  bool has_ended() const {
    siginfo_t info{};
    return waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == pid_;
  }

  void give(std::string_view& input) {
    if (!input.empty()) {
      const ssize_t written = write(to_.get(), input.data(), input.size());
      if (written < 0 && (errno == EAGAIN || errno == EINTR)) return;
      input.remove_prefix(written < 0 ? input.size() : static_cast<size_t>(written));  // it may not want it
    }
    if (input.empty()) to_.reset();
  }

  void take() {
    std::array<char, 4096> block{};
    ssize_t got = 0;
    // Not for ever: its time may run out while it writes as fast as this reads.
    for (int i = 0; i < 16 && (got = read(from_.get(), block.data(), block.size())) > 0; ++i) {
      output_.append(block.data(), static_cast<size_t>(got));
      if (output_.size() > 2 * kKeptOutputBytes) output_.erase(0, output_.size() - kKeptOutputBytes);
    }
    if (got == 0) from_.reset();
  }

  std::string program_;
  pid_t pid_ = 0;
  int status_ = 0;
  FileDescriptor to_, from_, end_;
  std::string output_;
};

}  // namespace

std::string run_command(const std::vector<std::string>& command, const std::string& input,
                        const std::filesystem::path& folder, int64_t timeout_ms,
                        const std::atomic<bool>& stop) {
  const auto deadline = SteadyClock::now() + std::chrono::milliseconds(timeout_ms);
  RunningCommand running(command, folder);
  std::string_view left = input;
  bool has_ended = false;
  while (!has_ended && !stop && SteadyClock::now() < deadline) {
    const auto next = SteadyClock::now() + std::chrono::milliseconds(kLookAtStopMs);
    has_ended = running.attend(left, std::min(next, deadline));
  }
  const int status = running.wait();
  if (!has_ended) {
    return stop ? fmt::format("'{}' was ended with the scheduler", command.front())
                : fmt::format("'{}' took longer than {} ms and was ended", command.front(), timeout_ms);
  }
  if (status == 0) return "";
  const std::string said = running.last_line();
  const std::string how = WIFSIGNALED(status) ? fmt::format("was killed by signal {}", WTERMSIG(status))
                                              : fmt::format("ended with exit code {}", WEXITSTATUS(status));
  const char* hint = WIFEXITED(status) && WEXITSTATUS(status) == kNoSuchProgram ? " (no such program?)" : "";
  return fmt::format("'{}' {}{}{}", command.front(), how, hint, said.empty() ? "" : ": " + said);
}

}  // namespace tidemill::workflow
