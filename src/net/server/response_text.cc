#include "net/server/response_text.h"

#include <array>
#include <charconv>
#include <ctime>

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace tidemill::net {
namespace {

struct Reason {
  int status;
  std::string_view phrase;
};

// RFC 9110, 15.
constexpr std::array kReasons = {
    Reason{100, "Continue"},
    Reason{200, "OK"},
    Reason{201, "Created"},
    Reason{202, "Accepted"},
    Reason{204, "No Content"},
    Reason{206, "Partial Content"},
    Reason{207, "Multi-Status"},
    Reason{301, "Moved Permanently"},
    Reason{302, "Found"},
    Reason{303, "See Other"},
    Reason{304, "Not Modified"},
    Reason{307, "Temporary Redirect"},
    Reason{308, "Permanent Redirect"},
    Reason{400, "Bad Request"},
    Reason{401, "Unauthorized"},
    Reason{403, "Forbidden"},
    Reason{404, "Not Found"},
    Reason{405, "Method Not Allowed"},
    Reason{406, "Not Acceptable"},
    Reason{408, "Request Timeout"},
    Reason{409, "Conflict"},
    Reason{410, "Gone"},
    Reason{411, "Length Required"},
    Reason{412, "Precondition Failed"},
    Reason{413, "Content Too Large"},
    Reason{415, "Unsupported Media Type"},
    Reason{416, "Range Not Satisfiable"},
    Reason{417, "Expectation Failed"},
    Reason{422, "Unprocessable Content"},
    Reason{429, "Too Many Requests"},
    Reason{431, "Request Header Fields Too Large"},
    Reason{500, "Internal Server Error"},
    Reason{501, "Not Implemented"},
    Reason{502, "Bad Gateway"},
    Reason{503, "Service Unavailable"},
    Reason{504, "Gateway Timeout"},
    Reason{505, "HTTP Version Not Supported"},
    Reason{507, "Insufficient Storage"},
};

void append_header(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

template <typename Integer>
void append_number(std::string& out, Integer number, int base = 10) {
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number, base).ptr;
  out.append(digits.data(), end);
}

}  // namespace

std::string_view reason_phrase(int status) {
  for (const Reason& reason : kReasons) {
    if (reason.status == status) return reason.phrase;
  }
  return {};
}

bool has_no_body(int status) {
  return status < 200 || status == 204 || status == 304;
}

std::optional<uint64_t> body_bytes(const Response& response) {
  if (const auto* text = std::get_if<std::string>(&response.body())) return text->size();
  if (const auto* source = std::get_if<BlockSource>(&response.body())) return source->size_bytes;
  return std::nullopt;
}

void append_chunk_head(std::string& out, size_t size) {
  append_number(out, size, 16);
  out += "\r\n";
}

void append_response_head(std::string& out, const Response& response, const HeadFacts& facts,
                          const NamedValues& default_headers) {
  out += "HTTP/1.1 ";
  append_number(out, response.status());
  out.append(" ").append(reason_phrase(response.status())).append("\r\n");
  append_header(out, "Date", facts.date);
  for (const auto& [name, value] : response.headers()) append_header(out, name, value);
  for (const auto& [name, value] : default_headers) {
    if (!response.headers().contains(name)) append_header(out, name, value);
  }
  if (facts.framing == Framing::kLength) {
    out += "Content-Length: ";
    append_number(out, facts.body_bytes);
    out += "\r\n";
  } else if (facts.framing == Framing::kChunked) {
    out += "Transfer-Encoding: chunked\r\n";
  }
  if (!facts.keeps_alive) {
    out += "Connection: close\r\n";
  } else if (facts.is_http_10) {
    out += "Connection: keep-alive\r\n";
  }
  out += "\r\n";
}

std::string format_http_date(int64_t seconds_since_epoch) {
  return fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT",
                     fmt::gmtime(static_cast<std::time_t>(seconds_since_epoch)));
}

}  // namespace tidemill::net
