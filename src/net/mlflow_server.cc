#include "net/mlflow_server.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <fstream>

#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"

namespace tidemill::net {
namespace {

using Variable = std::function<std::optional<std::string>(const std::string&)>;

constexpr int64_t kLongestRetryMs = 60'000;  // beyond the first request's own time limit

struct CodeRow {
  std::string_view mlflow;
  ErrorCode code;
};

// Source: mlflow/protos/databricks.proto. INTERNAL_ERROR is the server's mistake, not ours: it may work
// later.
constexpr std::array kCodes = {
    CodeRow{"RESOURCE_DOES_NOT_EXIST", ErrorCode::kNotFound},
    CodeRow{"NOT_FOUND", ErrorCode::kNotFound},
    CodeRow{"RESOURCE_ALREADY_EXISTS", ErrorCode::kAlreadyExists},
    CodeRow{"ALREADY_EXISTS", ErrorCode::kAlreadyExists},
    CodeRow{"INVALID_PARAMETER_VALUE", ErrorCode::kInvalidArgument},
    CodeRow{"BAD_REQUEST", ErrorCode::kInvalidArgument},
    CodeRow{"MALFORMED_REQUEST", ErrorCode::kInvalidArgument},
    CodeRow{"INVALID_STATE", ErrorCode::kInvalidArgument},
    CodeRow{"PERMISSION_DENIED", ErrorCode::kPermissionDenied},
    CodeRow{"UNAUTHENTICATED", ErrorCode::kPermissionDenied},
    CodeRow{"CUSTOMER_UNAUTHORIZED", ErrorCode::kPermissionDenied},
    CodeRow{"RESOURCE_CONFLICT", ErrorCode::kConflict},
    CodeRow{"ABORTED", ErrorCode::kConflict},
    CodeRow{"DEADLINE_EXCEEDED", ErrorCode::kDeadlineExceeded},
    CodeRow{"RESOURCE_EXHAUSTED", ErrorCode::kResourceExhausted},
    CodeRow{"RESOURCE_LIMIT_EXCEEDED", ErrorCode::kResourceExhausted},
    CodeRow{"QUOTA_EXCEEDED", ErrorCode::kResourceExhausted},
    CodeRow{"NOT_IMPLEMENTED", ErrorCode::kNotImplemented},
    CodeRow{"ENDPOINT_NOT_FOUND", ErrorCode::kNotImplemented},
    CodeRow{"FEATURE_DISABLED", ErrorCode::kNotImplemented},
    CodeRow{"DATA_LOSS", ErrorCode::kCorrupted},
};

std::optional<int64_t> number_of(const Variable& variable, const std::string& name) {
  const auto text = variable(name);
  if (!text || text->empty()) return std::nullopt;
  int64_t number = 0;
  const char* end = text->data() + text->size();
  const auto parsed = std::from_chars(text->data(), end, number);
  if (parsed.ec != std::errc() || parsed.ptr != end || number < 0 || number > 86'400) {
    throw Error(
        ErrorCode::kInvalidArgument,
        fmt::format("the environment variable {} is '{}': expected a number from 0 to 86400", name, *text));
  }
  return number;
}

std::string trimmed(const std::string& text) {
  const size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

// A value of section [mlflow]: lines "mlflow_tracking_username = ann".
std::optional<std::string> value_in_file(const std::filesystem::path& path, const std::string& key) {
  std::ifstream file(path);
  std::string line, section;
  while (std::getline(file, line)) {
    line = trimmed(line);
    if (line.empty() || line[0] == '#' || line[0] == ';') continue;
    if (line[0] == '[') {
      section = line;
      continue;
    }
    const size_t equals = line.find_first_of("=:");
    if (section == "[mlflow]" && equals != std::string::npos && trimmed(line.substr(0, equals)) == key) {
      return trimmed(line.substr(equals + 1));
    }
  }
  return std::nullopt;
}

std::string authorization_of(const Variable& variable) {
  const auto credential = [&](const std::string& name, const std::string& key) {
    const auto set = variable(name);
    if (set && !set->empty()) return *set;
    const auto home = variable("HOME");
    if (!home || home->empty()) return std::string();
    return value_in_file(std::filesystem::path(*home) / ".mlflow" / "credentials", key).value_or("");
  };
  const std::string user = credential("MLFLOW_TRACKING_USERNAME", "mlflow_tracking_username");
  const std::string password = credential("MLFLOW_TRACKING_PASSWORD", "mlflow_tracking_password");
  if (!user.empty() && !password.empty()) return basic_authorization(user, password);
  const auto token = variable("MLFLOW_TRACKING_TOKEN");
  return token && !token->empty() ? "Bearer " + *token : "";
}

std::string percent_decode(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    unsigned byte = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(text.data() + i + 1, text.data() + i + 3, byte, 16).ptr == text.data() + i + 3) {
      out += static_cast<char>(byte);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

// The beginning of an answer, fit for a sentence.
std::string excerpt(const std::string& body) {
  constexpr size_t kLength = 200;
  std::string text;
  for (const char c : body.substr(0, kLength)) text += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  return body.size() > kLength ? text + "..." : text;
}

// Of a server that did not answer.
std::string_view way_out(ErrorCode code) {
  if (code == ErrorCode::kPermissionDenied) {
    return "; name the file of its authority in MLFLOW_TRACKING_SERVER_CERT_PATH";
  }
  if (code == ErrorCode::kUnavailable || code == ErrorCode::kDeadlineExceeded) {
    return "; see that it runs and that its address is right";
  }
  return "";
}

Error error_in_json(const Json& answer, const std::string& server) {
  const auto text = [&](const char* key) {
    const auto found = answer.find(key);
    return found != answer.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  const std::string name = text("error_code"), message = text("message");
  for (const CodeRow& row : kCodes) {
    if (row.mlflow == name) return {row.code, message};
  }
  return {ErrorCode::kUnavailable,
          fmt::format("{} failed: {} {}; see its log, or try again later", server, name, message)};
}

}  // namespace

MlflowServerOptions mlflow_server_options(const Variable& variable) {
  MlflowServerOptions options;
  options.authorization = authorization_of(variable);
  const std::string insecure = variable("MLFLOW_TRACKING_INSECURE_TLS").value_or("");
  options.http.verify_tls = insecure != "true" && insecure != "True" && insecure != "TRUE" && insecure != "1";
  options.http.ca_file = variable("MLFLOW_TRACKING_SERVER_CERT_PATH").value_or("");
  if (const auto seconds = number_of(variable, "MLFLOW_HTTP_REQUEST_TIMEOUT")) {
    options.timeout_ms = std::max<int64_t>(*seconds, 1) * 1000;
  }
  if (const auto count = number_of(variable, "MLFLOW_HTTP_REQUEST_MAX_RETRIES")) {
    options.retry_count = static_cast<int>(*count);
  }
  return options;
}

MlflowServerOptions mlflow_server_options() {
  return mlflow_server_options([](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  });
}

MlflowServer::MlflowServer(const std::string& uri, MlflowServerOptions options)
    : uri_(uri), options_(std::move(options)), client_(options_.http) {
  const size_t host = uri_.starts_with("https://") ? 8 : 7;
  const size_t end = std::min(uri_.find_first_of("/?#", host), uri_.size());
  const size_t at = uri_.rfind('@', end);
  if (at != std::string::npos && at >= host) {
    const std::string credentials = uri_.substr(host, at - host);
    const size_t colon = std::min(credentials.find(':'), credentials.size());
    const std::string password = colon < credentials.size() ? credentials.substr(colon + 1) : "";
    options_.authorization =
        basic_authorization(percent_decode(credentials.substr(0, colon)), percent_decode(password));
    uri_.erase(host, at + 1 - host);
  }
  while (uri_.ends_with('/')) uri_.pop_back();
  if (!(uri_.starts_with("http://") || uri_.starts_with("https://")) || uri_.size() <= host ||
      uri_.find_first_of("?# ") != std::string::npos) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("'{}' is no address of an MLflow server: write http://HOST:PORT", uri_));
  }
  has_credentials_ = !options_.authorization.empty();
}

HttpResponse MlflowServer::send(HttpRequest request, Repeat repeat) {
  request.url = uri_ + request.url;
  request.timeout_ms = options_.timeout_ms;
  request.stall_timeout_ms = options_.timeout_ms;
  if (has_credentials_) request.headers.emplace_back("Authorization", options_.authorization);
  RetryPolicy policy;
  policy.attempt_count = options_.retry_count + 1;
  policy.first_pause_ms = 250;
  policy.deadline_ms = options_.timeout_ms + kLongestRetryMs;
  policy.is_idempotent = repeat == Repeat::kAlways;
  policy.pause = options_.pause;
  try {
    return send_with_retries(client_, request, policy, [](const HttpResponse& response) {
      // --no-serve-artifacts answers 503, and will not change its mind.
      return is_busy_status(response.status) && response.body.find("-serve-artifacts") == std::string::npos;
    });
  } catch (const Error& error) {
    throw Error(error.code(), error.message() + std::string(way_out(error.code())));
  }
}

Error MlflowServer::not_mlflow(const HttpResponse& response) const {
  return {ErrorCode::kInvalidArgument, fmt::format("{} is not an MLflow server: it answered {} {}", uri_,
                                                   response.status, excerpt(response.body))};
}

Error MlflowServer::error_of(const HttpRequest& request, const HttpResponse& response) const {
  const Json answer = Json::parse(response.body, nullptr, /*allow_exceptions=*/false);
  const bool is_mlflows = answer.is_object() && answer.contains("error_code");
  if (response.status == 401 || (response.status == 403 && !is_mlflows)) {
    const std::string advice = has_credentials_
                                   ? "the credentials it was given are wrong, or not allowed to do this"
                                   : "set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or "
                                     "MLFLOW_TRACKING_TOKEN";
    return {ErrorCode::kPermissionDenied,
            fmt::format("{} refuses access ({}): {}", uri_, response.status, advice)};
  }
  if (is_mlflows) {
    Error error = error_in_json(answer, uri_);
    if (error.code() != ErrorCode::kNotImplemented) return error;
  }
  if (response.status >= 300 && response.status < 400) {
    return {ErrorCode::kInvalidArgument,
            fmt::format("{} sends elsewhere, to {}: use the address of the MLflow server itself", uri_,
                        response.header("location").value_or("nowhere"))};
  }
  if (request.url.find("/logged-models") != std::string::npos || is_mlflows) {
    if (response.status == 404 || response.status == 405 || response.status == 501) {
      return {ErrorCode::kNotImplemented, fmt::format("{} has no {}: MLflow 3.0 or newer is needed", uri_,
                                                      request.url.substr(0, request.url.find('?')))};
    }
  }
  if (response.status == 413) {
    return {ErrorCode::kResourceExhausted, fmt::format("{} refuses a request of this size (413)", uri_)};
  }
  if (response.status == 408 || response.status == 429 ||
      (response.status >= 500 && response.status != 501)) {
    return {ErrorCode::kUnavailable, fmt::format("{} failed: {} {}; see its log, or try again later", uri_,
                                                 response.status, excerpt(response.body))};
  }
  return not_mlflow(response);
}

}  // namespace tidemill::net
