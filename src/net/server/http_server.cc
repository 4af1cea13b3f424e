#include "net/server/http_server.h"

#include <chrono>
#include <thread>
#include <utility>  // Boost.Asio 1.74 forgets it
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fcntl.h>
#include <fmt/format.h>

#include "net/server/io_thread.h"
#include "net/server/response_text.h"

namespace tidemill::net {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

void require_positive(int64_t value, std::string_view name) {
  if (value > 0) return;
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("the server's {} is {}: it must be above 0", name, value));
}

ServerOptions checked(ServerOptions options) {
  require_positive(options.io_thread_count, "io_thread_count");
  require_positive(options.worker_thread_count, "worker_thread_count");
  require_positive(options.limits.header_timeout_ms, "header_timeout_ms");
  require_positive(options.limits.body_timeout_ms, "body_timeout_ms");
  require_positive(options.limits.idle_timeout_ms, "idle_timeout_ms");
  require_positive(options.limits.write_timeout_ms, "write_timeout_ms");
  return options;
}

[[noreturn]] void throw_listen_error(const ServerOptions& options, const boost::system::error_code& error) {
  const std::string place = fmt::format("{}:{}", options.address, options.port);
  if (error == asio::error::address_in_use) {
    throw Error(ErrorCode::kConflict, fmt::format("another program listens on {}: stop it, or choose another "
                                                  "port (0: any that is free)",
                                                  place));
  }
  if (error == asio::error::access_denied) {
    throw Error(ErrorCode::kPermissionDenied,
                fmt::format("the system does not allow to listen on {}: choose a port above 1023", place));
  }
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("cannot listen on {}: {}; give an address of this machine, 127.0.0.1 or 0.0.0.0",
                          place, error.message()));
}

}  // namespace

class HttpServer::Impl {
 public:
  Impl(ServerOptions options, Router router, ServerHooks hooks)
      : options_(checked(std::move(options))),
        dispatcher_(std::move(router), std::move(hooks), options_.default_headers) {}
  ~Impl() { stop(0); }

  void start();
  void stop(int64_t grace_ms);
  uint16_t port() const;
  std::string url() const;
  ServerCounters counters() const;

 private:
  // All that lives from start to stop.
  struct Running {
    explicit Running(Impl& impl)
        : workers(impl.options_.worker_thread_count),
          tls(impl.options_.tls ? std::make_unique<TlsContext>(*impl.options_.tls) : nullptr),
          shared{.options = impl.options_,
                 .dispatcher = impl.dispatcher_,
                 .workers = workers,
                 .tls = tls.get()} {
      for (int i = 0; i < impl.options_.io_thread_count; ++i) {
        threads.push_back(std::make_unique<IoThread>(shared));
      }
      acceptor = std::make_unique<tcp::acceptor>(threads.front()->context());
    }

    WorkerPool workers;
    std::unique_ptr<TlsContext> tls;
    ServerShared shared;
    std::vector<std::unique_ptr<IoThread>> threads;
    std::unique_ptr<tcp::acceptor> acceptor;
    uint16_t port = 0;
  };

  void listen(Running& running) const;
  asio::awaitable<void> accept();
  void refuse(tcp::socket socket);
  size_t open_connections() const;
  bool wait_until_closed(std::chrono::steady_clock::time_point deadline) const;

  const ServerOptions options_;
  const Dispatcher dispatcher_;
  std::unique_ptr<Running> running_;
  bool is_stopped_ = false;
  std::atomic<uint64_t> accepted_ = 0;
  std::atomic<uint64_t> refused_ = 0;
};

void HttpServer::Impl::start() {
  if (running_) throw Error(ErrorCode::kInternal, "the server is started twice");
  auto running = std::make_unique<Running>(*this);
  listen(*running);
  running_ = std::move(running);
  asio::co_spawn(
      running_->threads.front()->context(), [this] { return accept(); }, asio::detached);
  for (const auto& thread : running_->threads) thread->start();
}

void HttpServer::Impl::listen(Running& running) const {
  boost::system::error_code error;
  const auto address =
      asio::ip::make_address(options_.address == "localhost" ? "127.0.0.1" : options_.address, error);
  const tcp::endpoint endpoint(address, options_.port);
  tcp::acceptor& acceptor = *running.acceptor;
  if (!error) acceptor.open(endpoint.protocol(), error);
  if (!error) ::fcntl(acceptor.native_handle(), F_SETFD, FD_CLOEXEC);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) throw_listen_error(options_, error);
  running.port = acceptor.local_endpoint().port();
}

