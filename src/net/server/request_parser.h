#pragma once
// Bytes of a connection to requests. The grammar and the framing are Boost.Beast's; what lets two servers see
// two different requests in the same bytes is refused here besides: a length given twice, a length beside
// chunks, transfer codings other than chunked, folded headers. One thread.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/server/http_message.h"

namespace tidemill::net {

struct Refusal {
  int status = 400;
  std::string detail{};
};

class RequestParser {
 public:
  explicit RequestParser(size_t max_header_bytes);
  ~RequestParser();
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  enum class State {
    kBeforeRequest,  // no byte of it has come
    kInHeader,
    kHeaderDone,  // said once: set_max_body_bytes belongs here
    kInBody,
    kComplete,
    kRefused,  // see refusal(); where the next request begins is not known
  };

  // For the next request on the same connection.
  void restart();

  // Takes what it can of `bytes`, which begin where the last call ended, and says how many. With kInHeader
  // and kInBody more bytes are needed behind those that were not taken.
  struct Progress {
    size_t taken = 0;
    State state = State::kBeforeRequest;
  };
  Progress parse(std::string_view bytes);

  void set_max_body_bytes(uint64_t count);

  State state() const { return state_; }
  const Refusal& refusal() const { return refusal_; }
  Request& request() { return request_; }

  // Known from kHeaderDone on.
  bool is_http_10() const { return is_http_10_; }
  bool keeps_alive() const;
  bool expects_continue() const { return expects_continue_; }

 private:
  class Grammar;

  Progress parse_header(std::string_view bytes);
  Progress parse_body(std::string_view bytes);
  Progress refuse(int status, std::string detail);
  bool take_target(std::string_view target);
  // What Beast lets pass; false when refused.
  bool check_start(std::string_view bytes);
  bool check_headers();

  const size_t max_header_bytes_;
  Request request_;
  std::unique_ptr<Grammar> grammar_;
  State state_ = State::kBeforeRequest;
  Refusal refusal_{};
  size_t scanned_bytes_ = 0;  // of the header, without an end in them
  bool is_http_10_ = false;
  bool expects_continue_ = false;
};

}  // namespace tidemill::net
