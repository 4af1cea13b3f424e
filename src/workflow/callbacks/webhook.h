#pragma once
// A URL that is told something by POST.

#include <atomic>
#include <functional>
#include <optional>
#include <string>

#include "net/http_client.h"
#include "workflow/scheduler/callback_runner.h"

namespace tidemill::workflow {

// The value of an environment variable.
using ReadVariable = std::function<std::optional<std::string>(const std::string& name)>;

// Sends the call's document, again while nobody answers or the answer is "busy" (net/retry.h), as often as
// the target says. A call may arrive twice: its Idempotency-Key is the same then. Returns "" after an answer
// of 2xx, else one sentence, without what environment variables hold. When `stop` is set it gives up within a
// second.
std::string post(net::HttpClient& client, const CallbackCall& call, const ReadVariable& variable,
                 const std::atomic<bool>& stop);

}  // namespace tidemill::workflow