asio::awaitable<void> HttpServer::Impl::accept() {
  Running& running = *running_;
  asio::steady_timer pause(running.threads.front()->context());
  for (size_t next = 0;; next = (next + 1) % running.threads.size()) {
    IoThread& thread = *running.threads[next];
    boost::system::error_code error;
    tcp::socket socket(thread.context());
    co_await running.acceptor->async_accept(socket, asio::redirect_error(asio::use_awaitable, error));
    if (!running.acceptor->is_open()) co_return;
    if (error) {
      // Out of descriptors, most often: the connections that are there go on.
      pause.expires_after(std::chrono::milliseconds(20));
      co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
      continue;
    }
    accepted_.fetch_add(1, std::memory_order_relaxed);
    if (open_connections() < options_.limits.max_connections) {
      thread.adopt(std::move(socket));
    } else {
      refuse(std::move(socket));
    }
  }
}

void HttpServer::Impl::refuse(tcp::socket socket) {
  refused_.fetch_add(1, std::memory_order_relaxed);
  if (options_.tls) return;
  const Response response = dispatcher_.refused(Request(), 503, "too many connections; try again later");
  const auto* body = std::get_if<std::string>(&response.body());
  const HeadFacts facts{.body_bytes = body != nullptr ? body->size() : 0,
                        .keeps_alive = false,
                        .date = running_->threads.front()->date()};
  std::string text;
  append_response_head(text, response, facts, options_.default_headers);
  if (body != nullptr) text += *body;
  // What the system does not take at once is not waited for.
  boost::system::error_code ignored;
  socket.non_blocking(true, ignored);
  socket.write_some(asio::buffer(text), ignored);
  socket.shutdown(tcp::socket::shutdown_send, ignored);
}

size_t HttpServer::Impl::open_connections() const {
  size_t count = 0;
  for (const auto& thread : running_->threads) {
    count += thread->counters().open_connections.load(std::memory_order_acquire);
  }
  return count;
}

bool HttpServer::Impl::wait_until_closed(std::chrono::steady_clock::time_point deadline) const {
  while (open_connections() > 0) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

void HttpServer::Impl::stop(int64_t grace_ms) {
  using Clock = std::chrono::steady_clock;
  if (!running_ || is_stopped_) return;
  is_stopped_ = true;
  asio::post(running_->threads.front()->context(), [this] {
    boost::system::error_code ignored;
    running_->acceptor->close(ignored);
  });
  for (const auto& thread : running_->threads) thread->drain();
  if (!wait_until_closed(Clock::now() + std::chrono::milliseconds(grace_ms))) {
    for (const auto& thread : running_->threads) thread->abort();
  }
  running_->workers.stop();
  wait_until_closed(Clock::time_point::max());
  for (const auto& thread : running_->threads) thread->stop();
}

uint16_t HttpServer::Impl::port() const {
  if (!running_) throw Error(ErrorCode::kInternal, "the server has no port before it is started");
  return running_->port;
}

std::string HttpServer::Impl::url() const {
  const bool is_v6 = options_.address.find(':') != std::string::npos;
  return fmt::format("{}://{}{}{}:{}", options_.tls ? "https" : "http", is_v6 ? "[" : "", options_.address,
                     is_v6 ? "]" : "", port());
}

ServerCounters HttpServer::Impl::counters() const {
  ServerCounters sum;
  sum.connections_accepted = accepted_;
  sum.connections_refused = refused_;
  if (!running_) return sum;
  for (const auto& thread : running_->threads) {
    const IoCounters& counters = thread->counters();
    for (size_t i = 0; i < sum.requests_by_class.size(); ++i) {
      sum.requests_by_class[i] += counters.requests_by_class[i];
    }
    sum.requests_in_flight += counters.requests_in_flight;
    sum.open_connections += counters.open_connections;
    sum.open_streams += counters.open_streams;
    sum.body_bytes_sent += counters.body_bytes_sent;
  }
  return sum;
}

HttpServer::HttpServer(ServerOptions options, Router router, ServerHooks hooks)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(router), std::move(hooks))) {}

HttpServer::~HttpServer() = default;

void HttpServer::start() {
  impl_->start();
}

void HttpServer::stop(int64_t grace_ms) {
  impl_->stop(grace_ms);
}

uint16_t HttpServer::port() const {
  return impl_->port();
}

std::string HttpServer::url() const {
  return impl_->url();
}

ServerCounters HttpServer::counters() const {
  return impl_->counters();
}

}  // namespace tidemill::net
