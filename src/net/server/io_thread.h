#pragma once
// One thread of the server and the connections that it alone serves.

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <unordered_set>
#include <utility>  // Boost.Asio 1.74 forgets it

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "net/server/dispatcher.h"
#include "net/server/transport.h"
#include "net/server/worker_pool.h"

namespace tidemill::net {

class Connection;

// Written by one thread, read by any.
struct alignas(64) IoCounters {
  std::array<std::atomic<uint64_t>, 6> requests_by_class{};
  std::atomic<uint64_t> requests_in_flight = 0;
  std::atomic<uint64_t> open_connections = 0;
  std::atomic<uint64_t> open_streams = 0;
  std::atomic<uint64_t> body_bytes_sent = 0;
};

// What all threads of a server share.
struct ServerShared {
  const ServerOptions& options;
  const Dispatcher& dispatcher;
  WorkerPool& workers;
  TlsContext* tls = nullptr;
  std::atomic<size_t> waiting_handlers = 0;  // handed to the workers and not yet answered
};

class IoThread {
 public:
  using Clock = std::chrono::steady_clock;

  explicit IoThread(ServerShared& shared);
  ~IoThread();
  IoThread(const IoThread&) = delete;
  IoThread& operator=(const IoThread&) = delete;

  void start();
  // After the last connection has ended.
  void stop();

  // From any thread: serves a connection whose socket belongs to context().
  void adopt(boost::asio::ip::tcp::socket socket);
  // From any thread. Connections end as soon as they have answered what they were asked.
  void drain();
  // From any thread. Connections end at once, but for handlers that still run.
  void abort();

  boost::asio::io_context& context() { return context_; }
  ServerShared& shared() { return shared_; }
  IoCounters& counters() { return counters_; }
  bool is_draining() const { return is_draining_; }
  std::string_view date() const { return date_; }  // for the header, of the last tick

  // By connections.
  void add(Connection* connection) { connections_.insert(connection); }
  void remove(Connection* connection) { connections_.erase(connection); }

 private:
  // Looks for deadlines that have passed, often enough for the shortest of the timeouts.
  void tick();

  ServerShared& shared_;
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_;
  boost::asio::steady_timer ticker_;
  std::chrono::milliseconds tick_;
  std::unordered_set<Connection*> connections_;
  IoCounters counters_;
  std::string date_;
  bool is_draining_ = false;
  bool is_stopped_ = false;
  std::thread thread_;
};

}  // namespace tidemill::net
