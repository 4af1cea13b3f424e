#pragma once
// The bytes of a connection, plain or under TLS. Used on the thread of its io_context only.

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <utility>  // Boost.Asio 1.74 forgets it

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "net/server/http_server.h"

namespace tidemill::net {

// Certificate and key, loaded once for all connections.
class TlsContext {
 public:
  // Errors: kInvalidArgument naming the file that cannot be used.
  explicit TlsContext(const TlsFiles& files);
  ~TlsContext();

 private:
  friend class Transport;
  struct Context;
  std::unique_ptr<Context> context_;
};

class Transport {
 public:
  using Buffers = std::array<boost::asio::const_buffer, 2>;
  using ErrorCode = boost::system::error_code;

  // `tls`: nullptr for plain.
  Transport(boost::asio::ip::tcp::socket socket, TlsContext* tls);
  ~Transport();
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  // `error` and what the buffers point to live until the result is there.
  boost::asio::awaitable<void> handshake(ErrorCode& error);
  boost::asio::awaitable<size_t> read_some(boost::asio::mutable_buffer buffer, ErrorCode& error);
  boost::asio::awaitable<size_t> write_some(const Buffers& buffers, ErrorCode& error);
  // Tells the client that nothing follows.
  boost::asio::awaitable<void> shut_down(ErrorCode& error);
  // Beside a write.
  void start_read(boost::asio::mutable_buffer buffer, std::function<void(const ErrorCode&, size_t)> done);

  // Ends what is waited for; the socket stays.
  void cancel();
  void close();
  std::string remote_address() const;
  bool is_tls() const { return tls_ != nullptr; }

 private:
  struct Tls;
  boost::asio::ip::tcp::socket socket_;
  std::unique_ptr<Tls> tls_;
};

}  // namespace tidemill::net
