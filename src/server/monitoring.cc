#include "server/monitoring.h"

#include "base/json.h"
#include "server/health.h"
#include "server/metrics.h"

namespace tidemill::server {
namespace {

// Airflow's document, with a status that load balancers understand.
net::Response health(Call& call) {
  const Json document = health_document(call.operations.store(), call.server.clock.now_ms());
  return net::Response::json(document, is_healthy(document) ? 200 : 503);
}

net::Response metrics(Call& call) {
  MetricsText text;
  write_metrics(text, call.operations.store(), call.server, call.server.http_counters());
  return net::Response::bytes(text.text(), "text/plain; version=0.0.4; charset=utf-8");
}

}  // namespace

std::vector<Endpoint> monitoring_endpoints() {
  return {{"GET", "/health", health, Access::kAnyone}, {"GET", "/metrics", metrics, Access::kThisMachine}};
}

}  // namespace tidemill::server
