#include "workflow/callbacks/webhook.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include <fmt/format.h>

#include "base/error.h"
#include "net/retry.h"

namespace tidemill::workflow {
namespace {

constexpr int64_t kLongestPauseMs = 30'000;
constexpr int64_t kLookAtStopMs = 100;

std::string value_of(const std::string& name, const ReadVariable& variable) {
  const auto value = variable(name);
  if (value && !value->empty()) return *value;
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("the environment variable {} is not set where the scheduler runs", name));
}

net::HttpRequest request_for(const CallbackCall& call, const std::string& url, const ReadVariable& variable,
                             const std::atomic<bool>& stop) {
  net::HttpRequest request;
  request.method = "POST";
  request.url = url;
  request.headers = {{"Content-Type", "application/json"},
                     {"Idempotency-Key", fmt::format("tidemill-callback-{}", call.id)}};
  if (!call.target.token_variable.empty()) {
    request.headers.emplace_back("Authorization", "Bearer " + value_of(call.target.token_variable, variable));
  }
  request.body = call.document;
  request.on_body = [](std::string_view) {};  // whatever it answers, and however much
  request.timeout_ms = call.target.timeout_ms;
  request.stall_timeout_ms = call.target.timeout_ms;
  request.is_cancelled = [&stop] { return stop.load(); };
  return request;
}

net::RetryPolicy policy_for(const Callback& target, const std::atomic<bool>& stop) {
  net::RetryPolicy policy;
  policy.attempt_count = target.retries + 1;
  policy.first_pause_ms = 500;
  policy.max_pause_ms = kLongestPauseMs;
  policy.deadline_ms = policy.attempt_count * (target.timeout_ms + kLongestPauseMs);
  policy.pause = [&stop](int64_t pause_ms) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(pause_ms);
    while (!stop && std::chrono::steady_clock::now() < until) {
      std::this_thread::sleep_for(std::chrono::milliseconds(std::min(pause_ms, kLookAtStopMs)));
    }
  };
  return policy;
}

}  // namespace

std::string post(net::HttpClient& client, const CallbackCall& call, const ReadVariable& variable,
                 const std::atomic<bool>& stop) {
  const Callback& target = call.target;
  // What a variable holds is not shown: a part of such addresses is a secret.
  const std::string shown = target.url.empty() ? "$" + target.url_variable : target.url;
  try {
    const std::string url = target.url.empty() ? value_of(target.url_variable, variable) : target.url;
    if (!url.starts_with("http://") && !url.starts_with("https://")) {
      return fmt::format("{} is no address that begins with http:// or https://", shown);
    }
    const net::HttpResponse response =
        net::send_with_retries(client, request_for(call, url, variable, stop), policy_for(target, stop));
    if (response.is_success()) return "";
    return fmt::format("{} answered {}", shown, response.status);
  } catch (const Error& error) {
    // Such a message would have the whole address in it.
    const bool is_no_address =
        error.code() == ErrorCode::kInvalidArgument && error.message().starts_with('\'');
    return is_no_address ? fmt::format("{} is no address", shown) : error.message();
  }
}

}  // namespace tidemill::workflow
