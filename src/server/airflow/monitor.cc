// Version, health and the OpenAPI document (airflow.api_fastapi.core_api.routes.public).

#include "base/json.h"
#include "server/airflow/openapi.h"
#include "server/airflow/operation.h"
#include "server/health.h"

namespace tidemill::server::airflow {
namespace {

net::Response version(Call& call, const Input& /*input*/) {
  return net::Response::json({{"version", call.server.version}, {"git_version", nullptr}});
}

net::Response health(Call& call, const Input& /*input*/) {
  return net::Response::json(health_document(call.operations.store(), call.server.clock.now_ms()));
}

}  // namespace

std::vector<Operation> monitor_operations() {
  return {{"GET",
           "/api/v2/version",
           version,
           "get_version",
           "Version",
           "Tidemill's version",
           {},
           nullptr,
           "VersionInfo",
           200,
           Access::kAnyone},
          {"GET",
           "/api/v2/monitor/health",
           health,
           "get_health",
           "Monitor",
           "Whether all is well",
           {},
           nullptr,
           "HealthInfoResponse",
           200,
           Access::kAnyone}};
}

}  // namespace tidemill::server::airflow
