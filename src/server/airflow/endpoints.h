#pragma once
// Airflow's REST API v2 (airflow.api_fastapi.core_api), one file per resource.

#include <vector>

#include "server/call.h"

namespace tidemill::server::airflow {

// Of all resources.
std::vector<Endpoint> endpoints();

std::vector<Endpoint> monitor_endpoints();  // version, health
std::vector<Endpoint> token_endpoints();    // POST /auth/token

}  // namespace tidemill::server::airflow
