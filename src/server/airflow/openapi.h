#pragma once
// The REST API as OpenAPI 3.1 describes it, made of the same table that routes.

#include <string>

#include "base/json_fwd.h"

namespace tidemill::server::airflow {

// Cost: some milliseconds.
Json openapi_document(const std::string& version);

}  // namespace tidemill::server::airflow
