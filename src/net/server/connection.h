#pragma once
// One connection: reads requests, has them answered, writes the answers, in order. Lives on one IoThread.

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>  // Boost.Asio 1.74 forgets it

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include "net/server/input_buffer.h"
#include "net/server/io_thread.h"
#include "net/server/request_parser.h"
#include "net/server/response_text.h"
#include "net/server/stream_state.h"
#include "net/server/transport.h"

namespace tidemill::net {

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(boost::asio::ip::tcp::socket socket, IoThread& thread);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Until it is closed; throws nothing.
  boost::asio::awaitable<void> run();

  void end_if_late(IoThread::Clock::time_point now);
  void drain();
  void abort();

 private:
  template <typename T>
  using Awaitable = boost::asio::awaitable<T>;
  using Clock = IoThread::Clock;

  enum class Phase { kIdle, kHeader, kBody };

  Awaitable<void> serve();
  // False: there is none, and if one was refused it was said so.
  Awaitable<bool> read_request();
  Awaitable<bool> read_more();
  // The headers are there: the route says how large the body may be.
  void begin_body();
  Awaitable<void> refuse(int status, std::string detail);
  // After an answer to a client that may still be sending: a connection that is reset loses what was sent
  // last.
  Awaitable<void> close_gently();

  Awaitable<Response> answer();
  // False when the workers have stopped.
  template <typename Work>
  Awaitable<bool> run_on_worker(Work& work);

  // False: the connection ends.
  Awaitable<bool> send(Response response);
  Awaitable<bool> send_body(Response& response, bool is_chunked);
  Awaitable<bool> send_blocks(BlockSource& source, bool is_chunked);
  Awaitable<bool> send_stream(bool is_chunked);
  // `output_` and `more` to the client.
  Awaitable<bool> flush(std::string_view more = {});
  void append_piece(std::string_view text, bool is_chunked);
  void watch_for_close();
  void on_stream_data();
  void end();
  void count(int status, uint64_t sent_bytes);

  void set_deadline(int64_t ms) { deadline_ = Clock::now() + std::chrono::milliseconds(ms); }
  void no_deadline() { deadline_ = Clock::time_point::max(); }
  Clock::time_point read_deadline() const;
  const ServerLimits& limits() const { return thread_.shared().options.limits; }
  const Dispatcher& dispatcher() const { return thread_.shared().dispatcher; }

  IoThread& thread_;
  Transport transport_;
  InputBuffer input_;
  RequestParser parser_;
  const Route* route_ = nullptr;
  std::string output_;          // not yet written
  size_t batched_answers_ = 0;  // in it
  uint64_t body_bytes_sent_ = 0;

  Phase phase_ = Phase::kIdle;
  Clock::time_point phase_start_{};
  Clock::time_point request_start_{};  // the end of its headers
  uint64_t body_bytes_read_ = 0;
  bool was_continued_ = false;  // the client has been told to send its body
  Clock::time_point deadline_ = Clock::time_point::max();
  bool is_late_ = false;   // the deadline has passed
  bool is_ended_ = false;  // cut off, or the client is gone

  std::shared_ptr<StreamReader> stream_;
  std::unique_ptr<boost::asio::steady_timer> stream_timer_;
  uint64_t ignored_bytes_ = 0;  // that came while a stream was sent
};

}  // namespace tidemill::net
