#include "net/server/request_parser.h"

#include <algorithm>
#include <limits>

#include <boost/beast/http/basic_parser.hpp>
#include <fmt/format.h>

#include "net/server/http_grammar.h"
#include "net/server/url_text.h"

namespace tidemill::net {
namespace {

namespace http = boost::beast::http;
using BeastText = boost::beast::string_view;
using ErrorCodeOut = boost::beast::error_code;

// Not trusted to be the truth: a body of this size is expected before it comes.
constexpr uint64_t kMaxReservedBytes = 1 << 20;

std::string_view view(BeastText text) {
  return {text.data(), text.size()};
}

}  // namespace

// Beast's parser with the request as its only storage.
class RequestParser::Grammar final : public http::basic_parser<true> {
 public:
  explicit Grammar(Request& request) : request_(request) {
    header_limit(std::numeric_limits<std::uint32_t>::max());  // ours is tested before
    body_limit(std::numeric_limits<std::uint64_t>::max());    // 1.74 takes none for 0
  }

  std::string_view target() const { return target_; }
  int version() const { return version_; }  // 10 or 11

 private:
  void on_request_impl(http::verb, BeastText method, BeastText target, int version, ErrorCodeOut&) override {
    version_ = version;
    request_.method = view(method);
    target_ = view(target);
  }
  void on_response_impl(int, BeastText, int, ErrorCodeOut&) override {}
  void on_field_impl(http::field, BeastText name, BeastText value, ErrorCodeOut&) override {
    if (is_header_done_) return;  // a trailer: nobody has asked for it
    request_.headers.headers_.emplace_back(view(name), view(value));
  }
  void on_header_impl(ErrorCodeOut&) override { is_header_done_ = true; }
  void on_body_init_impl(boost::optional<std::uint64_t> const& length, ErrorCodeOut&) override {
    if (length) request_.body.reserve(std::min<uint64_t>(*length, kMaxReservedBytes));
  }
  std::size_t on_body_impl(BeastText bytes, ErrorCodeOut&) override {
    request_.body += view(bytes);
    return bytes.size();
  }
  void on_chunk_header_impl(std::uint64_t, BeastText, ErrorCodeOut&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, BeastText bytes, ErrorCodeOut&) override {
    request_.body += view(bytes);
    return bytes.size();
  }
  void on_finish_impl(ErrorCodeOut&) override {}

