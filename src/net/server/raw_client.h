#pragma once
// A client for tests of the server that sends what it is told to, right or wrong, and reads answers as they
// are.

#include <chrono>
#include <string>
#include <string_view>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tidemill::net {

struct RawAnswer {
  int status = 0;  // 0: none
  std::string head;
  std::string body;
  bool is_whole = false;

  bool has(std::string_view text) const { return head.find(text) != std::string::npos; }
};

class RawClient {
 public:
  explicit RawClient(uint16_t port) {
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    is_connected_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  }
  ~RawClient() { close(); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  bool is_connected() const { return is_connected_; }
  void close() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
  }
  // False when the server has reset the connection.
  bool send(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t sent = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      text.remove_prefix(static_cast<size_t>(sent));
    }
    return true;
  }
  void get(std::string_view path) const {
    send(fmt::format("GET {} HTTP/1.1\r\nHost: localhost\r\n\r\n", path));
  }

  // Waits up to `timeout_ms` for more bytes; false when there are none or the end has come.
  bool receive(int timeout_ms = 10'000) {
    pollfd wait{.fd = socket_, .events = POLLIN, .revents = 0};
    if (::poll(&wait, 1, timeout_ms) != 1) return false;
    char block[16384];
    const ssize_t got = ::recv(socket_, block, sizeof(block), 0);
    if (got <= 0) {
      is_at_end_ = true;
      return false;
    }
    received_.append(block, static_cast<size_t>(got));
    return true;
  }
  // Until `text` has come; false when it does not.
  bool receive_until(std::string_view text) {
    while (received_.find(text) == std::string::npos) {
      if (!receive()) return false;
    }
    return true;
  }
  const std::string& received() const { return received_; }

  // True when the server closes the connection without another byte.
  bool is_closed(int timeout_ms = 10'000) {
    if (!received_.empty()) return false;
    while (receive(timeout_ms)) return false;
    return is_at_end_;
  }

  // The next answer: with its length, in chunks, or up to the end of the connection.
  RawAnswer answer(bool is_head_request = false) {
    RawAnswer answer;
    if (!receive_until("\r\n\r\n")) return answer;
    const size_t end = received_.find("\r\n\r\n") + 4;
    answer.head = received_.substr(0, end);
    received_.erase(0, end);
    answer.status = std::stoi(answer.head.substr(9, 3));
    const size_t length = answer.head.find("Content-Length: ");
    if (is_head_request || answer.status < 200 || answer.status == 204 || answer.status == 304) {
      answer.is_whole = true;
    } else if (length != std::string::npos) {
      answer.is_whole = take(std::stoul(answer.head.substr(length + 16)), answer.body);
    } else if (answer.has("Transfer-Encoding: chunked")) {
      answer.is_whole = take_chunks(answer.body);
    } else {
      while (receive()) {
      }
      answer.body.swap(received_);
      answer.is_whole = is_at_end_;
    }
    return answer;
  }

 private:
  bool take(size_t count, std::string& into) {
    while (received_.size() < count) {
      if (!receive()) return false;
    }
    into += received_.substr(0, count);
    received_.erase(0, count);
    return true;
  }
  bool take_chunks(std::string& into) {
    while (true) {
      if (!receive_until("\r\n")) return false;
      const size_t size = std::stoul(received_, nullptr, 16);
      received_.erase(0, received_.find("\r\n") + 2);
      std::string line_end;
      if (!take(size, into) || !take(2, line_end) || line_end != "\r\n") return false;
      if (size == 0) return true;
    }
  }

  int socket_ = -1;
  bool is_connected_ = false;
  bool is_at_end_ = false;
  std::string received_;
};

}  // namespace tidemill::net
