#pragma once
// The writing end of an answer that goes on: server-sent events, followed logs, lines of JSON. A client costs
// no thread: what is written waits in a bounded queue until the connection takes it.
//
//   StreamWriter writer;
//   subscribers.add(writer);
//   return Response::stream(writer, "text/event-stream");

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace tidemill::net {

class StreamState;
class StreamReader;  // the connection's end

struct StreamOptions {
  // More than this not yet taken by the client: it is too slow, and the stream is cut.
  size_t max_queued_bytes = 1 << 20;
  // Sent when nothing was for that long, so that proxies keep the connection and a client that is gone is
  // noticed. 0 or an empty text: never.
  int64_t keep_alive_ms = 15'000;
  std::string keep_alive_text = ": keep-alive\n\n";  // a comment of server-sent events; "\n" for NDJSON
};

// A handle: copies write to the same stream. Safe from any thread, also inside the handler that answers with
// it, and after the server is gone. Cost of a write: a lock and a copy; it never waits for the client.
class StreamWriter {
 public:
  explicit StreamWriter(StreamOptions options = {});

  // False when nobody reads any more: the client is gone or was too slow, or close() was called.
  bool write(std::string text) const;
  // The same, instead of what was written under this key and is still waiting: of "progress 3%", "progress
  // 4%" a slow client gets the last one only.
  bool write_latest(std::string_view key, std::string text) const;
  // What was written is still sent, then the answer ends whole.
  void close() const;

  bool is_open() const;
  // Called once when nobody reads any more, or after all was sent behind close(): on the connection's thread
  // or, when that was before, at once. It must be quick.
  void on_close(std::function<void()> callback) const;

 private:
  friend class Response;
  std::shared_ptr<StreamState> state_;
};

// One server-sent event. `data` may have several lines; `event` and `id` may be empty. Errors:
// kInvalidArgument for CR, LF or NUL in `event` or `id`.
std::string server_sent_event(std::string_view data, std::string_view event = {}, std::string_view id = {});

}  // namespace tidemill::net
