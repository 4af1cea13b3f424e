#include "server/change_feed.h"

#include <chrono>

#include "base/error.h"

namespace tidemill::server {
namespace {

constexpr std::chrono::milliseconds kPause(50);
constexpr int64_t kUnknown = -1;

uintmax_t size_of(const std::filesystem::path& file) {
  std::error_code error;
  const uintmax_t bytes = file.empty() ? 0 : std::filesystem::file_size(file, error);
  return error ? 0 : bytes;
}

}  // namespace

ChangeFeed::~ChangeFeed() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void ChangeFeed::add(const net::StreamWriter& writer, const std::filesystem::path& log_file) {
  {
    const std::lock_guard lock(mutex_);
    listeners_.push_back({writer, log_file, size_of(log_file)});
    if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  }
  wake_.notify_all();
}

void ChangeFeed::run() {
  Changes changes;
  int64_t number = kUnknown;
  std::unique_lock lock(mutex_);
  while (!is_ending_) {
    if (listeners_.empty()) {
      changes = nullptr;
      wake_.wait(lock, [&] { return is_ending_ || !listeners_.empty(); });
      continue;
    }
    lock.unlock();
    bool has_changed = false, has_failed = false;
    try {
      if (!changes) changes = open_();
      const int64_t now = changes();
      has_changed = number != kUnknown && number != now;
      number = now;
    } catch (const std::exception&) {  // told by the pages that the browsers ask for next
      has_failed = true;
      changes = nullptr;
      number = kUnknown;
    }
    lock.lock();
    if (has_failed) {
      for (const Listener& one : listeners_) one.writer.close();
      listeners_.clear();
    } else {
      tell(has_changed);
    }
    wake_.wait_for(lock, kPause, [&] { return is_ending_; });
  }
  for (const Listener& one : listeners_) one.writer.close();
}

void ChangeFeed::tell(bool has_changed) {
  std::erase_if(listeners_, [&](Listener& one) {
    if (has_changed && !one.writer.write_latest("change", net::server_sent_event("", "change"))) return true;
    const uintmax_t bytes = size_of(one.log_file);
    if (bytes == one.log_bytes) return !one.writer.is_open();
    one.log_bytes = bytes;
    return !one.writer.write_latest("log", net::server_sent_event("", "log"));
  });
}

}  // namespace tidemill::server
