#pragma once
// Tells pages that something changed. While somebody listens, one thread asks the database twenty times a
// second whether another connection has written, and the file system how long the followed logs are; while
// nobody does, it sleeps and holds no connection.

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "net/server/stream_writer.h"

namespace tidemill::server {

// Safe for many threads.
class ChangeFeed {
 public:
  // Tells metadata::change_number of a database; as long as it lives it holds a connection. Called on the
  // feed's thread, as is what opens it; both may throw Error.
  using Changes = std::function<int64_t()>;

  explicit ChangeFeed(std::function<Changes()> open) : open_(std::move(open)) {}
  ~ChangeFeed();
  ChangeFeed(const ChangeFeed&) = delete;
  ChangeFeed& operator=(const ChangeFeed&) = delete;

  // From now on `writer` gets an event "change" after the database changed and "log" after that file did (""
  // for no file), each without data and at most once in a client's queue. When the database cannot be asked
  // all streams are closed: browsers come back. Errors: std::system_error when there can be no more threads.
  void add(const net::StreamWriter& writer, const std::filesystem::path& log_file);

 private:
  struct Listener {
    net::StreamWriter writer;
    std::filesystem::path log_file;
    uintmax_t log_bytes = 0;
  };

  void run();
  void tell(bool has_changed);

  std::function<Changes()> open_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Listener> listeners_;
  bool is_ending_ = false;
  std::thread thread_;  // from the first listener on
};

}  // namespace tidemill::server
