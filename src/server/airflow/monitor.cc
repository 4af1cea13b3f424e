// GET /api/v2/version and /api/v2/monitor/health (airflow.api_fastapi.core_api.routes.public).

#include "base/json.h"
#include "base/time_zone.h"
#include "server/airflow/endpoints.h"
#include "server/health.h"

namespace tidemill::server::airflow {
namespace {

net::Response version(Call& call) {
  return net::Response::json({{"version", call.server.version}, {"git_version", nullptr}});
}

net::Response health(Call& call) {
  return net::Response::json(health_document(call.operations.store(), call.server.clock.now_ms()));
}

}  // namespace

std::vector<Endpoint> monitor_endpoints() {
  return {{"GET", "/api/v2/version", version, Access::kAnyone},
          {"GET", "/api/v2/monitor/health", health, Access::kAnyone}};
}

}  // namespace tidemill::server::airflow
