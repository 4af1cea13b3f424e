#pragma once
// Airflow's REST API v2 (airflow.api_fastapi.core_api), one file per resource.

#include <vector>

#include "server/call.h"

namespace tidemill::server::airflow {

// Of all operations, and the document that describes them: GET /openapi.json.
std::vector<Endpoint> endpoints();

}  // namespace tidemill::server::airflow
