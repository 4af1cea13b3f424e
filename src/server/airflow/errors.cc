#include "server/airflow/errors.h"

#include "base/json.h"

namespace tidemill::server::airflow {
namespace {

int status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kQualityFailed:
    case ErrorCode::kSchemaChanged:
      return 409;
    default:
      return http_status(code);
  }
}

}  // namespace

net::Response failure(const Error& error) {
  return net::Response::json({{"detail", error.message()}}, status_of(error.code()));
}

net::Response not_authenticated() {
  return net::Response::json({{"detail", "Not authenticated"}}, 401).set_header("WWW-Authenticate", "Bearer");
}

net::Response method_not_allowed() {
  return net::Response::json({{"detail", "Method Not Allowed"}}, 405);
}

net::Response no_such_route(std::string_view path) {
  if (path.starts_with("/api/v1/")) {
    return net::Response::json({{"error",
                                 "/api/v1 has been removed in Airflow 3, please use its upgraded version "
                                 "/api/v2 instead."}},
                               404);
  }
  return net::Response::json({{"error", "API route not found"}}, 404);
}

}  // namespace tidemill::server::airflow
