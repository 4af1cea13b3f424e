#pragma once
// What a StreamWriter and the connection that serves it share. Safe from any thread.

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "net/server/stream_writer.h"

namespace tidemill::net {

class StreamState {
 public:
  explicit StreamState(StreamOptions options) : options_(std::move(options)) {}

  const StreamOptions& options() const { return options_; }

  // An empty key: a text of its own.
  bool write(std::string_view key, std::string text);
  void close_writing();
  bool is_open() const;
  void on_close(std::function<void()> callback);

  // `wake` is called, under the lock, when there is something to take; at once if there is already.
  void attach(std::function<void()> wake);
  struct Taken {
    std::string text;  // all that waited
    bool is_end = false;
  };
  Taken take();
  // The client was too slow: what is sent now would have a gap.
  bool is_cut() const;
  // Nobody reads any more: empties the queue and calls the callbacks.
  void close_reading();

 private:
  struct Piece {
    std::string key;
    std::string text;
  };

  bool append(std::string_view key, std::string text);  // under the lock
  void wake();                                          // under the lock

  const StreamOptions options_;
  mutable std::mutex mutex_;
  std::deque<Piece> queue_;
  size_t queued_bytes_ = 0;
  bool writing_closed_ = false;
  bool reading_closed_ = false;
  bool is_cut_ = false;  // the reader was too slow
  bool wake_sent_ = false;
  std::function<void()> wake_;
  std::vector<std::function<void()>> callbacks_;
};

// The connection's end, owned by the Response: an answer that is never sent closes its stream.
class StreamReader {
 public:
  explicit StreamReader(std::shared_ptr<StreamState> state) : state_(std::move(state)) {}
  ~StreamReader() { state_->close_reading(); }
  StreamReader(const StreamReader&) = delete;
  StreamReader& operator=(const StreamReader&) = delete;

  StreamState& state() { return *state_; }

 private:
  std::shared_ptr<StreamState> state_;
};

}  // namespace tidemill::net
