#include "workflow/scheduler/wake_signal.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/error.h"

namespace tidemill::workflow {

WakeSignal::WakeSignal() : fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (fd_ < 0) throw Error(ErrorCode::kResourceExhausted, "no more file descriptors for the scheduler");
}

WakeSignal::~WakeSignal() {
  close(fd_);
}

void WakeSignal::set() noexcept {
  is_set_ = true;
  const uint64_t one = 1;
  // A counter that is full is readable already.
  [[maybe_unused]] const ssize_t written = write(fd_, &one, sizeof(one));
}

bool WakeSignal::take() noexcept {
  return is_set_.exchange(false);
}

void WakeSignal::wait(int other_fd, int64_t timeout_ms) noexcept {
  std::array<pollfd, 2> fds = {{{fd_, POLLIN, 0}, {other_fd, POLLIN, 0}}};
  const auto timeout = static_cast<int>(std::clamp<int64_t>(timeout_ms, 0, 60'000));
  if (poll(fds.data(), fds.size(), timeout) > 0 && (fds[0].revents & POLLIN) != 0) {
    uint64_t count = 0;
    [[maybe_unused]] const ssize_t taken = read(fd_, &count, sizeof(count));
  }
}

}  // namespace tidemill::workflow
