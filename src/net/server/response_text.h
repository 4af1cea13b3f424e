#pragma once
// An answer's status line and headers as they are sent.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "net/server/http_message.h"

namespace tidemill::net {

enum class Framing {
  kLength,      // Content-Length
  kChunked,     // HTTP/1.1 without a known length
  kUntilClose,  // HTTP/1.0 without one
  kNone,        // 1xx, 204, 304: there is no body
};

struct HeadFacts {
  Framing framing = Framing::kLength;
  uint64_t body_bytes = 0;  // with kLength
  bool keeps_alive = true;
  bool is_http_10 = false;
  std::string_view date;  // "Sun, 06 Nov 1994 08:49:37 GMT"
};

void append_response_head(std::string& out, const Response& response, const HeadFacts& facts,
                          const NamedValues& default_headers);

// How many bytes the body has; nullopt when that is not known before it is sent.
std::optional<uint64_t> body_bytes(const Response& response);

bool has_no_body(int status);

// "" for one that has no name.
std::string_view reason_phrase(int status);

// "1a\r\n": before a chunk of that size.
void append_chunk_head(std::string& out, size_t size);

std::string format_http_date(int64_t seconds_since_epoch);

}  // namespace tidemill::net
