#include "server/monitoring.h"

#include "base/json.h"
#include "server/health.h"

namespace tidemill::server {
namespace {

// Airflow's document, with a status that load balancers understand.
net::Response health(Call& call) {
  const Json document = health_document(call.operations.store(), call.server.clock.now_ms());
  return net::Response::json(document, is_healthy(document) ? 200 : 503);
}

}  // namespace

std::vector<Endpoint> monitoring_endpoints() {
  return {{"GET", "/health", health, Access::kAnyone}};
}

}  // namespace tidemill::server
