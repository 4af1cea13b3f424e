#pragma once
// Wrong passwords, counted by the address that they come from, so that whoever guesses locks out nobody else.

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

namespace tidemill::server {

// Safe for many threads. Addresses of the last minute are kept, at most 10,000 of them: beyond that, all of a
// minute count as one.
class FailedAttempts {
 public:
  static constexpr int kMaxPerMinute = 20;

  bool are_too_many(const std::string& address, int64_t now_ms);
  void add(const std::string& address, int64_t now_ms);

 private:
  struct Minute {
    int64_t since_ms = 0;
    int count = 0;
  };

  std::mutex mutex_;
  std::map<std::string, Minute> minutes_;
};

}  // namespace tidemill::server
