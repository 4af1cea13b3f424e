#include "net/server/io_thread.h"

#include <algorithm>
#include <ctime>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

#include "net/server/connection.h"
#include "net/server/response_text.h"

namespace tidemill::net {

namespace asio = boost::asio;

namespace {

std::chrono::milliseconds tick_of(const ServerLimits& limits) {
  const int64_t shortest = std::min(
      {limits.header_timeout_ms, limits.body_timeout_ms, limits.idle_timeout_ms, limits.write_timeout_ms});
  return std::chrono::milliseconds(std::clamp<int64_t>(shortest / 4, 5, 500));
}

}  // namespace

IoThread::IoThread(ServerShared& shared)
    : shared_(shared),
      guard_(context_.get_executor()),
      ticker_(context_),
      tick_(tick_of(shared.options.limits)) {}

IoThread::~IoThread() {
  stop();
}

void IoThread::start() {
  tick();
  thread_ = std::thread([this] { context_.run(); });
}

void IoThread::stop() {
  if (!thread_.joinable()) return;
  asio::post(context_, [this] {
    is_stopped_ = true;
    ticker_.cancel();
  });
  guard_.reset();
  thread_.join();
}

void IoThread::adopt(asio::ip::tcp::socket socket) {
  counters_.open_connections.fetch_add(1, std::memory_order_relaxed);
  asio::post(context_, [this, socket = std::move(socket)]() mutable {
    const auto connection = std::make_shared<Connection>(std::move(socket), *this);
    if (is_draining_) return;
    asio::co_spawn(
        context_, [connection] { return connection->run(); }, asio::detached);
  });
}

void IoThread::drain() {
  asio::post(context_, [this] {
    is_draining_ = true;
    for (Connection* connection : connections_) connection->drain();
  });
}

void IoThread::abort() {
  asio::post(context_, [this] {
    for (Connection* connection : connections_) connection->abort();
  });
}

void IoThread::tick() {
  const auto now = Clock::now();
  date_ = format_http_date(std::time(nullptr));
  for (Connection* connection : connections_) connection->end_if_late(now);
  ticker_.expires_after(tick_);
  ticker_.async_wait([this](const boost::system::error_code&) {
    if (!is_stopped_) tick();
  });
}

}  // namespace tidemill::net
