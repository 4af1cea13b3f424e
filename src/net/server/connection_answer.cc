// The answers of a connection: handlers on their thread, bodies of all kinds to the client.
#include <algorithm>
#include <array>
#include <utility>  // Boost.Asio 1.74 forgets it

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "net/server/connection.h"

namespace tidemill::net {

namespace asio = boost::asio;

namespace {

constexpr size_t kCopiedBodyBytes = 16 << 10;  // larger ones are written from where they are
constexpr size_t kMaxBatchBytes = 64 << 10;
constexpr size_t kMaxIgnoredBytes = 1 << 20;
constexpr int64_t kCloseMs = 1'000;

}  // namespace

template <typename Work>
asio::awaitable<bool> Connection::run_on_worker(Work& work) {
  bool is_done = false;
  auto start = [&](auto handler) {
    auto resume = std::make_shared<decltype(handler)>(std::move(handler));
    asio::io_context& context = thread_.context();
    const bool is_taken = thread_.shared().workers.submit([&work, &is_done, &context, resume]() mutable {
      work();
      is_done = true;
      asio::post(context, [resume = std::move(resume)] { (*resume)(); });
    });
    if (!is_taken) asio::post(context, [resume] { (*resume)(); });
  };
  co_await asio::async_initiate<const asio::use_awaitable_t<>&, void()>(start, asio::use_awaitable);
  co_return is_done;
}

asio::awaitable<Response> Connection::answer() {
  Request& request = parser_.request();
  if (dispatcher().is_inline(route_)) co_return dispatcher().answer(request, route_);
  // What was answered before does not wait for this handler.
  if (!output_.empty()) {
    const bool was_written = co_await flush();
    if (!was_written) co_return Response(503);
  }
  std::atomic<size_t>& waiting = thread_.shared().waiting_handlers;
  std::optional<Response> response;
  if (waiting.fetch_add(1) < limits().max_concurrent_requests) {
    auto work = [&] { response = dispatcher().answer(request, route_); };
    co_await run_on_worker(work);
  }
  waiting.fetch_sub(1);
  if (!response) {
    response = dispatcher()
                   .refused(request, 503, "too many requests at once; try again")
                   .set_header("Retry-After", "1");
  }
  co_return std::move(*response);
}

asio::awaitable<bool> Connection::send(Response response) {
  const bool is_stream = std::holds_alternative<std::shared_ptr<StreamReader>>(response.body());
  const std::optional<uint64_t> size = body_bytes(response);
  HeadFacts facts{.body_bytes = size.value_or(0),
                  .keeps_alive = parser_.keeps_alive() && !is_stream && !thread_.is_draining(),
                  .is_http_10 = parser_.is_http_10(),
                  .date = thread_.date()};
  if (has_no_body(response.status())) {
    facts.framing = Framing::kNone;
  } else if (!size) {
    facts.framing = facts.is_http_10 ? Framing::kUntilClose : Framing::kChunked;
    facts.keeps_alive = facts.keeps_alive && !facts.is_http_10;
  }
  append_response_head(output_, response, facts, dispatcher().default_headers());
  body_bytes_sent_ = 0;
  ++batched_answers_;
  bool is_whole = true;
  if (facts.framing != Framing::kNone && parser_.request().method != "HEAD") {
    is_whole = co_await send_body(response, facts.framing == Framing::kChunked);
  }
  const bool goes_on = is_whole && facts.keeps_alive;
  // More requests that have come already may be answered in the same go.
  const bool waits = goes_on && !input_.empty() && batched_answers_ < limits().max_pipelined &&
                     output_.size() < kMaxBatchBytes;
  if (is_whole && !waits) {
    const bool was_written = co_await flush();
    is_whole = was_written;
  }
  count(response.status(), body_bytes_sent_);
  if (is_whole && !goes_on) {
    boost::system::error_code error;
    set_deadline(std::min(kCloseMs, limits().write_timeout_ms));
    co_await transport_.shut_down(error);
    no_deadline();
  }
  co_return is_whole&& goes_on;
}

asio::awaitable<bool> Connection::send_body(Response& response, bool is_chunked) {
  if (auto* source = std::get_if<BlockSource>(&response.body())) {
    co_return co_await send_blocks(*source, is_chunked);
  }
  if (auto* stream = std::get_if<std::shared_ptr<StreamReader>>(&response.body())) {
    stream_ = std::move(*stream);
    thread_.counters().open_streams.fetch_add(1, std::memory_order_relaxed);
    const bool is_whole = co_await send_stream(is_chunked);
    thread_.counters().open_streams.fetch_sub(1, std::memory_order_relaxed);
    stream_.reset();
    co_return is_whole;
  }
  const std::string& text = std::get<std::string>(response.body());
  body_bytes_sent_ = text.size();
  if (text.size() > kCopiedBodyBytes) co_return co_await flush(text);
  output_ += text;
  co_return true;
}

asio::awaitable<bool> Connection::send_blocks(BlockSource& source, bool is_chunked) {
  std::optional<std::string> block;
  std::string failure;
  auto work = [&] {
    try {
      block = source.next();
    } catch (const std::exception& error) {
      failure = error.what();
      if (failure.empty()) failure = "the body broke off";
    }
  };
  while (true) {
    const bool was_run = co_await run_on_worker(work);
    if (!was_run) co_return false;
    if (failure.empty() && source.size_bytes) {
      const uint64_t total = body_bytes_sent_ + (block ? block->size() : 0);
      if (total > *source.size_bytes) failure = "the body is longer than it was said to be";
      if (!block && total < *source.size_bytes) failure = "the body is shorter than it was said to be";
    }
    if (!failure.empty()) {
      dispatcher().report(parser_.request(), failure);
      co_return false;
    }
    if (!block) break;
    if (block->empty()) continue;  // would end the chunks
    if (is_chunked) append_chunk_head(output_, block->size());
    const bool was_written = co_await flush(*block);
    if (!was_written) co_return false;
    body_bytes_sent_ += block->size();
    if (is_chunked) output_ += "\r\n";
  }
  if (is_chunked) output_ += "0\r\n\r\n";
  co_return true;
}

void Connection::append_piece(std::string_view text, bool is_chunked) {
  if (is_chunked) append_chunk_head(output_, text.size());
  output_ += text;
  if (is_chunked) output_ += "\r\n";
  body_bytes_sent_ += text.size();
}

asio::awaitable<bool> Connection::send_stream(bool is_chunked) {
  StreamState& state = stream_->state();
  const StreamOptions& options = state.options();
  const bool keeps_alive = options.keep_alive_ms > 0 && !options.keep_alive_text.empty();
  const std::chrono::milliseconds pause(keeps_alive ? options.keep_alive_ms : int64_t{86'400'000});
  stream_timer_ = std::make_unique<asio::steady_timer>(thread_.context());
  state.attach([weak = weak_from_this(), &context = thread_.context()] {
    asio::post(context, [weak] {
      if (const auto self = weak.lock()) self->on_stream_data();
    });
  });
  watch_for_close();
  while (!is_ended_ && !thread_.is_draining()) {
    const StreamState::Taken taken = state.take();
    if (state.is_cut()) co_return false;
    if (!taken.text.empty()) append_piece(taken.text, is_chunked);
    if (taken.is_end) {
      if (is_chunked) output_ += "0\r\n\r\n";
      const bool is_whole = co_await flush();
      transport_.cancel();  // the read that watches the client
      co_return is_whole;
    }
    if (!output_.empty()) {
      const bool was_written = co_await flush();
      if (!was_written) co_return false;
      continue;
    }
    boost::system::error_code error;
    stream_timer_->expires_after(pause);
    co_await stream_timer_->async_wait(asio::redirect_error(asio::use_awaitable, error));
    if (!error && keeps_alive) append_piece(options.keep_alive_text, is_chunked);
  }
  co_return false;
}

void Connection::on_stream_data() {
  if (!stream_) return;
  if (stream_->state().is_cut()) end();
  if (stream_timer_) stream_timer_->cancel();
}

void Connection::watch_for_close() {
  const auto buffer = std::make_shared<std::array<char, 512>>();
  const auto done = [self = shared_from_this(), buffer](const boost::system::error_code& error,
                                                        size_t count) {
    if (!self->stream_) return;
    self->ignored_bytes_ += count;
    if (error || self->ignored_bytes_ > kMaxIgnoredBytes) {
      self->end();
    } else {
      self->watch_for_close();
    }
  };
  transport_.start_read(asio::buffer(*buffer), done);
}

asio::awaitable<bool> Connection::flush(std::string_view more) {
  std::string_view first = output_;
  while (!first.empty() || !more.empty()) {
    boost::system::error_code error;
    const Transport::Buffers buffers = {asio::buffer(first.data(), first.size()),
                                        asio::buffer(more.data(), more.size())};
    set_deadline(limits().write_timeout_ms);
    const size_t count = co_await transport_.write_some(buffers, error);
    no_deadline();
    if (error || is_late_ || is_ended_) {
      is_ended_ = true;
      output_.clear();
      co_return false;
    }
    const size_t of_first = std::min(count, first.size());
    first.remove_prefix(of_first);
    more.remove_prefix(count - of_first);
  }
  output_.clear();
  if (output_.capacity() > 2 * kMaxBatchBytes) output_.shrink_to_fit();
  batched_answers_ = 0;
  co_return true;
}

void Connection::count(int status, uint64_t sent_bytes) {
  IoCounters& counters = thread_.counters();
  counters.requests_by_class[static_cast<size_t>(status / 100)].fetch_add(1, std::memory_order_relaxed);
  counters.body_bytes_sent.fetch_add(sent_bytes, std::memory_order_relaxed);
  if (!dispatcher().has_access_hook()) return;
  const Request& request = parser_.request();
  const auto duration = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - request_start_);
  dispatcher().record({.method = request.method,
                       .path = request.raw_path,
                       .route_pattern = request.route_pattern,
                       .remote_address = request.remote_address,
                       .status = status,
                       .body_bytes = sent_bytes,
                       .duration_us = duration.count()});
}

}  // namespace tidemill::net
