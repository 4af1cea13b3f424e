#pragma once
// Tells pages that something changed, and clients that wait for a run how it goes on. One thread for all of
// them looks at the project twenty times a second while pages listen, four times while clients wait; while
// nobody does, it sleeps and holds no connection. Who is gone is forgotten with the next look.

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "net/server/stream_writer.h"
#include "server/watched_project.h"

namespace tidemill::server {

// Safe for many threads. When the project cannot be asked all streams are closed, without a last state:
// browsers come back.
class ProjectWatcher {
 public:
  static constexpr int64_t kUncountedMs = 30'000;
  static constexpr size_t kMaxWaits = 1000;

  // `open` is called on the watcher's thread, as is what it opens; it may throw Error.
  explicit ProjectWatcher(std::function<std::unique_ptr<WatchedProject>()> open,
                          int64_t uncounted_ms = kUncountedMs)
      : open_(std::move(open)), uncounted_ms_(uncounted_ms) {}
  // Ends all streams.
  ~ProjectWatcher();
  ProjectWatcher(const ProjectWatcher&) = delete;
  ProjectWatcher& operator=(const ProjectWatcher&) = delete;

  // From now on `writer` gets an event "change" after the change number moved and "log" after that file did
  // ("" for no file), each without data and at most once in a client's queue. What nobody counts (tracking
  // stores that others write, files of data, a scheduler that has become silent) may have changed as well: a
  // "change" comes when there was none for `uncounted_ms`.
  // Errors: kUnavailable when there can be no more threads.
  void follow(const net::StreamWriter& writer, const std::filesystem::path& log_file);

  struct Wait {
    std::string dag_id, run_id;
    int64_t interval_ms = 1000;
    std::vector<std::string> result_task_ids{};  // whose return values are told at the end
    net::StreamWriter writer;
  };
  // A line of the run's state whenever the interval is over; the last one, with the results, as soon as the
  // run has ended. Errors: kUnavailable when too many wait already, or there can be no more threads.
  void wait(Wait wait);

 private:
  struct Listener {
    net::StreamWriter writer;
    std::filesystem::path log_file;
    uintmax_t log_bytes = 0;
  };
  struct Waiting {
    Wait wait;
    int64_t next_ms = 0;  // of a steady clock
    bool is_new = true;   // its run may have ended before it was watched
  };
  struct Subscribers {
    std::vector<Listener> listeners;
    std::vector<Waiting> waits;
    bool empty() const { return listeners.empty() && waits.empty(); }
    void close();
  };

  void ensure_thread();  // under the lock
  void run();
  bool take_new();  // sleeps until there is something to do; false at the end
  int64_t pause_ms() const;
  void look();
  void forget_gone();
  void tell_listeners(bool has_changed);
  void tell_waits(bool has_changed);

  const std::function<std::unique_ptr<WatchedProject>()> open_;
  const int64_t uncounted_ms_;
  // Outlives the watcher in the writers that give a place back. Exact, for who is refused.
  const std::shared_ptr<std::atomic<size_t>> wait_count_ = std::make_shared<std::atomic<size_t>>(0);

  std::mutex mutex_;
  std::condition_variable wake_;
  Subscribers new_;
  bool is_ending_ = false;
  std::thread thread_;  // from the first subscriber on

  // Of the thread alone.
  Subscribers subscribers_;
  std::unique_ptr<WatchedProject> project_;
  std::optional<int64_t> number_;  // as seen last
  int64_t told_ms_ = 0;            // of the last "change"
};

}  // namespace tidemill::server
