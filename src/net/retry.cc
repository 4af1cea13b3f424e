#include "net/retry.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <random>
#include <thread>

#include <fmt/format.h>

namespace tidemill::net {
namespace {

using SteadyClock = std::chrono::steady_clock;

int64_t elapsed_ms(SteadyClock::time_point since) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(SteadyClock::now() - since).count();
}

// Anything from nothing to the doubled pause, so that clients that failed together do not come back together.
int64_t pause_before(int attempt, const RetryPolicy& policy) {
  int64_t longest = policy.first_pause_ms;
  for (int i = 1; i < attempt && longest < policy.max_pause_ms; ++i) longest *= 2;
  longest = std::min(longest, policy.max_pause_ms);
  thread_local std::minstd_rand random{std::random_device{}()};
  return std::uniform_int_distribution<int64_t>(longest / 2, longest)(random);
}

int64_t asked_pause_ms(const HttpResponse& response) {
  const auto text = response.header("retry-after");
  int64_t seconds = 0;
  if (!text || std::from_chars(text->data(), text->data() + text->size(), seconds).ec != std::errc())
    return 0;
  return std::max<int64_t>(seconds, 0) * 1000;
}

Error after_attempts(const Error& error, int attempts) {
  if (attempts == 1) return error;
  return {error.code(), fmt::format("{} (tried {} times)", error.message(), attempts)};
}

}  // namespace

bool is_busy_status(int status) {
  return status == 408 || status == 429 || status == 500 || (status >= 502 && status <= 504);
}

HttpResponse send_with_retries(HttpClient& client, const HttpRequest& request, const RetryPolicy& policy,
                               const std::function<bool(const HttpResponse&)>& is_busy) {
  const auto start = SteadyClock::now();
  HttpRequest bounded = request;
  bounded.on_new_connection = request.on_new_connection || !policy.is_idempotent;
  bool has_given_body = false;
  if (request.on_body) {
    bounded.on_body = [&](std::string_view piece) {
      has_given_body = true;
      request.on_body(piece);
    };
  }
  for (int attempt = 1;; ++attempt) {
    const int64_t left_ms = std::max<int64_t>(policy.deadline_ms - elapsed_ms(start), 1);
    bounded.timeout_ms = request.timeout_ms == 0 ? left_ms : std::min(request.timeout_ms, left_ms);
    auto outcome = client.try_send(bounded);
    auto* response = std::get_if<HttpResponse>(&outcome);
    auto* failure = std::get_if<HttpFailure>(&outcome);
    const bool is_worth_it =
        response != nullptr
            ? policy.is_idempotent && (is_busy ? is_busy(*response) : is_busy_status(response->status))
            : failure->error.code() != ErrorCode::kPermissionDenied && !has_given_body &&
                  (policy.is_idempotent || !failure->may_have_arrived);
    int64_t pause_ms = pause_before(attempt, policy);
    if (response != nullptr) pause_ms = std::max(pause_ms, asked_pause_ms(*response));
    if (!is_worth_it || attempt >= policy.attempt_count ||
        elapsed_ms(start) + pause_ms >= policy.deadline_ms) {
      if (failure != nullptr) throw after_attempts(failure->error, attempt);
      return std::move(*response);
    }
    if (policy.pause) {
      policy.pause(pause_ms);
    } else {
      std::this_thread::sleep_for(std::chrono::milliseconds(pause_ms));
    }
  }
}

}  // namespace tidemill::net
