#include "net/server/connection.h"

#include <algorithm>

namespace tidemill::net {

namespace asio = boost::asio;

namespace {

constexpr size_t kReadBytes = 4 << 10;
constexpr size_t kReadBodyBytes = 64 << 10;
constexpr size_t kMaxIgnoredBytes = 1 << 20;
constexpr int64_t kCloseMs = 1'000;
constexpr uint64_t kBodyBytesPerSecond = 16 << 10;

}  // namespace

Connection::Connection(asio::ip::tcp::socket socket, IoThread& thread)
    : thread_(thread),
      transport_(std::move(socket), thread.shared().tls),
      parser_(thread.shared().options.limits.max_header_bytes) {
  parser_.request().remote_address = transport_.remote_address();
  parser_.request().is_tls = transport_.is_tls();
  thread_.add(this);
}

Connection::~Connection() {
  thread_.remove(this);
  thread_.counters().open_connections.fetch_sub(1, std::memory_order_release);
}

void Connection::end_if_late(Clock::time_point now) {
  if (deadline_ > now) return;
  is_late_ = true;
  transport_.cancel();
}

void Connection::end() {
  is_ended_ = true;
  if (stream_timer_) stream_timer_->cancel();
  transport_.cancel();
}

void Connection::drain() {
  // What is being written is still an answer.
  if ((phase_ == Phase::kIdle && output_.empty()) || stream_) end();
}

void Connection::abort() {
  end();
  transport_.close();
}

Connection::Clock::time_point Connection::read_deadline() const {
  using std::chrono::milliseconds;
  switch (phase_) {
    case Phase::kIdle:
      return phase_start_ + milliseconds(limits().idle_timeout_ms);
    case Phase::kHeader:
      return phase_start_ + milliseconds(limits().header_timeout_ms);
    case Phase::kBody:
      break;
  }
  const auto earned = std::chrono::seconds(body_bytes_read_ / kBodyBytesPerSecond);
  return phase_start_ + milliseconds(limits().body_timeout_ms) + earned;
}

asio::awaitable<void> Connection::run() {
  const auto self = shared_from_this();
  try {
    co_await serve();
  } catch (const std::exception& error) {
    dispatcher().report(parser_.request(), error.what());
  }
  stream_.reset();
  transport_.close();
}

asio::awaitable<void> Connection::serve() {
  if (transport_.is_tls()) {
    boost::system::error_code error;
    set_deadline(limits().header_timeout_ms);
    co_await transport_.handshake(error);
    no_deadline();
    if (error || is_late_ || is_ended_) co_return;
  }
  // No co_await behind && or in a loop's condition: GCC 12 awaits there whatever stands before it.
  for (bool goes_on = true; goes_on;) {
    const bool has_request = co_await read_request();
    if (!has_request) co_return;
    thread_.counters().requests_in_flight.fetch_add(1, std::memory_order_relaxed);
    Response response = co_await answer();
    thread_.counters().requests_in_flight.fetch_sub(1, std::memory_order_relaxed);
    goes_on = co_await send(std::move(response));
  }
}

asio::awaitable<bool> Connection::read_request() {
  using State = RequestParser::State;
  parser_.restart();
  phase_ = Phase::kIdle;
  phase_start_ = Clock::now();
  was_continued_ = false;
  while (true) {
    const auto [taken, state] = parser_.parse(input_.view());
    input_.take(taken);
    if (phase_ == Phase::kBody) body_bytes_read_ += taken;
    if (state == State::kComplete) co_return true;
    if (state == State::kHeaderDone) {
      begin_body();
      continue;
    }
    if (state == State::kRefused) {
      co_await refuse(parser_.refusal().status, parser_.refusal().detail);
      co_return false;
    }
    if (state == State::kInBody && parser_.expects_continue() && !was_continued_ && input_.empty()) {
      output_ += "HTTP/1.1 100 Continue\r\n\r\n";
      was_continued_ = true;
    }
    if (phase_ == Phase::kIdle && state == State::kInHeader) phase_ = Phase::kHeader;
    const bool has_more = co_await read_more();
    if (!has_more) co_return false;
  }
}

void Connection::begin_body() {
  request_start_ = phase_start_ = Clock::now();
  phase_ = Phase::kBody;
  body_bytes_read_ = 0;
  route_ = dispatcher().find_route(parser_.request());
  const uint64_t own_limit = route_ != nullptr ? route_->options.max_body_bytes : 0;
  const uint64_t limit = own_limit > 0 ? own_limit : limits().max_body_bytes;
  parser_.set_max_body_bytes(dispatcher().max_body_bytes(parser_.request(), limit));
}

asio::awaitable<bool> Connection::read_more() {
  if (!output_.empty()) {
    const bool was_written = co_await flush();
    if (!was_written) co_return false;
  }
  if (phase_ == Phase::kIdle && thread_.is_draining()) co_return false;
  const auto [room, size] = input_.room(phase_ == Phase::kBody ? kReadBodyBytes : kReadBytes);
  boost::system::error_code error;
  deadline_ = read_deadline();
  const size_t count = co_await transport_.read_some(asio::buffer(room, size), error);
  no_deadline();
  if (is_late_ && phase_ != Phase::kIdle && !is_ended_) {
    is_late_ = false;
    co_await refuse(408, phase_ == Phase::kHeader ? "the headers took too long" : "the body took too long");
    co_return false;
  }
  if (error || is_late_ || is_ended_) co_return false;
  if (phase_ == Phase::kIdle) {
    phase_ = Phase::kHeader;
    phase_start_ = Clock::now();
  }
  input_.added(count);
  co_return true;
}

asio::awaitable<void> Connection::refuse(int status, std::string detail) {
  if (phase_ != Phase::kBody) request_start_ = Clock::now();
  const Response response = dispatcher().refused(parser_.request(), status, detail);
  const auto* text = std::get_if<std::string>(&response.body());
  const std::string body = text != nullptr ? *text : std::string();
  const HeadFacts facts{.body_bytes = body.size(), .keeps_alive = false, .date = thread_.date()};
  append_response_head(output_, response, facts, dispatcher().default_headers());
  output_ += body;
  const bool was_sent = co_await flush();
  count(response.status(), body.size());
  if (was_sent) co_await close_gently();
}

asio::awaitable<void> Connection::close_gently() {
  boost::system::error_code error;
  set_deadline(std::min(kCloseMs, limits().write_timeout_ms));
  co_await transport_.shut_down(error);
  for (size_t ignored = 0; !error && !is_late_ && !is_ended_ && ignored < kMaxIgnoredBytes;) {
    const auto [room, size] = input_.room(kReadBytes);
    ignored += co_await transport_.read_some(asio::buffer(room, size), error);
  }
  no_deadline();
}

}  // namespace tidemill::net
