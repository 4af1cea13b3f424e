#pragma once
// Wakes a thread that waits on file descriptors.

#include <atomic>
#include <cstdint>

namespace tidemill::workflow {

class WakeSignal {
 public:
  // Errors: kResourceExhausted when the process has no more file descriptors.
  WakeSignal();
  ~WakeSignal();
  WakeSignal(const WakeSignal&) = delete;
  WakeSignal& operator=(const WakeSignal&) = delete;

  // From any thread, also from a signal handler.
  void set() noexcept;
  // Whether it was set since the last call.
  bool take() noexcept;
  // Until it is set, `other_fd` becomes readable or the time is over.
  void wait(int other_fd, int64_t timeout_ms) noexcept;

 private:
  int fd_ = -1;
  std::atomic<bool> is_set_ = false;
};

}  // namespace tidemill::workflow
