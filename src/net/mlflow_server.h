#pragma once
// The connection to an MLflow server that its tracking API and its artifacts share: address, credentials,
// time limits and what its refusals mean. Source: mlflow/utils/rest_utils.py, utils/credentials.py (3.17).

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "net/http_client.h"
#include "net/retry.h"

namespace tidemill::net {

struct MlflowServerOptions {
  std::string authorization{};  // the header's value; "": none
  HttpClientOptions http{};
  int64_t timeout_ms = 120'000;  // of one request, as MLflow's client
  int retry_count = 7;           // as MLflow's client; pauses of 0.25 s doubling to 5 s, about 15 s in all
  std::function<void(int64_t pause_ms)> pause{};
};

// What MLflow's own client reads: MLFLOW_TRACKING_USERNAME and _PASSWORD, or where they are not set the same
// names in section [mlflow] of ~/.mlflow/credentials; MLFLOW_TRACKING_TOKEN; MLFLOW_TRACKING_INSECURE_TLS,
// MLFLOW_TRACKING_SERVER_CERT_PATH; MLFLOW_HTTP_REQUEST_TIMEOUT (seconds) and _MAX_RETRIES.
// Errors: kInvalidArgument naming a variable whose value is no number.
MlflowServerOptions mlflow_server_options(
    const std::function<std::optional<std::string>(const std::string& name)>& variable);
// ... from this process's environment.
MlflowServerOptions mlflow_server_options();

// Whether a request whose answer was lost may be sent again.
enum class Repeat { kAlways, kUnlessArrived };

// Safe for many threads.
class MlflowServer {
 public:
  // `uri` is http://[USER:PASSWORD@]HOST[:PORT][/PREFIX], or https. Credentials in it win over those in
  // `options`. Nothing is sent. Errors: kInvalidArgument for another scheme or no host.
  MlflowServer(const std::string& uri, MlflowServerOptions options);

  // Without credentials: for messages.
  const std::string& uri() const { return uri_; }

  // `request.url` begins with '/', below the server's address. Any answer; no answer throws, after the
  // retries: kUnavailable (absent, broken off), kDeadlineExceeded (slow), kPermissionDenied (certificate).
  HttpResponse send(HttpRequest request, Repeat repeat);

  // Why an answer other than 2xx was given, in one sentence. MLflow's error codes become ours; what is no
  // answer of MLflow (a page in HTML, a redirection) is never kNotFound: kInvalidArgument when this is no
  // MLflow server, kNotImplemented when it is too old, kPermissionDenied for 401 and 403, kUnavailable for a
  // proxy's 5xx.
  Error error_of(const HttpRequest& request, const HttpResponse& response) const;

  // An answer of 2xx that is not what MLflow answers.
  Error not_mlflow(const HttpResponse& response) const;

 private:
  std::string uri_;
  MlflowServerOptions options_;
  bool has_credentials_ = false;
  HttpClient client_;
};

}  // namespace tidemill::net
