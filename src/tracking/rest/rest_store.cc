#include "tracking/rest/rest_store.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"
#include "tracking/rest/open.h"

namespace tidemill::tracking::rest {
namespace {

constexpr std::string_view kApi = "/api/2.0/mlflow/";

// A server has no transactions for its clients.
class NoBatch final : public Batch {
 public:
  void commit() override {}
};

std::string body_text(const Json& body) {
  try {
    return body.dump();
  } catch (const nlohmann::json::exception&) {
    throw Error(ErrorCode::kInvalidArgument, "a text for the MLflow server is not UTF-8");
  }
}

}  // namespace

std::unique_ptr<Store> open(const std::string& uri, const std::filesystem::path&, const StoreOptions& options,
                            const Clock&) {
  net::MlflowServerOptions server = net::mlflow_server_options();
  if (!options.is_patient) {
    server.retry_count = std::min(server.retry_count, 1);
    server.timeout_ms = std::min<int64_t>(server.timeout_ms, 10'000);
  }
  return std::make_unique<RestStore>(uri, std::move(server));
}

std::unique_ptr<Batch> RestStore::begin() {
  return std::make_unique<NoBatch>();
}

int64_t RestStore::relocate(const std::string&, const std::string&) {
  throw Error(ErrorCode::kNotImplemented,
              fmt::format("{} keeps its artifacts itself: they cannot be moved from here", uri()));
}

net::HttpResponse RestStore::exchange(net::HttpRequest& request, net::Repeat repeat) {
  request.headers = {{"Content-Type", "application/json"}, {"Accept", "application/json"}};
  return server_.send(request, repeat);
}

Json RestStore::parsed(const net::HttpResponse& response) const {
  Json answer = Json::parse(response.body, nullptr, /*allow_exceptions=*/false);
  if (!answer.is_object()) throw server_.not_mlflow(response);
  return answer;
}

std::optional<Json> RestStore::find(const std::string& path, const Parameters& parameters) {
  try {
    return get(path, parameters);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kNotFound) return std::nullopt;
    throw;
  }
}

Json RestStore::get(const std::string& path, const Parameters& parameters) {
  net::HttpRequest request;
  request.url = std::string(kApi) + path;
  char separator = '?';
  for (const auto& [name, value] : parameters) {
    request.url += fmt::format("{}{}={}", separator, name, net::percent_encode(value));
    separator = '&';
  }
  const net::HttpResponse response = exchange(request, net::Repeat::kAlways);
  if (!response.is_success()) throw server_.error_of(request, response);
  return parsed(response);
}

Json RestStore::send(const std::string& method, const std::string& path, const Json& body,
                     net::Repeat repeat) {
  net::HttpRequest request;
  request.method = method;
  request.url = std::string(kApi) + path;
  request.body = body_text(body);
  const net::HttpResponse response = exchange(request, repeat);
  if (!response.is_success()) throw server_.error_of(request, response);
  return parsed(response);
}

Json RestStore::create(const std::string& path, const Json& body,
                       const std::function<std::optional<Json>()>& made) {
  constexpr int kAttempts = 4;
  for (int attempt = 1;; ++attempt) {
    try {
      return send("POST", path, body, net::Repeat::kUnlessArrived);
    } catch (const Error& error) {
      const bool may_be_made =
          error.code() == ErrorCode::kUnavailable || error.code() == ErrorCode::kDeadlineExceeded;
      if (!may_be_made) throw;
      // Waits for a server that is starting again.
      if (auto found = made()) return *std::move(found);
      if (error.code() == ErrorCode::kDeadlineExceeded || attempt == kAttempts) throw;
    }
  }
}

}  // namespace tidemill::tracking::rest
