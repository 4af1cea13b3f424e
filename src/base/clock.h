#pragma once
// Time, injected: everything that needs the time takes a Clock, so that tests and schedules own it.

#include <cstdint>

namespace tidemill {

class Clock {
 public:
  virtual ~Clock() = default;
  // Milliseconds since 1970-01-01T00:00:00Z, as MLflow stores times.
  virtual int64_t now_ms() const = 0;
};

class SystemClock final : public Clock {
 public:
  int64_t now_ms() const override;
};

// Stands still until told otherwise.
class FakeClock final : public Clock {
 public:
  explicit FakeClock(int64_t start_ms) : now_ms_(start_ms) {}
  int64_t now_ms() const override { return now_ms_; }
  void advance_ms(int64_t by_ms) { now_ms_ += by_ms; }

 private:
  int64_t now_ms_;
};

}  // namespace tidemill
