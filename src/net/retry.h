#pragma once
// Sending again what may go through the next time: bounded in count and in time, with growing pauses that
// differ from client to client (AWS's "full jitter"), longer where the server asks for it (Retry-After).

#include <cstdint>
#include <functional>
#include <optional>

#include "net/http_client.h"

namespace tidemill::net {

struct RetryPolicy {
  int attempt_count = 5;
  int64_t first_pause_ms = 100;
  int64_t max_pause_ms = 5'000;
  int64_t deadline_ms = 60'000;  // of all attempts and pauses together
  // false: a request that may have reached the server is not sent again (it would be done twice).
  bool is_idempotent = true;
  // Waits; given so that tests need not.
  std::function<void(int64_t pause_ms)> pause{};
};

// 408, 429, 500, 502, 503, 504: busy, not wrong.
bool is_busy_status(int status);

// The first answer that is not busy, or the last of all. Throws the last failure when there is no answer:
// kDeadlineExceeded or kUnavailable saying how often it was tried. `is_busy` says which answers are worth
// another try. A request with on_body is sent again only as long as nothing of the body has been given out.
HttpResponse send_with_retries(HttpClient& client, const HttpRequest& request, const RetryPolicy& policy,
                               const std::function<bool(const HttpResponse&)>& is_busy = {});

}  // namespace tidemill::net
