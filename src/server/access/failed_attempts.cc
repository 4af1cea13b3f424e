#include "server/access/failed_attempts.h"

namespace tidemill::server {
namespace {

constexpr int64_t kMinuteMs = 60'000;
constexpr size_t kMaxAddresses = 10'000;
constexpr char kAllOthers[] = "";

}  // namespace

bool FailedAttempts::are_too_many(const std::string& address, int64_t now_ms) {
  const std::lock_guard lock(mutex_);
  auto found = minutes_.find(address);
  if (found == minutes_.end()) found = minutes_.find(kAllOthers);
  return found != minutes_.end() && found->second.count >= kMaxPerMinute &&
         now_ms - found->second.since_ms < kMinuteMs;
}

void FailedAttempts::add(const std::string& address, int64_t now_ms) {
  const std::lock_guard lock(mutex_);
  const auto is_over = [&](const auto& entry) { return now_ms - entry.second.since_ms >= kMinuteMs; };
  if (minutes_.size() >= kMaxAddresses) std::erase_if(minutes_, is_over);
  const bool has_room = minutes_.size() < kMaxAddresses || minutes_.contains(address);
  const auto entry = minutes_.try_emplace(has_room ? address : kAllOthers, Minute{now_ms, 0}).first;
  if (is_over(*entry)) entry->second = {now_ms, 0};
  ++entry->second.count;
}

}  // namespace tidemill::server
