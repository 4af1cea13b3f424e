#include "net/server/transport.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace tidemill::net {

namespace asio = boost::asio;
using asio::ip::tcp;

struct TlsContext::Context {
  asio::ssl::context value{asio::ssl::context::tls_server};
};

struct Transport::Tls {
  Tls(tcp::socket& socket, asio::ssl::context& context) : stream(socket, context) {}
  asio::ssl::stream<tcp::socket&> stream;
};

TlsContext::TlsContext(const TlsFiles& files) : context_(std::make_unique<Context>()) {
  asio::ssl::context& context = context_->value;
  context.set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_sslv2 |
                      asio::ssl::context::no_sslv3 | asio::ssl::context::no_tlsv1 |
                      asio::ssl::context::no_tlsv1_1);
  boost::system::error_code error;
  const auto require = [&error](const std::filesystem::path& file, std::string_view what) {
    if (!error) return;
    // OpenSSL's code for a file that is not there says nothing to people.
    const bool is_readable = ::access(file.c_str(), R_OK) == 0;
    const std::string why = is_readable ? error.message() : std::generic_category().message(errno);
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("'{}' cannot be used as {}: {}", file.string(), what, why));
  };
  context.use_certificate_chain_file(files.certificate_chain.string(), error);
  require(files.certificate_chain, "the certificate chain (PEM)");
  context.use_private_key_file(files.private_key.string(), asio::ssl::context::pem, error);
  require(files.private_key, "the certificate's private key (PEM)");
}

TlsContext::~TlsContext() = default;

Transport::Transport(tcp::socket socket, TlsContext* tls) : socket_(std::move(socket)) {
  boost::system::error_code ignored;
  socket_.set_option(tcp::no_delay(true), ignored);
  // Programs that are started meanwhile must not keep the connection open.
  ::fcntl(socket_.native_handle(), F_SETFD, FD_CLOEXEC);
  if (tls != nullptr) tls_ = std::make_unique<Tls>(socket_, tls->context_->value);
}

Transport::~Transport() = default;

asio::awaitable<void> Transport::handshake(ErrorCode& error) {
  return tls_->stream.async_handshake(asio::ssl::stream_base::server,
                                      asio::redirect_error(asio::use_awaitable, error));
}

asio::awaitable<size_t> Transport::read_some(asio::mutable_buffer buffer, ErrorCode& error) {
  if (tls_) return tls_->stream.async_read_some(buffer, asio::redirect_error(asio::use_awaitable, error));
  return socket_.async_read_some(buffer, asio::redirect_error(asio::use_awaitable, error));
}

asio::awaitable<size_t> Transport::write_some(const Buffers& buffers, ErrorCode& error) {
  if (tls_) return tls_->stream.async_write_some(buffers, asio::redirect_error(asio::use_awaitable, error));
  return socket_.async_write_some(buffers, asio::redirect_error(asio::use_awaitable, error));
}

asio::awaitable<void> Transport::shut_down(ErrorCode& error) {
  if (tls_) co_await tls_->stream.async_shutdown(asio::redirect_error(asio::use_awaitable, error));
  boost::system::error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
}

void Transport::start_read(asio::mutable_buffer buffer, std::function<void(const ErrorCode&, size_t)> done) {
  if (tls_) {
    tls_->stream.async_read_some(buffer, std::move(done));
  } else {
    socket_.async_read_some(buffer, std::move(done));
  }
}

void Transport::cancel() {
  boost::system::error_code ignored;
  socket_.cancel(ignored);
}

void Transport::close() {
  boost::system::error_code ignored;
  socket_.close(ignored);
}

std::string Transport::remote_address() const {
  boost::system::error_code error;
  const auto endpoint = socket_.remote_endpoint(error);
  return error ? std::string() : endpoint.address().to_string();
}

}  // namespace tidemill::net