  Request& request_;
  std::string target_;
  int version_ = 11;
  bool is_header_done_ = false;
};

RequestParser::RequestParser(size_t max_header_bytes) : max_header_bytes_(max_header_bytes) {
  restart();
}

RequestParser::~RequestParser() = default;

void RequestParser::restart() {
  std::string address = std::move(request_.remote_address);
  const bool is_tls = request_.is_tls;
  request_ = Request{};
  request_.remote_address = std::move(address);
  request_.is_tls = is_tls;
  grammar_ = std::make_unique<Grammar>(request_);
  state_ = State::kBeforeRequest;
  scanned_bytes_ = 0;
  is_http_10_ = false;
  expects_continue_ = false;
}

void RequestParser::set_max_body_bytes(uint64_t count) {
  const auto length = grammar_->content_length();
  if (length && *length > count) {
    refuse(413, fmt::format("the body has {} bytes; {} are allowed", *length, count));
  } else {
    grammar_->body_limit(count);
  }
}

bool RequestParser::keeps_alive() const {
  return grammar_->keep_alive();
}

RequestParser::Progress RequestParser::refuse(int status, std::string detail) {
  state_ = State::kRefused;
  refusal_ = {status, std::move(detail)};
  return {0, state_};
}

RequestParser::Progress RequestParser::parse(std::string_view bytes) {
  switch (state_) {
    case State::kBeforeRequest:
    case State::kInHeader:
      return parse_header(bytes);
    case State::kHeaderDone:
    case State::kInBody:
      return parse_body(bytes);
    case State::kComplete:
    case State::kRefused:
      break;
  }
  return {0, state_};
}

RequestParser::Progress RequestParser::parse_header(std::string_view bytes) {
  size_t blank = 0;  // an empty line before a request: some clients send one behind a body (RFC 9112, 2.2)
  if (state_ == State::kBeforeRequest) {
    while (blank < 4 && bytes.substr(blank).starts_with("\r\n")) blank += 2;
    bytes.remove_prefix(blank);
  }
  if (bytes.empty() || bytes == "\r") return {blank, state_};
  if (!is_token_byte(bytes.front())) return refuse(400, "this is no HTTP request");
  const size_t end = bytes.find("\r\n\r\n", scanned_bytes_ - std::min<size_t>(scanned_bytes_, 3));
  if (std::min(end, bytes.size()) > max_header_bytes_) {
    return refuse(431, fmt::format("the headers have more than {} bytes", max_header_bytes_));
  }
  if (end == std::string_view::npos) {
    scanned_bytes_ = bytes.size();
    state_ = State::kInHeader;
    return {blank, state_};
  }
  const std::string_view header = bytes.substr(0, end + 4);
  if (!check_start(header)) return {0, state_};
  ErrorCodeOut error;
  const size_t taken = grammar_->put({header.data(), header.size()}, error);
  if (error) return refuse(400, fmt::format("malformed request: {}", error.message()));
  if (taken != header.size() || !grammar_->is_header_done()) return refuse(400, "malformed request");
  is_http_10_ = grammar_->version() < 11;
  if (!check_headers() || !take_target(grammar_->target())) return {0, state_};
  state_ = State::kHeaderDone;
  return {blank + taken, state_};
}

bool RequestParser::check_start(std::string_view header) {
  const std::string_view line = header.substr(0, header.find("\r\n"));
  const std::string_view version = line.substr(line.rfind(' ') + 1);
  if (version.starts_with("HTTP/") && version != "HTTP/1.1" && version != "HTTP/1.0") {
    refuse(505, "HTTP/1.1 and HTTP/1.0 are spoken here");
    return false;
  }
  if (header.find("\r\n ") != std::string_view::npos || header.find("\r\n\t") != std::string_view::npos) {
    refuse(400, "a header is continued on a second line");
    return false;
  }
  return true;
}

bool RequestParser::check_headers() {
  size_t host_count = 0;
  size_t length_count = 0;
  const auto refused = [this](int status, std::string detail) {
    refuse(status, std::move(detail));
    return false;
  };
  for (const auto& [name, value] : request_.headers) {
    if (equal_ignoring_case(name, "Host")) {
      ++host_count;
    } else if (equal_ignoring_case(name, "Content-Length")) {
      if (++length_count > 1 || value.find_first_not_of("0123456789") != std::string::npos) {
        return refused(400, "Content-Length is not one number");
      }
    } else if (equal_ignoring_case(name, "Transfer-Encoding")) {
      if (!equal_ignoring_case(value, "chunked")) return refused(501, "Transfer-Encoding is not chunked");
      if (is_http_10_) return refused(400, "HTTP/1.0 has no Transfer-Encoding");
    } else if (equal_ignoring_case(name, "Expect")) {
      if (!equal_ignoring_case(value, "100-continue")) return refused(417, "Expect is not 100-continue");
      expects_continue_ = !is_http_10_;
    }
  }
  if (grammar_->chunked() && length_count > 0) return refused(400, "a length and chunks");
  if (host_count > 1 || (host_count == 0 && !is_http_10_)) return refused(400, "there must be one Host");
  return true;
}

bool RequestParser::take_target(std::string_view target) {
  if (!target.starts_with('/') && target != "*") {
    // As a proxy is asked: http://host/path.
    const size_t scheme = target.find("://");
    if (scheme == std::string_view::npos) {
      refuse(400, "the request's target is no path");
      return false;
    }
    const size_t path = target.find_first_of("/?", scheme + 3);
    target = path == std::string_view::npos ? "/" : target.substr(path);
  }
  target = target.substr(0, target.find('#'));
  const size_t question = std::min(target.find('?'), target.size());
  request_.raw_path = target.substr(0, question);
  if (request_.raw_path.empty()) request_.raw_path = "/";
  request_.raw_query = target.substr(std::min(question + 1, target.size()));
  auto path = percent_decode(request_.raw_path);
  auto query = parse_urlencoded(request_.raw_query);
  if (!path || !query) {
    refuse(400, "a '%' in the address is not followed by two hex digits");
    return false;
  }
  request_.path = std::move(*path);
  request_.query = std::move(*query);
  return true;
}

RequestParser::Progress RequestParser::parse_body(std::string_view bytes) {
  state_ = State::kInBody;
  size_t taken = 0;
  while (!grammar_->is_done() && taken < bytes.size()) {
    ErrorCodeOut error;
    const size_t count = grammar_->put({bytes.data() + taken, bytes.size() - taken}, error);
    taken += count;
    if (error == http::error::need_more) {
      // The line before a chunk, or the trailers.
      if (bytes.size() - taken > max_header_bytes_) return refuse(400, "the head of a chunk is too long");
      break;
    }
    if (error == http::error::body_limit) return refuse(413, "the body is larger than allowed");
    if (error) return refuse(400, fmt::format("malformed body: {}", error.message()));
  }
  if (grammar_->is_done()) state_ = State::kComplete;
  return {taken, state_};
}

}  // namespace tidemill::net
