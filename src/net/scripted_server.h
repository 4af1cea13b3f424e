#pragma once
// A server for tests of what speaks HTTP: it says what it was told to say, right or wrong.

#include <array>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tidemill::net {

// Answers connection after connection with the given texts, one each and then closes it; nothing more after
// the last. Keeps what it was sent.
class ScriptedServer {
 public:
  explicit ScriptedServer(std::vector<std::string> answers) : answers_(std::move(answers)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listener_, 8), 0);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
  }
  ~ScriptedServer() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  std::string url(const std::string& path = "/") const {
    return fmt::format("http://127.0.0.1:{}{}", port_, path);
  }
  const std::vector<std::string>& requests() const { return requests_; }

 private:
  void run() {
    for (const std::string& answer : answers_) {
      const int connection = ::accept(listener_, nullptr, nullptr);
      if (connection < 0) return;
      requests_.push_back(read_request(connection));
      const ssize_t sent = ::send(connection, answer.data(), answer.size(), MSG_NOSIGNAL);
      EXPECT_EQ(sent, static_cast<ssize_t>(answer.size()));
      ::close(connection);
    }
  }
  static std::string read_request(int connection) {
    std::string text;
    size_t wanted = std::string::npos;
    std::array<char, 4096> block{};
    while (text.size() < wanted) {
      const ssize_t got = ::recv(connection, block.data(), block.size(), 0);
      if (got <= 0) break;
      text.append(block.data(), static_cast<size_t>(got));
      const size_t end = text.find("\r\n\r\n");
      if (end == std::string::npos) continue;
      const size_t length = text.find("Content-Length: ");
      wanted = end + 4 + (length < end ? std::stoul(text.substr(length + 16)) : 0);
    }
    return text;
  }

  std::vector<std::string> answers_;
  std::vector<std::string> requests_;
  int listener_ = -1;
  uint16_t port_ = 0;
  std::thread thread_;
};

inline std::string answer(const std::string& status, const std::string& body,
                          const std::string& headers = "") {
  return fmt::format("HTTP/1.1 {}\r\nContent-Length: {}\r\n{}\r\n{}", status, body.size(), headers, body);
}

}  // namespace tidemill::net
