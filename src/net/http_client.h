#pragma once
// Requests to HTTP servers. Knows no service: what speaks to S3 or MLflow stands above.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/error.h"

namespace tidemill::net {

using Headers = std::vector<std::pair<std::string, std::string>>;

// A part of a file as the body of a request.
struct FilePart {
  std::filesystem::path path;
  uint64_t offset = 0;
  uint64_t size_bytes = 0;
};

// Bytes that outlive the request: large ones need not be copied for it.
struct BorrowedBytes {
  std::string_view bytes;
};

// Signs the request: AWS Signature Version 4.
struct AwsSignature {
  std::string access_key_id;
  std::string secret_access_key;
  std::string region;
  std::string service = "s3";
};

struct HttpRequest {
  std::string method = "GET";
  std::string url{};  // complete and escaped
  Headers headers{};
  std::variant<std::monostate, std::string, BorrowedBytes, FilePart> body{};
  std::optional<AwsSignature> aws_signature{};
  // Called with the body of a 2xx answer as it arrives, instead of HttpResponse::body; what it throws ends
  // the request and is thrown on. May have been called with a part of the body when the request fails.
  std::function<void(std::string_view)> on_body{};
  int64_t timeout_ms = 60'000;        // of the whole request; 0: none but `stall_timeout_ms`
  int64_t stall_timeout_ms = 30'000;  // without a byte in either direction
  // Not on a connection that was kept: there curl sends a request again, by itself, when the server closes it
  // without an answer.
  bool on_new_connection = false;
  // Asked about once a second; true ends the request with kUnavailable, which is thrown.
  std::function<bool()> is_cancelled{};
};

struct HttpResponse {
  int status = 0;
  Headers headers{};  // names in lower case
  std::string body{};

  bool is_success() const { return status >= 200 && status < 300; }
  // nullopt when it was not sent.
  std::optional<std::string> header(std::string_view lower_case_name) const;
};

// No answer, or not all of it.
struct HttpFailure {
  Error error;
  bool may_have_arrived = true;  // false: the server has surely not seen the request
};

struct HttpClientOptions {
  std::filesystem::path ca_file{};  // PEM; empty: the system's
  bool verify_tls = true;
  int64_t connect_timeout_ms = 5'000;
  std::string user_agent = "tidemill";
};

// Keeps connections open between requests. Safe for many threads. Redirects are answers, not followed.
// Proxies come from the variables that curl reads (HTTPS_PROXY, NO_PROXY, ...).
class HttpClient {
 public:
  explicit HttpClient(HttpClientOptions options = {});
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // An answer of any status, or why there is none. Errors in HttpFailure: kUnavailable (no such host,
  // refused, broken off, cut short), kDeadlineExceeded, kPermissionDenied (the certificate is not trusted).
  // Throws kInvalidArgument for a URL that is none, and kNotFound without libcurl.
  std::variant<HttpResponse, HttpFailure> try_send(const HttpRequest& request);
  // The same, with the failure thrown.
  HttpResponse send(const HttpRequest& request);

 private:
  class Handles;
  HttpClientOptions options_;
  std::unique_ptr<Handles> handles_;
};

// Bytes outside A-Z a-z 0-9 - . _ ~ as %XX, as both AWS and MLflow want it; '/' too unless `keep_slashes`.
std::string percent_encode(std::string_view text, bool keep_slashes = false);

// "Basic dXNlcjpwYXNz"
std::string basic_authorization(const std::string& user, const std::string& password);

}  // namespace tidemill::net
